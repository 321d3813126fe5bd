import { Type, type Static } from 'typebox'
import { closed, count, name, nullable, time } from './schema.ts'

export const groupParams = closed({ group: name })
/** Exactly one of offset, time and to says where; without `topic` all topics of the group move. */
export const seekBody = closed({
  topic: Type.Optional(name),
  partition: Type.Optional(count),
  offset: Type.Optional(count),
  time: Type.Optional(time),
  to: Type.Optional(Type.Enum(['beginning', 'end'])),
})
export type SeekBody = Static<typeof seekBody>
export const seekPreview = closed({
  group: Type.String(),
  partitions: Type.Array(
    closed({
      topic: Type.String(),
      partition: count,
      from: count,
      to: count,
      skips: Type.Integer({ minimum: 0, description: 'Records that would not be read, at most' }),
      repeats: Type.Integer({ minimum: 0, description: 'Records that would be read again, at most' }),
    }),
  ),
  skips: count,
  repeats: count,
  effects: Type.Array(Type.String({ description: 'What that means for this group, in words' })),
})
export type SeekPreview = Static<typeof seekPreview>
export const groupAction = closed({ group: Type.String(), paused: Type.Boolean() })
export type GroupAction = Static<typeof groupAction>

/** Beside the lag of a partition. */
export const partitionOwner = {
  owner: nullable(Type.String({ description: 'The member that reads it now; null: nobody' })),
  stuck: Type.Boolean({ description: 'It has lag and has not moved for longer than the limit' }),
  idle_seconds: Type.Number({ minimum: 0, description: 'Since it last moved, as far as this process saw' }),
}
export const groupState = {
  paused: Type.Boolean(),
  stuck: Type.Boolean(),
  trend_per_second: Type.Number({ description: 'How fast the lag grows (above 0) or shrinks, in records' }),
}
