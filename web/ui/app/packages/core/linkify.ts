// Finds addresses in message text: http, https, mailto and tel become links; everything else stays text.
//
// A link goes where its words say: no address holds what turns or hides letters on the screen, a mail has no
// `?bcc=` or `?attach=` of the writer's choice, and a phone number no service code of the network.

export interface TextPart {
  text: string
  href?: string
}

/** Controls of the writing direction and letters without a width. */
const UNSEEN = String.raw`\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff`
/** Quotes, and the punctuation of scripts that put no space after an address. */
const AROUND = '<>"\'`«»‘’“”。、，！？：；（）「」『』【】《》'

// Schemes letter by letter: without regard to case, Unicode takes ſ for an s.
const WEB = String.raw`[Hh][Tt][Tt][Pp][Ss]?:\/\/[\p{L}\p{N}\[][^\s${UNSEEN}${AROUND}]*`
const MAIL = String.raw`[Mm][Aa][Ii][Ll][Tt][Oo]:[\p{L}\p{N}._+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`
const PHONE = String.raw`[Tt][Ee][Ll]:\+?[\d(][\d().-]{1,30}\d(?![\d().-]*[\p{L}\p{N}_*#@])`
const ADDRESS = new RegExp(String.raw`\b(?:${WEB}|${MAIL}|${PHONE})`, 'gu')

const OPENED_BY: Record<string, string> = { ')': '(', ']': '[', '}': '{' }

/** Without the full stop of the sentence, and without a bracket that was opened before the address. */
function trimmed(address: string): string {
  const count: Record<string, number> = {}
  for (const letter of address) count[letter] = (count[letter] ?? 0) + 1
  let end = address.length
  for (; end > 0; end -= 1) {
    const last = address.charAt(end - 1)
    const opening = OPENED_BY[last]
    if (opening ? count[last]! <= (count[opening] ?? 0) : !'.,;:!?…'.includes(last)) break
    count[last]! -= 1
  }
  return address.slice(0, end)
}

export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const found of text.matchAll(ADDRESS)) {
    const href = trimmed(found[0])
    if (found.index > end) parts.push({ text: text.slice(end, found.index) })
    parts.push({ text: href, href })
    end = found.index + href.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}
