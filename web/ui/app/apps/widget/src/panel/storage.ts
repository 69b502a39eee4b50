// What the panel keeps in the browser, by widget key. When storage is blocked it lives in memory until the page goes.
export interface Storage {
  get<T>(name: string): T | null
  set(name: string, value: unknown): void
  /** Calls back when another tab changed `name`. */
  watch(name: string, changed: () => void): void
}

/** With `forget` nothing is read from or written to the browser. */
export function openStorage(key: string, forget = false): Storage {
  const memory = new Map<string, string>()
  const full = (name: string): string => `switchboard:${key}:${name}`
  let disk: globalThis.Storage | null = null
  try {
    disk = forget ? null : window.localStorage
    disk?.getItem(full('token'))
  } catch {
    disk = null
  }
  return {
    get<T>(name: string): T | null {
      try {
        const text = memory.get(name) ?? disk?.getItem(full(name)) ?? null
        return text === null ? null : (JSON.parse(text) as T)
      } catch {
        return null
      }
    },
    set(name, value) {
      const text = JSON.stringify(value ?? null)
      try {
        if (!disk) throw new Error('no storage')
        if (value === null || value === undefined) disk.removeItem(full(name))
        else disk.setItem(full(name), text)
        memory.delete(name)
      } catch {
        // Blocked or full: this tab still remembers.
        memory.set(name, text)
      }
    },
    watch(name, changed) {
      window.addEventListener('storage', (event) => {
        if (event.key === full(name)) changed()
      })
    },
  }
}
