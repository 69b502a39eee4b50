// A customer's files in the thread: what could not be had is asked for again, and saved by a link of one's own.

import { expect, test, type Page } from '@playwright/test'
import { own_conversation, sign_in } from './support'

test.skip(!!process.env.SWITCHBOARD_MOCK, 'needs a phone that can send files')

const ACCOUNT = '106540352242922'

async function simulator(page: Page, path: string, content_type: string, data: string): Promise<void> {
  const { origin } = new URL((await page.request.get('/api/v1/setup')).url())
  const headers = { Origin: origin, 'X-Simulator': '1', 'Content-Type': content_type }
  const answer = await page.request.post(`/simulator/api/${path}`, { headers, data })
  expect(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`).toBe(true)
}

const files_gone = (page: Page, files_gone: boolean) =>
  simulator(page, 'switches', 'application/json', JSON.stringify({ account: ACCOUNT, switches: { files_gone } }))

test('S2-39: a file that could not be had is fetched again, and saved under its name', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await files_gone(page, true)
  try {
    const whose = new URLSearchParams({ account: ACCOUNT, number: it.contact.phone!, name: 'order.pdf' })
    await simulator(page, `file?${whose}`, 'application/pdf', '%PDF-1.7\n%%EOF\n')
    await page.goto(`/inbox/mine/${it.id}`)
    const tile = page.getByTestId('media').filter({ hasText: 'order.pdf' })
    await expect(tile).toContainText('Not available', { timeout: 30_000 })
    await files_gone(page, false)
    await tile.getByRole('button', { name: 'Try to fetch order.pdf again' }).click()
    const save = tile.getByRole('link', { name: 'Download order.pdf' })
    await expect(save).toBeVisible({ timeout: 30_000 })
    const waiting = page.waitForEvent('download')
    await save.click()
    const saved = await waiting
    expect(saved.suggestedFilename()).toBe('order.pdf')
    expect(saved.url()).toContain('proof=')
    // A failure is a toast, not a file.
    await page.route('**/media/*/link', (route) => route.fulfill({ status: 404, json: { error: { code: 'not_found', detail: 'gone' } } }))
    await save.click()
    await expect(page.getByText('That did not work').or(page.getByRole('alert')).first()).toBeVisible()
  } finally {
    await files_gone(page, false)
  }
})
