import { OrdermillError } from '../../errors.ts'

export function isLive(id: string): OrdermillError {
  const text = `the generation ${JSON.stringify(id)} of the read model is the live one: a rebuild needs another id`
  return new OrdermillError('REQUEST_INVALID', text)
}

export function noGeneration(id: string): OrdermillError {
  const text = `there is no rebuild ${JSON.stringify(id)} of the read model: it was dropped, or made the live one`
  return new OrdermillError('NOT_FOUND', text)
}
