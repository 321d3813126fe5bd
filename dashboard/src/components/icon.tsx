/** 16 x 16, drawn with 1.5 px strokes. */
const paths = {
  overview: 'M2.5 8.5 5.5 5l3 3.5 5-6M2.5 13.5h11',
  orders: 'M3 2.5h10v11l-2-1.2-1.5 1.2L8 12.3l-1.5 1.2L5 12.3l-2 1.2zM5.5 5.5h5M5.5 8.5h5',
  fraud: 'M8 1.8 13 3.5v4.2c0 3-2 5.2-5 6.5-3-1.3-5-3.5-5-6.5V3.5zM8 5v3.2M8 10.6v.1',
  payments: 'M1.8 3.8h12.4v8.4H1.8zM1.8 6.6h12.4M4.2 9.8h2.6',
  deadLetters: 'M1.8 3.5h12.4v9H1.8zM1.8 4.2 8 9l6.2-4.8',
  pipeline: 'M1.8 5.8h3.4v4.4H1.8zM10.8 1.8h3.4v4.4h-3.4zM10.8 9.8h3.4v4.4h-3.4zM5.2 8h2.8M10.8 4H8v8h2.8',
  search: 'M7 2.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6M10.6 10.6l3.2 3.2',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  right: 'M6 3.5 10.5 8 6 12.5',
  left: 'M10 3.5 5.5 8 10 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  arrow: 'M2.5 8h11M9.5 4l4 4-4 4',
  sortUp: 'M8 13V3.5M4.5 7 8 3.5 11.5 7',
  sortDown: 'M8 3v9.5M4.5 9 8 12.5 11.5 9',
  light:
    'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M3.2 12.8l1-1M11.8 4.2l1-1',
  dark: 'M13.5 9.6A6 6 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z',
  system: 'M1.8 2.8h12.4v8H1.8zM5.5 13.5h5M8 10.8v2.7',
  refresh: 'M13.2 8A5.2 5.2 0 1 1 11.6 4.2M13.4 1.8v3h-3',
  reconciliation: 'M8 2v12M4.5 14h7M2.5 4.5h11M3.5 4.5 1.8 9h3.4zM12.5 4.5 10.8 9h3.4z',
  activity: 'M2 8h2.6l1.8-5 3.2 10 1.8-5H14',
  more: 'M3 7.6v.8M3.4 8h-.8M8 7.6v.8M8.4 8h-.8M13 7.6v.8M13.4 8h-.8',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2 12.5 8 5 12.8z',
  person: 'M8 2.2a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2M2.8 13.8c.5-2.6 2.6-4 5.2-4s4.7 1.4 5.2 4',
  plus: 'M8 3v10M3 8h10',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
