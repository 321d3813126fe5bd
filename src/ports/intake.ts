/**
 * What taking in orders needs from the store besides the log. Errors: STORE_UNAVAILABLE, IDEMPOTENCY_KEY_REUSED.
 */
export interface Intake {
  /**
   * Takes `count` order ids that nobody was given before, above every order id that the store has seen.
   * @returns the first of `count` consecutive ids
   */
  reserveOrderIds(count: number): Promise<number>

  /**
   * Remembers `request` under (principal, key), or gives back what was remembered first.
   *
   * The ids and the time of the first attempt are kept, so that a repetition appends the very same records, which then
   * count once. Remembered for at least 24 hours, 1,000,000 keys at most, the oldest dropped first.
   *
   * @throws {OrdermillError} IDEMPOTENCY_KEY_REUSED when the key came with another fingerprint
   */
  remember(request: IntakeRequest): Promise<RememberedRequest>

  /** Keeps the answer, so that the next repetition appends nothing. */
  complete(principal: string, key: string, response: string): Promise<void>
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
