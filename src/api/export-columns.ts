import type { Alert, DeadLetter, OrderItem, Payment } from './contract.ts'
import type { CsvColumn } from './csv.ts'

/* The tables of the exports. Columns are only ever added, at the end: scripts count on their places. */

export const orderColumns: readonly CsvColumn<OrderItem>[] = [
  ['order_id', (order) => order.order_id],
  ['customer_id', (order) => order.customer_id],
  ['amount', (order) => order.amount],
  ['currency', (order) => order.currency],
  ['country', (order) => order.country],
  ['status', (order) => order.status],
  ['created_at', (order) => order.created_at],
  ['logged_at', (order) => order.logged_at],
]

export const paymentColumns: readonly CsvColumn<Payment>[] = [
  ['order_id', (payment) => payment.order_id],
  ['outcome', (payment) => payment.outcome],
  ['customer_id', (payment) => payment.customer_id],
  ['amount', (payment) => payment.amount],
  ['currency', (payment) => payment.currency],
  ['country', (payment) => payment.country],
  ['created_at', (payment) => payment.created_at],
  ['logged_at', (payment) => payment.logged_at],
  ['settled_at', (payment) => payment.settled_at],
  ['topic_id', (payment) => payment.position.topic_id],
  ['partition', (payment) => payment.position.partition],
  ['offset', (payment) => payment.position.offset],
]

export const alertColumns: readonly CsvColumn<Alert>[] = [
  ['order_id', (alert) => alert.order_id],
  ['reason', (alert) => alert.reason],
  ['amount', (alert) => alert.amount],
  ['currency', (alert) => alert.currency],
  ['country', (alert) => alert.country],
  ['logged_at', (alert) => alert.logged_at],
]

export const deadLetterColumns: readonly CsvColumn<DeadLetter>[] = [
  ['id', (letter) => letter.id],
  ['group', (letter) => letter.group],
  ['topic', (letter) => letter.topic],
  ['partition', (letter) => letter.partition],
  ['offset', (letter) => letter.offset],
  ['code', (letter) => letter.code],
  ['message', (letter) => letter.message],
  ['stage', (letter) => letter.stage],
  ['delivery_count', (letter) => letter.delivery_count],
  ['first_failed_at', (letter) => letter.first_failed_at],
  ['logged_at', (letter) => letter.logged_at],
  ['order_id', (letter) => letter.order_id],
  ['letter_topic', (letter) => letter.letter.topic],
  ['letter_partition', (letter) => letter.letter.partition],
  ['letter_offset', (letter) => letter.letter.offset],
  ['redrive_count', (letter) => letter.redrive_count],
  ['quarantined', (letter) => letter.quarantined],
  ['redriven_at', (letter) => letter.redriven?.at ?? null],
  ['redriven_job', (letter) => letter.redriven?.job ?? null],
]
