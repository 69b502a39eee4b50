// The few line icons of the panel.
const paths = {
  close: 'M18 6 6 18M6 6l12 12',
  down: 'm6 9 6 6 6-6',
  send: 'M4 12 20 4l-5 16-3-7-8-1Z',
  attach: 'm20 11.5-8.3 8.3a5 5 0 0 1-7-7l8.7-8.8a3.3 3.3 0 0 1 4.7 4.7l-8.7 8.8a1.7 1.7 0 0 1-2.4-2.4l8-8',
  smile: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM8 14s1.4 2 4 2 4-2 4-2M9 9.5v.01M15 9.5v.01',
  file: 'M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8l-5-5Zm0 0v5h5',
  download: 'M12 4v11m0 0-4.5-4.5M12 15l4.5-4.5M5 20h14',
  play: 'M8 5v14l11-7L8 5Z',
  clock: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM12 7v5l3 2',
  one: 'm5 12.5 4.5 4.5L19 7.5',
  two: 'm2 12.5 4.5 4.5L16 7.5m-4.5 9.5L21 7.5',
  warning: 'M12 4 2.8 20h18.4L12 4Zm0 6v4.5m0 3v.01',
  sparkle: 'M12 3c.8 5.5 3.5 8.2 9 9-5.5.8-8.2 3.5-9 9-.8-5.5-3.5-8.2-9-9 5.5-.8 8.2-3.5 9-9Z',
} as const

export type IconName = keyof typeof paths

/** Decoration when it has no `name`, an image with that name otherwise. */
export function Icon({ icon, name }: { icon: IconName; name?: string }) {
  return (
    <svg
      class={`icon icon-${icon}`}
      viewBox="0 0 24 24"
      {...(name ? { role: 'img', 'aria-label': name } : { 'aria-hidden': true })}
    >
      {name && <title>{name}</title>}
      <path d={paths[icon]} />
    </svg>
  )
}
