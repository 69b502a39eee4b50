// How a page is looked at: axe in light and dark, nothing cut off at the side, nothing told by an icon or a colour alone.

import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import { told_in_words } from './icons'

export const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }
export const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What axe says about colours: all that differs between light and dark, which have one document. */
export const COLOURS = ['color-contrast', 'link-in-text-block']

/** Changes light and dark; the colours fade over, and axe must not look meanwhile. */
export async function paint(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme })
  for (const frame of page.frames()) {
    await frame.waitForFunction(() =>
      document.getAnimations().every(({ playState, effect }) => playState !== 'running' || !Number.isFinite(Number(effect?.getComputedTiming().endTime))),
    )
  }
}

async function axe(page: Page, where: string, narrow: (builder: AxeBuilder) => AxeBuilder): Promise<void> {
  const { violations } = await narrow(new AxeBuilder({ page })).analyze()
  expect(violations.map((one) => `${where}: ${one.id}: ${one.nodes[0]?.html}`)).toEqual([])
}

/** The page as it stands, at the size it has. */
export async function looks_right(page: Page, where = new URL(page.url()).pathname): Promise<void> {
  await paint(page, 'light')
  await axe(page, `${where}, light`, (builder) => builder.withTags(TAGS))
  await told_in_words(page, where)
  const too_wide = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll('main')].some((one) => one.scrollWidth > one.clientWidth))
  expect(too_wide, `${where} scrolls sideways`).toBe(false)
  await paint(page, 'dark')
  await axe(page, `${where}, dark`, (builder) => builder.withRules(COLOURS))
  await paint(page, 'light')
}

/** The page at a desk and on a phone. */
export async function looks_right_everywhere(page: Page, where?: string): Promise<void> {
  for (const size of Object.values(SIZES)) {
    await page.setViewportSize(size)
    await looks_right(page, where)
  }
}
