"""`orders` to `fraud-alerts`, without a key; the sends are not awaited."""

from original import Measured, new_consumer, new_producer

HIGH_AMOUNT = 300
HOME_COUNTRIES = ["US", "CA"]


def main():
    producer = new_producer()
    consumer = new_consumer("fraud-group")
    for message in Measured(consumer, producer.flush):
        order = message.value
        if order["amount"] > HIGH_AMOUNT and order.get("country") not in HOME_COUNTRIES:
            alert = {
                "order_id": order["order_id"],
                "reason": "HIGH_AMOUNT_RISKY_COUNTRY",
                "amount": order["amount"],
                "country": order.get("country"),
            }
            producer.send("fraud-alerts", value=alert)
    consumer.close()
    producer.close()


main()
