"""Running totals, in memory and as binary floats: one record of `order-analytics` an order. Without its store."""

from original import Measured, new_consumer, new_producer


def main():
    producer = new_producer()
    consumer = new_consumer("analytics-group")
    total_sales, order_count = 0.0, 0
    for message in Measured(consumer, producer.flush):
        total_sales += message.value["amount"]
        order_count += 1
        producer.send("order-analytics", value={"total_sales": round(total_sales, 2), "order_count": order_count})
    consumer.close()
    producer.close()


main()
