// Which addresses in a message become links, and which never do.

import { describe, expect, it } from 'vitest'
import { linkify } from '@switchboard/core'

const links = (text: string) => linkify(text).flatMap((part) => (part.href === undefined ? [] : [part.href]))
const ALLOWED = ['http:', 'https:', 'mailto:', 'tel:']

describe('D-13: addresses in a message', () => {
  it.each([
    ['see https://a.example/x?y=1. (http://b.example)', ['https://a.example/x?y=1', 'http://b.example']],
    ['HTTPS://A.example, then more', ['HTTPS://A.example']],
    ['https://en.example/wiki/Cat_(animal)', ['https://en.example/wiki/Cat_(animal)']],
    ['(see https://en.example/wiki/Cat_(animal).)', ['https://en.example/wiki/Cat_(animal)']],
    ['really, https://a.example/?!', ['https://a.example/']],
    ['http://[::1]:8080/x', ['http://[::1]:8080/x']],
    ['https://bücher.example/straße?q=é#ü', ['https://bücher.example/straße?q=é#ü']],
    ['看https://a.example/书。谢谢', ['https://a.example/书']],
    ['«https://a.example/b»', ['https://a.example/b']],
    ['<https://a.example>', ['https://a.example']],
    ['write to mailto:ann.lee+shop@demo.example.', ['mailto:ann.lee+shop@demo.example']],
    ['(MAILTO:ann@demo.example)', ['MAILTO:ann@demo.example']],
    ['call tel:+44-20-7946-0003!', ['tel:+44-20-7946-0003']],
    ['(tel:020.79460003) or tel:(020)79460004', ['tel:020.79460003', 'tel:(020)79460004']],
    ['tel:112', ['tel:112']],
  ])('%s', (text, found) => expect(links(text)).toEqual(found))

  it('are the whole text again, piece by piece', () => {
    expect(linkify('See https://a.example. Or mailto:b@c.example')).toEqual([
      { text: 'See ' },
      { text: 'https://a.example', href: 'https://a.example' },
      { text: '. Or ' },
      { text: 'mailto:b@c.example', href: 'mailto:b@c.example' },
    ])
  })
})

describe('D-13: what stays text', () => {
  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    '\u0001javascript:alert(1)',
    'vbscript:msgbox(1)',
    'data:text/html,<script>alert(1)</script>',
    'data:text/html;base64,PHNjcmlwdD4=',
    'blob:3e0f',
    'file:///etc/passwd',
    'ftp://a.example',
    'intent://scan/#Intent;end',
    'https:a.example',
    'https://',
    'https://...',
    'http\u017f://a.example',
    'ｈｔｔｐｓ://a.example',
    'xhttps://a.example',
    'mailto:',
    'mailto:ann',
    'mailto:@demo.example',
    'mailto:ann@demo',
    'mailto:%0Abcc:x@demo.example',
    'ann@demo.example',
    'tel:',
    'tel:12',
    'tel:*21*0791234567#',
    'tel:0791*31#',
    'tel:07-91*31#',
    'tel:0800FLOWERS',
    `tel:${'1'.repeat(40)}`,
    'hotel:0791234567',
    '+44 20 7946 0003',
  ])('%j', (text) => expect(linkify(text)).toEqual([{ text }]))

  it('the rest of a mail address: nobody writes a copy or a file into it', () => {
    expect(links('mailto:a@b.example?bcc=x@y.example&attach=/etc/passwd')).toEqual(['mailto:a@b.example'])
    expect(links('mailto:a@b.example%0Abcc:x')).toEqual(['mailto:a@b.example'])
  })

  it.each(['\u202e', '\u2066', '\u200b', '\u200f', '\u00ad', '\ufeff'])('an address ends where a letter nobody sees begins: %j', (unseen) => {
    expect(links(`https://a.example/${unseen}gpj.exe`)).toEqual(['https://a.example/'])
  })
})

it('D-13: whatever is written, no other link comes of it, and nothing is lost', () => {
  const pieces = ['javascript:', 'data:text/html,', 'https://', 'mailto:', 'tel:', 'a@b.example', '+4420', '(', ')', ' ', '\n', '"', "'", '<', '>', '\u202e', 'é', '%0a', '@', '.', '/x', '&#58;']
  let seed = 7
  const any = () => pieces[(seed = (seed * 48_271) % 2_147_483_647) % pieces.length]!
  for (let round = 0; round < 5_000; round += 1) {
    const text = Array.from({ length: 1 + (round % 9) }, any).join('')
    const parts = linkify(text)
    expect(parts.map((part) => part.text).join('')).toBe(text)
    for (const { text: shown, href } of parts) {
      if (href === undefined) continue
      expect(href).toBe(shown)
      expect(ALLOWED).toContain(/^[a-z]+:/i.exec(href)?.[0].toLowerCase())
    }
  }
})

it.each([
  ['closing brackets', `https://a.example/${')'.repeat(200_000)}`],
  ['dots', `https://a.example/${'.'.repeat(200_000)}`],
  ['a mail without an end', `mailto:${'a'.repeat(200_000)}`],
  ['a domain of dots', `mailto:a@${'b.'.repeat(100_000)}`],
  ['many schemes', 'tel:1-mailto:'.repeat(20_000)],
  ['a number of dashes', `tel:1${'-'.repeat(200_000)}`],
])('D-13: %s take no time', (_, text) => {
  const began = performance.now()
  linkify(text)
  expect(performance.now() - began).toBeLessThan(1_000)
})
