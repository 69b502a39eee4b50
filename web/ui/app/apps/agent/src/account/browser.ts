// What a User-Agent header says in two words, for people who look for a device they know.

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\/|Opera/, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
]

const first = (list: readonly [RegExp, string][], text: string) => list.find(([pattern]) => pattern.test(text))?.[1]

export function browser_of(user_agent: string | null | undefined): { name: string; phone: boolean } {
  const text = user_agent ?? ''
  const browser = first(BROWSERS, text)
  const system = first(SYSTEMS, text)
  const name = browser && system ? `${browser} · ${system}` : (browser ?? system ?? text.slice(0, 40))
  return { name, phone: /iPhone|iPad|Android/.test(text) }
}
