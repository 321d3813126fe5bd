import type { Group } from '../../../src/api/contract.ts'
import { Segmented } from '../components/segmented.tsx'
import type { SeekForm } from '../seek-body.ts'

const kinds = [
  { value: 'time', label: 'Time' },
  { value: 'offset', label: 'Offset' },
  { value: 'beginning', label: 'Beginning' },
  { value: 'end', label: 'End' },
] as const

export function SeekFields(props: { group: Group; form: SeekForm; onChange: (form: SeekForm) => void }) {
  const { group, form, onChange } = props
  const topics = [...new Set(group.partitions.map(({ topic }) => topic))]
  return (
    <>
      <label className="field-block">
        <span>What</span>
        <select value={form.where} onChange={({ target }) => onChange({ ...form, where: target.value })}>
          <option value="">All topics that it reads</option>
          {topics.map((topic) => (
            <option key={topic} value={topic}>
              {topic}, all partitions
            </option>
          ))}
          {group.partitions.map(({ topic, partition }) => (
            <option key={`${topic}/${partition}`} value={`${topic}/${partition}`}>
              {topic}, partition {partition}
            </option>
          ))}
        </select>
      </label>
      <div className="field-block">
        <span>Where to</span>
        <Segmented
          label="Where to"
          options={kinds}
          value={form.kind}
          onChange={(kind) => onChange({ ...form, kind })}
        />
      </div>
      {form.kind === 'time' && (
        <label className="field-block">
          <span>The first record at or after (UTC)</span>
          <input
            type="datetime-local"
            step="1"
            value={form.time}
            onChange={({ target }) => onChange({ ...form, time: target.value })}
          />
        </label>
      )}
      {form.kind === 'offset' && (
        <label className="field-block">
          <span>Offset that is read next</span>
          <input
            inputMode="numeric"
            value={form.offset}
            onChange={({ target }) => onChange({ ...form, offset: target.value })}
          />
        </label>
      )}
    </>
  )
}
