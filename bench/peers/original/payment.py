"""`orders` to `payments`, one at a time; the sends are not awaited."""

import os
import time

from original import Measured, new_consumer, new_producer, to_text


def main():
    # 0.1 in the original; nothing here, as it is what the steps cost that is compared.
    pause = float(os.environ.get("PAYMENT_SECONDS", "0"))
    producer = new_producer(key_serializer=to_text)
    consumer = new_consumer("payments-group")
    for message in Measured(consumer, producer.flush):
        order = message.value
        if pause > 0:
            time.sleep(pause)
        payment = {
            "order_id": order["order_id"],
            "status": "PAID",
            "amount": order["amount"],
            "country": order["country"],
            "timestamp": time.time(),
        }
        producer.send("payments", key=order["order_id"], value=payment)
    consumer.close()
    producer.close()


main()
