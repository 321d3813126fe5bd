import { choice, list, optional, parsed, secret, text, type ValuesOf } from './setting.ts'

/** How the broker is reached and what is asked of it. */
export const kafkaSettings = {
  bootstrap: parsed(
    'KAFKA_BOOTSTRAP_SERVERS',
    '',
    'Brokers of the Kafka cluster that holds the log. Without it the embedded log is used.',
    'host:port, comma separated',
    brokerList,
  ),
  apiKey: text('CONFLUENT_API_KEY', '', 'User of Confluent Cloud. With its secret: TLS and SASL PLAIN.'),
  apiSecret: secret(text('CONFLUENT_API_SECRET', '', 'Password that belongs to `CONFLUENT_API_KEY`.')),
  mechanism: optional(
    choice('ORDERMILL_KAFKA_SASL_MECHANISM', '', 'How to log in to other clusters than Confluent’s.', [
      'PLAIN',
      'SCRAM-SHA-256',
      'SCRAM-SHA-512',
    ]),
  ),
  username: text('ORDERMILL_KAFKA_USERNAME', '', 'User for `ORDERMILL_KAFKA_SASL_MECHANISM`.'),
  password: secret(text('ORDERMILL_KAFKA_PASSWORD', '', 'Password that belongs to `ORDERMILL_KAFKA_USERNAME`.')),
  tls: optional(
    choice(
      'ORDERMILL_KAFKA_TLS',
      '',
      'TLS to the broker. When it is not set: on with `CONFLUENT_API_KEY` or one of the three files, else off.',
      ['on', 'off'],
    ),
  ),
  caFile: text(
    'ORDERMILL_KAFKA_CA_FILE',
    '',
    'PEM file with the certificate authorities that the broker’s certificate may come from, instead of the system’s.',
  ),
  certFile: text(
    'ORDERMILL_KAFKA_CERT_FILE',
    '',
    'PEM file with our certificate, for brokers that ask for one (mTLS).',
  ),
  keyFile: text('ORDERMILL_KAFKA_KEY_FILE', '', 'PEM file with its private key, not encrypted.'),
  replicationFactor: parsed(
    'ORDERMILL_KAFKA_REPLICATION',
    '-1',
    'Replicas of topics that are created; -1 leaves it to the broker.',
    '-1, or a whole number from 1 to 32767',
    (value) => (/^(-1|[1-9]\d{0,4})$/.test(value) && Number(value) <= 32_767 ? Number(value) : undefined),
  ),
  delivery: choice(
    'ORDERMILL_DELIVERY',
    'exactly-once',
    '`at-least-once` is for brokers without transactions: after a crash outputs may be there twice, with the same `event-id`. The embedded log is always exact.',
    ['exactly-once', 'at-least-once'],
  ),
} as const

export type KafkaValues = ValuesOf<typeof kafkaSettings>
export type KafkaKey = keyof KafkaValues

/** Names and IPv4 addresses as they are, IPv6 addresses in brackets; no scheme, since TLS has a setting of its own. */
function brokerList(value: string): readonly string[] | undefined {
  const brokers = list(value)
  return brokers.every(isBroker) && (brokers.length > 0 || value === '') ? brokers : undefined
}

function isBroker(broker: string): boolean {
  const [, port] = /^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(broker) ?? []
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535
}
