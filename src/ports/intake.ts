/**
 * What taking in orders needs from the store besides the log. Errors: STORE_UNAVAILABLE, IDEMPOTENCY_KEY_REUSED.
 */
export interface Intake {
  /**
   * Takes `count` order ids that nobody was given before, above every order id that the store has seen or was told of.
   * Ids above `orderIdChosenMax` do not raise them: one order with the greatest id would else be the last that gets one.
   *
   * @returns the first of `count` consecutive ids
   * @throws {OrdermillError} STORE_UNAVAILABLE when so many are not left
   */
  reserveOrderIds(count: number): Promise<number>

  /**
   * Tells of an id that a sender chose, before its order is in the log: ids that are reserved later are above it, although
   * analytics has not read the order yet. Kept as durably as what is applied; what a power cut takes is in the log.
   */
  noteOrderIds(greatest: number): Promise<void>

  /**
   * Remembers `request` under (principal, key), or gives back what was remembered first.
   *
   * The ids and the time of the first attempt are kept, so that a repetition appends the very same records, which then
   * count once. Remembered for at least 24 hours. A store without expiry of its own keeps 1,000,000 keys and 1 GiB of
   * answers at most, the oldest dropped first.
   *
   * @throws {OrdermillError} IDEMPOTENCY_KEY_REUSED when the key came with another fingerprint
   */
  remember(request: IntakeRequest): Promise<RememberedRequest>

  /** Keeps the first answer, so that the next repetition appends nothing. */
  complete(principal: string, key: string, response: string): Promise<void>
}

/** The greatest id chosen by a sender above which ids are given. 2^40 more are left then. */
export const orderIdChosenMax = Number.MAX_SAFE_INTEGER - 2 ** 40

/** What `noteOrderIds` is told of several ids; 0 for none that counts. */
export function greatestChosen(orderIds: readonly number[]): number {
  return orderIds.reduce((greatest, id) => (id <= orderIdChosenMax ? Math.max(greatest, id) : greatest), 0)
}

export type IntakeRequest = Readonly<{
  principal: string
  key: string
  /** SHA-256 of the body. */
  fingerprint: string
  /** How many orders of the request need an id. */
  idsNeeded: number
  atMs: number
}>

export type RememberedRequest = Readonly<{
  firstOrderId: number
  atMs: number
  /** JSON text of the stored answer; undefined while the first attempt is not known to have finished. */
  response: string | undefined
}>
