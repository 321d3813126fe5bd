/** `advice` says what to do about it; `findings` are for whoever wants to know more. */
export type Check = Readonly<{
  name: string
  status: 'ok' | 'warn' | 'fail'
  detail: string
  advice?: string
  findings?: readonly string[]
}>
