/** Every bound of the HTTP server. Each is a setting, so that a test or an operator can make it smaller or larger. */
export const defaultApiLimits = {
  /** A batch of 1,000 usual orders has 250 KB. */
  bodyBytesMax: 4 * 1024 * 1024,
  /** Cookies and tokens are short; Node's own default. */
  headerBytesMax: 16 * 1024,
  /** Whoever has not sent the headers by then is slow on purpose. */
  headersTimeoutMs: 10_000,
  /** For the whole request, body included; answers may take longer. */
  requestTimeoutMs: 30_000,
  /** Longer than the 60 s of the usual load balancers, so that it is never the server that hangs up on a reused one. */
  keepAliveTimeoutMs: 72_000,
  /** No byte moved in either direction: longer than the longest wait=analytics. A stream's heartbeats are shorter. */
  stallTimeoutMs: 45_000,
  /** How often the first three are looked at. */
  timeoutCheckMs: 1_000,
  /** Open sockets: each takes about 20 KB. */
  connectionsMax: 2_000,
  /** By client address. A page needs about ten, an import through the server sends a batch of orders with each. */
  rateLimitPerMinute: 60_000,
  /** On one's own machine the limit only stops runaway loops. */
  rateLimitLoopbackPerMinute: 6_000_000,
  /** Attempts to log in, by client address. */
  loginsPerMinuteMax: 30,
  /** Pages that follow the stream. */
  streamClientsMax: 100,
  /** The same by client address, so that one of them can't take every place. */
  streamClientsPerAddressMax: 20,
  /** A client that lets this much pile up doesn't read; it may come back and gets the newest snapshot. */
  streamBufferBytesMax: 1024 * 1024,
  /** Pause between two looks at the store while somebody listens or waits. */
  streamTickMs: 25,
  /** Offsets of topics and groups change with every record: reading them costs more than a look at the version. */
  pipelineEveryMs: 500,
  /** Keeps proxies from closing a stream on which nothing happens. */
  heartbeatEveryMs: 15_000,
  /** Groups, and topics, that a snapshot shows. */
  pipelineItemsMax: 50,
  /** Exports at one time: each reads page after page, and the store has others to answer. */
  exportsMax: 4,
  /** Requests with `wait=analytics` at one time. */
  waitersMax: 1_000,
  /** Requests with an Idempotency-Key in flight at one time. */
  keysInFlightMax: 1_000,
} as const satisfies Record<string, number>

export type ApiLimits = Readonly<Record<keyof typeof defaultApiLimits, number>>
