// Finds web addresses in message text. Only http and https become links; everything else stays text.

export interface TextPart {
  text: string
  href?: string
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"']+/gi

export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const found of text.matchAll(ADDRESS)) {
    // A full stop or bracket after an address belongs to the sentence.
    const href = found[0].replace(/[.,;:!?)\]}]+$/, '')
    if (found.index > end) parts.push({ text: text.slice(end, found.index) })
    parts.push({ text: href, href })
    end = found.index + href.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}
