// Flashes the host page's title while messages wait unread in a tab nobody looks at.
let timer: ReturnType<typeof setInterval> | undefined
let original = ''
let ours = ''

function stop(): void {
  clearInterval(timer)
  timer = undefined
  // The page may have changed its title meanwhile: then it is not ours to restore.
  if (document.title === ours) document.title = original
}

/** Starts, updates or stops the flash for `count` unread messages. */
export function flashTitle(count: number, label: string): void {
  if (timer) stop()
  if (!count || !document.hidden) return
  original = document.title
  ours = `(${count}) ${label}`
  timer = setInterval(() => {
    if (document.title !== ours) {
      original = document.title
      document.title = ours
    } else document.title = original
  }, 1000)
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && timer) stop()
})
