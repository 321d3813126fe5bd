"""
What a consumer of the original's kind is handed of some topics, from the earliest record to what was there when it began:
a line of JSON a record. Reads values as the original does. This client takes the marker at the end of a transaction for a
record, which is no JSON, so that it ends there with an error; told by SKIP_MARKERS, it leaves out what has no event id.
"""

import json
import os
import sys

from kafka import KafkaConsumer, TopicPartition
from original import connection


def parse(value):
    return json.loads(value.decode("utf-8"))


def main():
    names = sys.argv[1:]
    skips_markers = os.environ.get("SKIP_MARKERS") == "1"
    consumer = KafkaConsumer(
        *names,
        **connection(),
        group_id=os.environ["GROUP_ID"],
        auto_offset_reset="earliest",
        enable_auto_commit=True,
        consumer_timeout_ms=30_000,
        value_deserializer=None if skips_markers else parse,
    )
    parts = [TopicPartition(name, part) for name in names for part in consumer.partitions_for_topic(name)]
    left = {part: end for part, end in consumer.end_offsets(parts).items() if end > 0}
    while left:
        message = next(consumer)
        part = TopicPartition(message.topic, message.partition)
        if message.offset + 1 >= left.get(part, 0):
            left.pop(part, None)
        headers = {name: value.decode("utf-8") for name, value in message.headers}
        if skips_markers and "event-id" not in headers:
            print(json.dumps({"marker": message.topic}), flush=True)
            continue
        value = parse(message.value) if skips_markers else message.value
        print(json.dumps(line_of(message, value, headers)), flush=True)
    consumer.close()


def line_of(message, value, headers):
    key = None if message.key is None else message.key.decode("utf-8")
    types = {name: type(member).__name__ for name, member in value.items()}
    return {"topic": message.topic, "key": key, "value": value, "types": types, "headers": headers}


main()
