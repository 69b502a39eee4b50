// The look for icons and dots without words, looked at itself: the pages use it in a11y, settings-a11y and widget-mock.
// Seen red on pages as well: the second factor's icon in the list of users and the marks of a channel's check, whose names were
// hidden, and the send button of the widget without its label.

import { expect, test } from '@playwright/test'
import { silent_icons } from './pages/icons'

const draw = (attributes: string) => `<svg ${attributes} width="16" height="16" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" /></svg>`
const dot = (attributes = '') => `<span ${attributes} style="display:inline-block;width:8px;height:8px;background:red"></span>`
const HIDDEN = 'aria-hidden="true"'

const GOOD = {
  'a named image': `<p>Delivered ${draw('role="img" aria-label="Read"')}</p>`,
  'a named image alone': draw('role="img" aria-label="WhatsApp"'),
  'decoration of a button with words': `<button>${draw(HIDDEN)} Send</button>`,
  'decoration of a button with a label': `<button aria-label="Send">${draw(HIDDEN)}</button>`,
  'decoration of a row': `<ul><li>${draw(HIDDEN)} <span>Connected</span></li></ul>`,
  'a dot beside its words': `<p>${dot(HIDDEN)} Online</p>`,
  'a link with a named image': `<a href="/x">${draw('role="img" aria-label="Back"')}</a>`,
  'nothing that is seen': `<div hidden>${draw('')}</div>`,
}
const BAD = {
  'neither hidden nor named': `<p>Text ${draw('')}</p>`,
  'a control without a name': `<button>${draw(HIDDEN)}</button>`,
  'an image without a name': `<p>Text ${draw('role="img"')}</p>`,
  'a name that is hidden': `<p>Ann ${draw(`${HIDDEN} role="img" aria-label="Second factor on"`)}</p>`,
  'no words beside it': `<p>Text</p><div><div><div><div>${draw(HIDDEN)}</div></div></div></div>`,
}

test('D-16: what an icon stands for is told in words', async ({ page }) => {
  for (const [what, html] of Object.entries(GOOD)) {
    await page.setContent(`<main>${html}</main>`)
    expect(await silent_icons(page), what).toEqual([])
  }
})

test('D-16: what an icon stands for is told by nothing else', async ({ page }) => {
  for (const [what, html] of Object.entries(BAD)) {
    await page.setContent(`<main>${html}</main>`)
    expect(await silent_icons(page)).toEqual([expect.stringContaining(what)])
  }
})

test('D-16: a state is not told by the colour of a dot, nor in a shadow', async ({ page }) => {
  await page.setContent(`<main><div><div><div>${dot()}</div></div></div></main>`)
  expect(await silent_icons(page)).toEqual([expect.stringContaining('no words beside it')])
  await page.setContent(`<main><div id="host"></div></main>`)
  await page.locator('#host').evaluate((host, html) => (host.attachShadow({ mode: 'open' }).innerHTML = html), `<button>${draw(HIDDEN)}</button>`)
  expect(await silent_icons(page)).toEqual([expect.stringContaining('a control without a name')])
})
