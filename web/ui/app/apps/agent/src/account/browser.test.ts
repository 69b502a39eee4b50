import { expect, it } from 'vitest'
import { browser_of } from './browser'

it('names the browser and the system people know', () => {
  const name = (agent: string) => browser_of(agent).name
  expect(name('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36')).toBe('Chrome · Linux')
  expect(name('Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0')).toBe('Edge · Windows')
  expect(name('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile/15E148 Safari/604.1')).toBe('Safari · iPhone')
  expect(browser_of('Mozilla/5.0 (Linux; Android 16) Gecko/150.0 Firefox/150.0')).toEqual({ name: 'Firefox · Android', phone: true })
  expect(name('curl/8.9.1')).toBe('curl/8.9.1')
  expect(browser_of(null)).toEqual({ name: '', phone: false })
})
