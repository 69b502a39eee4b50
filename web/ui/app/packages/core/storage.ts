// Browser storage that never throws: blocked or full storage falls back to memory for this page.

export interface Store {
  get(key: string): string | null
  set(key: string, value: string): void
  remove(key: string): void
  keys(prefix: string): string[]
}

export class MemoryStore implements Store {
  private readonly data = new Map<string, string>()

  get(key: string): string | null {
    return this.data.get(key) ?? null
  }
  set(key: string, value: string): void {
    this.data.set(key, value)
  }
  remove(key: string): void {
    this.data.delete(key)
  }
  keys(prefix: string): string[] {
    return [...this.data.keys()].filter((key) => key.startsWith(prefix))
  }
}

export class LocalStore implements Store {
  private readonly spare = new MemoryStore()

  get(key: string): string | null {
    return this.spare.get(key) ?? this.attempt((s) => s.getItem(key), null)
  }
  set(key: string, value: string): void {
    const kept = this.attempt((s) => (s.setItem(key, value), true), false)
    if (kept) this.spare.remove(key)
    else this.spare.set(key, value)
  }
  remove(key: string): void {
    this.spare.remove(key)
    this.attempt((s) => s.removeItem(key), undefined)
  }
  keys(prefix: string): string[] {
    const stored = this.attempt((s) => Object.keys(s).filter((key) => key.startsWith(prefix)), [])
    return [...new Set([...stored, ...this.spare.keys(prefix)])]
  }

  private attempt<T>(run: (storage: Storage) => T, otherwise: T): T {
    try {
      return run(localStorage)
    } catch {
      return otherwise
    }
  }
}
