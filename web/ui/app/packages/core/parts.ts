// What is written as one may leave as several messages: a line carries only so many files, and a caption is short.

import type { ChannelKind, Media } from '@switchboard/protocol'

export interface Part {
  text: string
  media: Media[]
}

/** WhatsApp's limit for the text beside a file; sounds and stickers carry none. */
const CAPTION = 1_024
const NO_CAPTION = ['audio', 'sticker']
/** The files of an MMS together, in bytes. */
const MMS = 5 << 20

/** Characters as the server counts them: one for an emoji that is two in a string. */
export const length_of = (text: string): number => [...text].length

/** The messages in order; the text goes with the first file, or before it where the line takes no text beside it. */
export function parts_of(text: string, media: readonly Media[], kind: ChannelKind | undefined, max_files: number): Part[] {
  const bundles = bundles_of(media, max_files, kind === 'sms' ? MMS : Infinity)
  const first = bundles[0]
  if (!first) return [{ text, media: [] }]
  const apart = kind === 'whatsapp' && (length_of(text) > CAPTION || NO_CAPTION.includes(first[0]!.kind))
  const rest = bundles.slice(1).map((media) => ({ text: '', media }))
  return apart && text ? [{ text, media: [] }, { text: '', media: first }, ...rest] : [{ text, media: first }, ...rest]
}

function bundles_of(media: readonly Media[], max_files: number, max_bytes: number): Media[][] {
  const bundles: Media[][] = []
  let bytes = 0
  for (const one of media) {
    const size = one.size ?? 0
    const last = bundles.at(-1)
    if (last && last.length < max_files && bytes + size <= max_bytes) {
      last.push(one)
      bytes += size
    } else {
      bundles.push([one])
      bytes = size
    }
  }
  return bundles
}
