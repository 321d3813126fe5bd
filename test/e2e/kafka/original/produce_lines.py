"""Sends lines of standard input as the original's producer sends its orders: each is a JSON array of key and value."""

import json
import sys

from original import new_producer, to_text, topic

ACKNOWLEDGE_SECONDS = 20


def key_of(key):
    """None stays away, as in programs that send no key at all."""
    return None if key is None else to_text(key)


def main():
    producer = new_producer(key_serializer=key_of, acks="all", retries=5, linger_ms=10)
    lines = [json.loads(line) for line in sys.stdin]
    sent = [producer.send(topic(), key=key, value=value) for key, value in lines]
    for one in sent:
        one.get(timeout=ACKNOWLEDGE_SECONDS)
    producer.close()


main()
