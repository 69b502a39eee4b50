// The reply box: locks and unlocks live, drafts, notes with names, saved replies, parts of an SMS, colleagues who write too.

import { expect, test } from '@playwright/test'
import { bubble, free_conversation, locked_conversation, own_conversation, post, reply_box, sign_in, sms_conversation, writes_again } from './support'

test('S4-16: Enter sends, Shift+Enter does not, nor does Enter while a word is being composed', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await reply_box(page).fill('one')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('two')
  await expect(reply_box(page)).toHaveValue('one\ntwo')
  await reply_box(page).evaluate((field) => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })))
  await expect(reply_box(page)).toHaveValue('one\ntwo')
  await page.keyboard.press('Enter')
  await expect(reply_box(page)).toHaveValue('')
  await expect(bubble(page, 'two')).toBeVisible()
})

test('S4-10, S4-17: a closed window locks the box, says why, and opens with the customer’s next word', async ({ page }) => {
  await sign_in(page)
  const it = await locked_conversation(page)
  // A draft begun while the window was open.
  await page.addInitScript(
    ([id]) => {
      for (const user of ['1', '2', '3']) localStorage.setItem(`switchboard.draft.${user}.${id}`, 'half a sentence')
    },
    [it.id],
  )
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(page.locator('[data-strip=template_only]')).toBeVisible()
  await expect(reply_box(page)).toBeDisabled()
  await expect(reply_box(page)).toHaveValue('half a sentence')
  await expect(page.getByRole('button', { name: 'Choose template' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Copy draft' })).toBeVisible()
  for (const name of ['Emoji', 'Attach pictures', 'Attach videos', 'Attach files']) {
    const button = page.getByTestId('composer').getByRole('button', { name, exact: true })
    await expect(button).toHaveAttribute('aria-disabled', 'true')
    await expect(button).toHaveAttribute('title', /24-hour window is closed/)
  }
  if (process.env.SWITCHBOARD_MOCK) await writes_again(page, it, 'Here I am again')
  else await page.request.post('/simulator/api/text', { data: { account: '360360360360360', number: it.contact.phone, body: 'Here I am again' } })
  await expect(reply_box(page)).toBeEnabled()
  await expect(reply_box(page)).toHaveValue('half a sentence')
})

test('S2-13, H-13: parts of an SMS are counted; nothing is counted elsewhere', async ({ page }) => {
  await sign_in(page)
  const it = await sms_conversation(page)
  await post(page, `/conversations/${it.id}/attend`)
  await page.goto(`/inbox/mine/${it.id}`)
  await reply_box(page).fill('a'.repeat(160))
  await expect(page.getByTestId('segments')).toContainText('1 SMS part, 0 characters left')
  await page.keyboard.type('a')
  await expect(page.getByTestId('segments')).toContainText('2 SMS parts, 145 characters left')
  await expect(page.locator('[data-strip=parts]')).toHaveCount(0)
  await reply_box(page).fill('✓'.repeat(202))
  await expect(page.locator('[data-strip=parts]')).toContainText('4 parts')
  await reply_box(page).fill('')
  const other = await own_conversation(page)
  await page.goto(`/inbox/mine/${other.id}`)
  await reply_box(page).fill('no SMS')
  await expect(page.getByTestId('segments')).toHaveCount(0)
  await reply_box(page).fill('')
})

test('H-08: a private note names a colleague, looks different and reaches them', async ({ page, browser }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  const his = await (await browser.newContext()).newPage()
  await sign_in(his, 'bob')
  await his.goto('/inbox/closed')
  await expect(his.getByTestId('link-banner')).toHaveCount(0)
  await expect(his.getByTestId('conversation-row').or(his.getByTestId('list-empty')).first()).toBeVisible()

  await page.goto(`/inbox/mine/${it.id}`)
  await page.locator('h2[data-testid=contact-name]').click()
  await page.keyboard.press('n')
  const box = page.getByRole('textbox', { name: 'Your private note' })
  await expect(box).toBeFocused()
  const stamp = `refund ${Date.now()}`
  await page.keyboard.type('Please check the ')
  await page.keyboard.type(`${stamp} @bo`)
  await expect(page.getByTestId('mentions').getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(box).toHaveValue(new RegExp(`${stamp} @Bob \\w+ $`))
  await page.keyboard.press('Enter')
  await expect(bubble(page, stamp)).toHaveAttribute('data-direction', 'internal')
  await expect(bubble(page, stamp)).toContainText('Private note')
  await expect(bubble(page, stamp)).toHaveCount(1)
  if (!process.env.SWITCHBOARD_MOCK) await expect(his.getByText(/named you in a private note/).first()).toBeVisible()
  await his.context().close()
})

test('S4-01: what arrives while one writes is to be reviewed before sending', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  const text = `We will send it ${Date.now()}`
  await reply_box(page).fill(text)
  await writes_again(page, it, 'Wait, I found it')
  await expect(page.locator('[data-strip=newer]')).toContainText('1 new message: review before sending')
  await reply_box(page).press('Enter')
  await expect(reply_box(page)).toHaveValue(text)
  await expect(page.locator('[data-strip=newer]')).toHaveCount(0)
  await reply_box(page).press('Enter')
  await expect(reply_box(page)).toHaveValue('')
  await expect(bubble(page, text)).toHaveCount(1)
})

test('S4-01: two who write in one conversation see each other', async ({ page, browser }) => {
  test.skip(!!process.env.SWITCHBOARD_MOCK, 'the mock has no second person')
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  const his = await (await browser.newContext()).newPage()
  await sign_in(his, 'bob')
  await his.goto(`/inbox/team/${it.id}`)
  await expect(page.getByTestId('viewers')).toContainText('Bob')
  await reply_box(page).fill('I write')
  await reply_box(his).pressSequentially('Me too')
  await expect(page.locator('[data-strip=composing]')).toContainText('Bob')
  // What he has sent he no longer writes.
  await expect(page.getByTestId('typing')).toContainText('Bob')
  await reply_box(his).press('Enter')
  await expect(bubble(page, 'Me too')).toBeVisible()
  await expect(page.getByTestId('typing')).toHaveCount(0, { timeout: 2_000 })
  await his.context().close()
  await reply_box(page).fill('')
})

test('drafts go on in another browser', async ({ page, browser }) => {
  await sign_in(page)
  const it = await free_conversation(page)
  await page.goto(`/inbox/team/${it.id}`)
  const other = await (await browser.newContext()).newPage()
  await sign_in(other)
  await other.goto(`/inbox/team/${it.id}`)
  await expect(reply_box(other)).toBeVisible()
  await reply_box(page).fill('begun here')
  await expect(reply_box(other)).toHaveValue('begun here')
  await reply_box(page).fill('')
  await expect(reply_box(other)).toHaveValue('')
  await other.context().close()
})
