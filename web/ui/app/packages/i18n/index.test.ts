import { describe, expect, it } from 'vitest'
import { error_text } from '@switchboard/i18n'

describe('what an error means', () => {
  it.each([
    ['validation', 'text: is 5000 characters long; this channel takes 4096', 'The text is 5000 characters long; this channel takes 4096'],
    ['validation', 'media_ids: this channel takes 1 per message', 'The files: this channel takes 1 per message'],
    ['validation', 'first_name: must not be empty', 'First name must not be empty'],
    ['media_type_unsupported', 'This SMS number sends no files. Send a link.', 'This SMS number sends no files. Send a link.'],
    ['already_assigned', 'Ann: has it', 'Ann: has it'],
    ['forbidden', 'user: may not', 'You may not do this. Ask an administrator.'],
    ['nobody_knows', '', 'The server had a problem. Try again; if it stays, tell an administrator.'],
  ])('%s with "%s"', (code, detail, text) => expect(error_text(code, detail)).toBe(text))
})
