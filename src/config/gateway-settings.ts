import { parsed, secret, text } from './setting.ts'

/** Where payments are charged. */
export const gatewaySettings = {
  // What is no such URL may have a login in it, and what is one a key.
  url: secret(
    parsed(
      'ORDERMILL_PAYMENT_GATEWAY_URL',
      '',
      'Where charges are posted to, see docs/guide/payments.md. Without it a simulated gateway takes them.',
      'an http:// or https:// URL without a login and without a fragment',
      gatewayUrl,
    ),
  ),
  token: secret(
    text(
      'ORDERMILL_PAYMENT_GATEWAY_TOKEN',
      '',
      'Sent to `ORDERMILL_PAYMENT_GATEWAY_URL` as `Authorization: Bearer <token>`; without it no such header.',
    ),
  ),
} as const

/** A login in it would be told wherever the gateway is named. */
function gatewayUrl(given: string): string | undefined {
  if (given === '') return ''
  const url = URL.parse(given)
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  return url.username === '' && url.password === '' && url.hash === '' ? url.href : undefined
}
