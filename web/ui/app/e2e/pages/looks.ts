// How a page is looked at: axe in light and dark, nothing cut off at the side, nothing told by an icon or a colour alone.

import { expect, type Page } from '@playwright/test'
import type axeCore from 'axe-core'
import { told_in_words, with_axe } from './icons'

export const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }
export const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What axe says about colours: all that differs between light and dark, which have one document. */
const COLOURS = ['color-contrast', 'link-in-text-block']

/** Changes light and dark; the colours fade over, and axe must not look meanwhile. */
async function paint(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme })
  for (const frame of page.frames()) {
    await frame.evaluate(async () => {
      // The page hears of it a little later, and only then do its colours begin to change: they must stay for ten frames.
      const changing = ({ playState, effect }: Animation) => playState === 'running' && Number.isFinite(Number(effect?.getComputedTiming().endTime))
      // A frame that is not shown draws nothing.
      const drawn = () => new Promise((done) => (requestAnimationFrame(done), setTimeout(done, 50)))
      for (let still = 0; still < 10; still += 1) {
        await drawn()
        if (document.getAnimations().some(changing)) still = -1
      }
    })
  }
}

/** What axe finds, document by document: in the page itself, without the tab that its builder opens for every run. */
async function axe(page: Page, where: string, only: string[]): Promise<void> {
  for (const frame of page.frames()) {
    await with_axe(frame)
    const found = await frame.evaluate(async (runOnly) => {
      const run = (window as unknown as { axe: typeof axeCore }).axe.run(document, { runOnly, iframes: false, resultTypes: ['violations'] })
      return (await run).violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)
    }, only)
    expect(found, `${where}, ${frame.url()}`).toEqual([])
  }
}

/** The page as it stands, at the size it has; `shot` may keep a picture of each scheme. */
export async function looks_right(page: Page, where = new URL(page.url()).pathname, shot?: (scheme: string) => Promise<void>): Promise<void> {
  await paint(page, 'light')
  await shot?.('light')
  await axe(page, `${where}, light`, TAGS)
  await told_in_words(page, where)
  const too_wide = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll('main')].some((one) => one.scrollWidth > one.clientWidth))
  expect(too_wide, `${where} scrolls sideways`).toBe(false)
  await paint(page, 'dark')
  await shot?.('dark')
  await axe(page, `${where}, dark`, COLOURS)
  await paint(page, 'light')
}

/** The page at a desk and on a phone. */
export async function looks_right_everywhere(page: Page, where?: string): Promise<void> {
  for (const size of Object.values(SIZES)) {
    await page.setViewportSize(size)
    await looks_right(page, where)
  }
}
