export type ProducedOrder = Readonly<{ orderId: number; topic: string; partition: number; offset: number }>

/** The contract's line for an order that was acknowledged. */
export function orderLine({ orderId, topic, partition, offset }: ProducedOrder): string {
  return `order=${orderId} topic=${topic} partition=${partition} offset=${offset}`
}
