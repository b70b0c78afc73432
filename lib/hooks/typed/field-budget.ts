import { HookMessageInvalid } from '../../errors.js'

/**
 * How many fields the messages of one request may have together. Absent fields get a default, so that two
 * bytes of an empty message can stand for any number of fields.
 */
export class FieldBudget {
  #left: number

  constructor(count: number) {
    this.#left = count
  }

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** @throws PHX_ERR_HOOKS_MESSAGE once it is spent. */
  spend(count: number): void {
    this.#left -= count
    if (this.#left < 0) throw new HookMessageInvalid('a request', 'of fewer fields')
  }
}

/** For what the server makes itself. */
export const unlimitedFields = new FieldBudget(Number.POSITIVE_INFINITY)
