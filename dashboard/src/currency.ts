import { exactNumber } from './exact.ts'

/**
 * Decimals by ISO 4217, by which the server counts. Intl goes by what is usual in a shop, which is none for HUF: it would
 * hide what was counted.
 */
const codesByDecimals = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
} as const

const decimalsByCode: ReadonlyMap<string, number> = new Map(
  Object.entries(codesByDecimals).flatMap(([decimals, codes]) =>
    codes.split(' ').map((code) => [code, Number(decimals)] as const),
  ),
)

export function decimalsOf(currency: string): number {
  return decimalsByCode.get(currency) ?? 2
}

/** To the minor unit, however large. */
export function addAmounts(amounts: readonly number[], currency: string): number {
  const decimals = decimalsOf(currency)
  const minor = amounts.reduce((sum, amount) => sum + minorOf(amount, decimals), 0n)
  const digits = String(minor < 0n ? -minor : minor).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(whole.length)
  return exactNumber(`${minor < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`)
}

function minorOf(amount: number, decimals: number): bigint {
  const [whole = '0', fraction = ''] = `${amount}`.split('.')
  return BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
}
