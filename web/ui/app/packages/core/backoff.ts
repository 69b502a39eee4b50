// Waiting time between attempts: doubles from 0.5 s to 15 s, with full jitter (any time up to the limit).

export interface BackoffOptions {
  first_ms?: number
  max_ms?: number
  random?: () => number
}

export class Backoff {
  private attempt = 0
  private readonly first: number
  private readonly max: number
  private readonly random: () => number

  constructor(options: BackoffOptions = {}) {
    this.first = options.first_ms ?? 500
    this.max = options.max_ms ?? 15_000
    this.random = options.random ?? Math.random
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const limit = Math.min(this.max, this.first * 2 ** this.attempt)
    this.attempt = Math.min(this.attempt + 1, 16)
    return Math.round(this.random() * limit)
  }

  reset(): void {
    this.attempt = 0
  }
}
