/** `advice` says what to do about it. */
export type Check = Readonly<{ name: string; status: 'ok' | 'warn' | 'fail'; detail: string; advice?: string }>
