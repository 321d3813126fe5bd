"""One order after the other to `orders`: each waits for the acknowledgement of the one before."""

import itertools
import os
import random
import time
from datetime import datetime, timezone

from original import Measured, new_producer, to_text, topic

COUNTRIES = ["US", "CA", "DE", "IN", "GB", "FR", "CN", "BR"]
STATUSES = ["CREATED", "CONFIRMED", "CANCELLED"]
ACKNOWLEDGE_SECONDS = 20


def make_order(order_id):
    return {
        "order_id": order_id,
        "customer_id": random.randint(1000, 9999),
        "amount": round(random.uniform(10, 500), 2),
        "currency": "USD",
        "country": random.choice(COUNTRIES),
        "status": random.choice(STATUSES),
        "created_at": datetime.now(timezone.utc).replace(tzinfo=None).isoformat() + "Z",
        "source": "order-service",
    }


def main():
    pause = float(os.environ.get("SLEEP_SECONDS", "2"))
    name = topic()
    producer = new_producer(key_serializer=to_text, acks="all", retries=5, linger_ms=10)
    for order_id in Measured(itertools.count(1), producer.flush):
        sent = producer.send(name, key=order_id, value=make_order(order_id)).get(timeout=ACKNOWLEDGE_SECONDS)
        print(f"order={order_id} topic={sent.topic} partition={sent.partition} offset={sent.offset}", flush=True)
        if pause > 0:
            time.sleep(pause)
    producer.close()


main()
