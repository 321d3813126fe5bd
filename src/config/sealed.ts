import { inspect } from 'node:util'

const seal = '[secret]'

/** Holds what no dump, log line or message may show: all but `reveal` see a placeholder. */
export class Sealed<Value> {
  readonly #value: Value

  constructor(value: Value) {
    this.#value = value
  }

  reveal(): Value {
    return this.#value
  }

  toJSON(): string {
    return seal
  }

  toString(): string {
    return seal
  }

  [inspect.custom](): string {
    return seal
  }
}
