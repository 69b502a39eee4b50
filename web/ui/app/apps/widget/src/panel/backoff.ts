// How long to wait before the next attempt: full jitter, doubling from half a second up to fifteen.
export function backoff(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(15_000, 500 * 2 ** attempt);
}
