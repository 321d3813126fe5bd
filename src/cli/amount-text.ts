import { decimalText, moneyFromDecimal } from '../domain/money.ts'
import { textAt, type Document } from './document.ts'

/** The amount of an order or a payment with all the decimals of its currency, as lists and the page show it. */
export function amountText(document: Document): string {
  const [amount, currency] = [textAt(document, 'amount'), textAt(document, 'currency')]
  const money = moneyFromDecimal(Number(amount), currency)
  return money ? decimalText(BigInt(money.minor), currency) : amount
}
