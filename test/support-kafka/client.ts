import { Admin, ProduceAcks, Producer, type MessageToProduce } from '@platformatic/kafka'

const clientId = 'support-kafka-test'

/** One partition, and as many replicas as the broker gives. */
export async function createTopic(bootstrap: string, topic: string, partitions = 1): Promise<void> {
  const admin = new Admin({ clientId, bootstrapBrokers: bootstrap.split(',') })
  try {
    await admin.createTopics({ topics: [topic], partitions, replicas: -1 })
  } finally {
    await admin.close()
  }
}

/** Where the brokers tell their clients to go. */
export async function advertisedPorts(bootstrap: string): Promise<number[]> {
  const admin = new Admin({ clientId, bootstrapBrokers: [bootstrap] })
  try {
    const { brokers } = await admin.metadata({ topics: [] })
    return [...brokers.values()].map(({ port }) => port)
  } finally {
    await admin.close()
  }
}

export async function send(bootstrap: string, topic: string, value: string): Promise<void> {
  await withProducer({ bootstrap }, async (producer) => {
    await producer.send({ messages: [{ topic, value: Buffer.from(value) }], acks: ProduceAcks.ALL })
  })
}

export type Message = MessageToProduce

export async function withProducer(
  { bootstrap, transactionalId }: Readonly<{ bootstrap: string; transactionalId?: string }>,
  use: (producer: Producer) => Promise<void>,
): Promise<void> {
  // The client's own ids, 0 and 0, are a fenced producer's from its second one on.
  const noId = { producerId: -1n, producerEpoch: -1 }
  const transactional = transactionalId === undefined ? {} : { idempotent: true, transactionalId, ...noId }
  const patience = { retries: 500, retryDelay: 20 }
  const producer = new Producer({ clientId, bootstrapBrokers: bootstrap.split(','), ...patience, ...transactional })
  try {
    await use(producer)
  } finally {
    await producer.close()
  }
}
