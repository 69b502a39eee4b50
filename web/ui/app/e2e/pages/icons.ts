// Whether an icon or a coloured dot says something that nobody is told in words.
//
// Each one that is seen is either an image with a name, or decoration: then it is hidden from screen readers, and what it
// stands on (a button, a link, a row) has words of its own.

import { expect, type Frame, type Page } from '@playwright/test'
import axeCore from 'axe-core'

/** Puts axe into a document that does not have it yet. */
export async function with_axe(where: Page | Frame): Promise<void> {
  if (!(await where.evaluate(() => 'axe' in window))) await where.evaluate(axeCore.source)
}

/** What is wrong in a document, with the element it is about; empty when everything is told. */
export async function silent_icons(where: Page | Frame): Promise<string[]> {
  await with_axe(where)
  return where.evaluate(() => {
    const { axe } = window as unknown as { axe: typeof axeCore & { commons: { text: { accessibleText(of: Element): string } } } }
    const CONTROL = 'button, a[href], summary, label, select, input, [role=button], [role=link], [role=menuitem], [role=menuitemradio], [role=menuitemcheckbox], [role=option], [role=tab], [role=switch], [role=checkbox], [role=radio], [role=combobox]'
    const wrong: string[] = []

    const seen = (one: Element) => {
      const { width, height } = one.getBoundingClientRect()
      return width > 1 && height > 1 && one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    }
    /** A small mark of nothing but colour. */
    const is_dot = (one: Element) => {
      if (one.childNodes.length || one.matches('input, img, video, canvas, iframe, hr, textarea')) return false
      const { width, height } = one.getBoundingClientRect()
      const { backgroundColor } = getComputedStyle(one)
      return width >= 3 && width <= 24 && height >= 3 && height <= 24 && !/^rgba\(.*, 0\)$|transparent|\/ 0\)$/.test(backgroundColor)
    }
    /** Words that are read out: none of a hidden part. */
    const words = (one: Element): string => {
      if (one.getAttribute('aria-hidden') === 'true') return ''
      const own = one.getAttribute('role') === 'img' ? (one.getAttribute('aria-label') ?? '') : ''
      return own + [...one.childNodes].map((node) => (node instanceof Text ? node.data : node instanceof Element && !node.matches('style, script') ? words(node) : '')).join('')
    }

    /** Everything, in the shadows, too: the launcher of the widget stands in one. */
    const all = (root: Document | ShadowRoot): Element[] => [...root.querySelectorAll('*')].flatMap((one) => (one.shadowRoot ? [one, ...all(one.shadowRoot)] : [one]))

    axe.setup(document.documentElement)
    try {
      const everything = all(document)
      const icons = everything.filter((one) => one.matches('svg, .iconify') && !one.parentElement?.closest('svg, .iconify'))
      const dots = everything.filter((one) => !one.closest('svg, head') && is_dot(one))
      for (const one of new Set([...icons, ...dots])) {
        // What lies behind an open dialog or menu is told when that is gone.
        if (!seen(one) || one.closest('[data-aria-hidden]')) continue
        const say = (what: string) => wrong.push(`${what}: ${(one.closest(CONTROL) ?? one.parentElement ?? one).outerHTML.replace(/\s+/g, ' ').slice(0, 300)}`)
        const hidden = !!one.closest('[aria-hidden=true]')
        const named = !!(one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.getAttribute('title') || one.querySelector(':scope > title'))
        if (one.getAttribute('role') === 'img' && !hidden) {
          if (!axe.commons.text.accessibleText(one).trim()) say('an image without a name')
          continue
        }
        if (named && one.getAttribute('aria-hidden') === 'true') {
          say('a name that is hidden')
          continue
        }
        if (one.matches('svg') && !hidden) {
          say('neither hidden nor named')
          continue
        }
        const control = one.closest(CONTROL)
        if (control) {
          if (!axe.commons.text.accessibleText(control).trim()) say('a control without a name')
          continue
        }
        let around: Element | null = one.parentElement
        for (let steps = 0; around && steps < 3 && !words(around).trim(); steps += 1) around = around.parentElement
        if (!around || !words(around).trim()) say('no words beside it')
      }
    } finally {
      axe.teardown()
    }
    return wrong
  })
}

/** Nothing on the page, or in one of its frames, is told by an icon or a colour alone. */
export async function told_in_words(page: Page, where: string): Promise<void> {
  for (const frame of page.frames()) expect(await silent_icons(frame), where).toEqual([])
}
