import type { Work } from './stream.ts'

/** What a rival is told at its start, as JSON in its first argument. */
export type RivalOrders = Readonly<{
  connectionString: string
  bucket: string
  /** Of the stream. */
  seed: number
  /** Of what it does by chance. */
  luck: number
  work: readonly Work[]
  /** Indices where the partitions end, where that is known. */
  end?: readonly number[]
}>

export type FromRival =
  | Readonly<{ kind: 'charge'; id: number; key: string; orderId: number; place: string }>
  | Readonly<{ kind: 'applied' }>

export type ToRival = Readonly<{ kind: 'charged'; id: number; outcome: 'PAID' | 'DECLINED' }>

/** As it stands in the shards that it owns. */
export const rivalName = (pid: number): string => `rival ${pid}`
