/** ISO 4217 alphabetic code of an active currency, upper case. */
export type CurrencyCode = string

const exponentOtherThanTwo: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
}

const twoDecimals =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP ' +
  'COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR ' +
  'JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN ' +
  'NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL ' +
  'THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG'

const exponentByCurrency: ReadonlyMap<string, number> = new Map([
  ...twoDecimals.split(' ').map((code) => [code, 2] as const),
  ...Object.entries(exponentOtherThanTwo),
])

export function isCurrency(code: string): code is CurrencyCode {
  return exponentByCurrency.has(code)
}

/**
 * How many decimals the currency's minor unit has, by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD.
 *
 * @throws {RangeError} for a code that {@link isCurrency} refuses: a bug in the caller, never bad input
 */
export function exponentOf(currency: CurrencyCode): number {
  const exponent = exponentByCurrency.get(currency)
  if (exponent === undefined) throw new RangeError(`not an ISO 4217 currency: ${currency}`)
  return exponent
}
