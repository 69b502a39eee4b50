// Uploads one file for a visitor, with progress, and fetches media back (the token travels in a header, so an
// `<img src>` alone would not do).
import type { Media } from './protocol'

export type UploadFailure = 'too_large' | 'wrong_type' | 'too_many' | 'failed'

export interface Upload {
  finished: Promise<Media>
  cancel(): void
}

export class UploadError extends Error {
  constructor(readonly failure: UploadFailure) {
    super(failure)
  }
}

const failures: Record<number, UploadFailure> = { 413: 'too_large', 415: 'wrong_type', 429: 'too_many' }

export function upload(file: File, token: string, progress: (percent: number) => void): Upload {
  const request = new XMLHttpRequest()
  const finished = new Promise<Media>((done, fail) => {
    const body = new FormData()
    body.append('file', file, file.name || 'file')
    request.open('POST', '/widget/v1/media')
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.responseType = 'json'
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(Math.round((event.loaded / event.total) * 100))
    }
    request.onload = () => {
      const media = (request.response as { media?: Media } | null)?.media
      if (request.status >= 200 && request.status < 300 && media) done(media)
      else fail(new UploadError(failures[request.status] ?? 'failed'))
    }
    request.onerror = request.ontimeout = request.onabort = () => fail(new UploadError('failed'))
    request.send(body)
  })
  return { finished, cancel: () => request.abort() }
}

/** Hands the bytes to the browser as a download: visitors' files are never opened as a page of our origin. */
export function save(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}

const get = (path: string, token: string): Promise<Response> =>
  fetch(`/widget/v1/${path}`, { headers: { Authorization: `Bearer ${token}` }, credentials: 'omit' })

/** Saves what was said as a text file. */
export async function keepChat(token: string, name: string): Promise<void> {
  const answer = await get('transcript', token)
  if (!answer.ok) throw new Error(`transcript ${answer.status}`)
  const url = URL.createObjectURL(await answer.blob())
  save(url, `${name}.txt`)
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

const objects = new Map<string, Promise<string>>()

/** Remembers the visitor's own file, so that it is not fetched back to be shown. */
export function keepLocal(id: string, file: File): void {
  objects.set(id, Promise.resolve(URL.createObjectURL(file)))
}

/** An object URL of the media's bytes; each is fetched once. */
export function mediaUrl(id: string, token: string): Promise<string> {
  const known = objects.get(id)
  if (known) return known
  const fetched = get(`media/${encodeURIComponent(id)}`, token).then(async (answer) => {
    if (!answer.ok) throw new Error(`media ${answer.status}`)
    return URL.createObjectURL(await answer.blob())
  })
  objects.set(id, fetched)
  fetched.catch(() => objects.delete(id))
  return fetched
}
