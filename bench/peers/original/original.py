"""What the original's four programs have in common: how they connect, and the clock that measures them."""

import json
import os
import time

from kafka import KafkaConsumer, KafkaProducer

API_VERSION = (2, 6, 0)


def connection():
    """SASL_SSL with PLAIN when there is a key and a secret; the original knows nothing else."""
    config = {"bootstrap_servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"].split(","), "api_version": API_VERSION}
    key, secret = os.environ.get("CONFLUENT_API_KEY"), os.environ.get("CONFLUENT_API_SECRET")
    if key and secret:
        config.update(
            security_protocol="SASL_SSL",
            sasl_mechanism="PLAIN",
            sasl_plain_username=key,
            sasl_plain_password=secret,
        )
    return config


def topic():
    return os.environ.get("TOPIC_NAME", "orders")


def to_json(value):
    return json.dumps(value).encode("utf-8")


MARKER = b"\0" * 6


def from_json(value):
    """This client takes the marker at the end of a transaction for a record. The original would end there; ours does not."""
    return None if value == MARKER else json.loads(value.decode("utf-8"))


def to_text(key):
    return str(key).encode("utf-8")


def new_producer(**config):
    return KafkaProducer(**connection(), value_serializer=to_json, **config)


def new_consumer(group):
    """Auto-commit, as the original: what was read is committed every five seconds, whatever became of it."""
    return KafkaConsumer(
        topic(),
        **connection(),
        group_id=os.environ.get("GROUP_ID", group),
        auto_offset_reset="earliest",
        enable_auto_commit=True,
        value_deserializer=from_json,
    )


class Measured:
    """Passes on `RECORDS` items (all when it is not set), then flushes and prints how long that took, as JSON."""

    def __init__(self, items, flush):
        self.items = items
        self.flush = flush
        self.limit = int(os.environ.get("RECORDS", "0"))

    def __iter__(self):
        count, start, half = 0, 0.0, 0.0
        for item in self.items:
            if getattr(item, "value", item) is None:
                continue
            if count == 0:
                start = time.monotonic()
            yield item
            count += 1
            if count == self.limit // 2:
                half = time.monotonic()
            if count == self.limit:
                break
        self.flush()
        end = time.monotonic()
        late = count - self.limit // 2
        report = {"records": count, "seconds": end - start, "late_records": late, "late_seconds": end - half}
        print(json.dumps(report), flush=True)
