import { describe, expect, it } from 'vitest'
import { button_html, chat_link, signature_html } from './announce'

const line = { kind: 'whatsapp', name: 'Main', phone: '+44 7700 900-100' }

describe('S0-30: the link of an announcement', () => {
  it('holds nothing but the digits of the number', () => {
    expect(chat_link(line, '')).toBe('https://wa.me/447700900100')
    expect(chat_link({ ...line, kind: 'sms' }, '')).toBe('sms:+447700900100')
  })
  it('carries the greeting, whatever is in it', () => {
    expect(new URL(chat_link(line, ' Hi & hello? #1 ')).searchParams.get('text')).toBe('Hi & hello? #1')
    expect(chat_link({ ...line, kind: 'sms' }, 'Hi there')).toBe('sms:+447700900100?&body=Hi%20there')
  })
  it('is empty where there is no number', () => {
    expect(chat_link({ kind: 'webchat', name: 'Shop' }, 'Hi')).toBe('')
    expect(chat_link({ ...line, phone: null }, 'Hi')).toBe('')
  })
})

describe('S0-30: the HTML of an announcement', () => {
  it('keeps what people typed as text', () => {
    const html = button_html(chat_link(line, 'a&b"c'), '<img src=x onerror=alert(1)> & ask')
    expect(html).toContain('href="https://wa.me/447700900100?text=a%26b%22c"')
    expect(html).toContain('>&lt;img src=x onerror=alert(1)&gt; &amp; ask</a>')
    expect(signature_html('sms:+1?&body="', "Ann's", '+1')).toContain('href="sms:+1?&amp;body=&quot;"')
  })
})
