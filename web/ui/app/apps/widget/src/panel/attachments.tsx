// Files chosen but not sent: each uploads at once, shows its progress or its error, and can be taken back.
import { useRef, useState } from 'preact/hooks'
import type { Chat } from './chat'
import { Icon } from './icons'
import type { Media } from './protocol'
import { texts, type Texts } from './texts'
import { keepLocal, upload, UploadError, type UploadFailure } from './upload'

interface Attachment {
  id: number
  file: File
  percent: number
  media?: Media
  failure?: UploadFailure
  cancel?: () => void
}

export interface Attachments {
  list: Attachment[]
  ready: Media[]
  busy: boolean
  add(files: File[]): void
  retry(attachment: Attachment): void
  remove(attachment: Attachment): void
  clear(): void
}

let counter = 0

export function useAttachments(chat: Chat): Attachments {
  const [list, setList] = useState<Attachment[]>([])
  // Uploads finish between renders: the list they change is this one.
  const now = useRef<Attachment[]>([])
  function put(next: Attachment[]): void {
    now.current = next
    setList(next)
  }
  function change(id: number, part: Partial<Attachment>): void {
    put(now.current.map((one) => (one.id === id ? { ...one, ...part } : one)))
  }

  function begin(id: number, file: File): void {
    const token = chat.token.peek()
    if (!token) return change(id, { failure: 'failed' })
    const { finished, cancel } = upload(file, token, (percent) => change(id, { percent }))
    change(id, { cancel, failure: undefined, percent: 0 })
    finished.then(
      (media) => {
        keepLocal(media.id, file)
        change(id, { media, percent: 100 })
      },
      (error: unknown) => change(id, { failure: error instanceof UploadError ? error.failure : 'failed' }),
    )
  }

  return {
    list,
    ready: list.flatMap((one) => (one.media ? [one.media] : [])),
    busy: list.some((one) => !one.media && !one.failure),
    add(files) {
      const added = files.map((file) => ({ id: ++counter, file, percent: 0 }))
      put([...now.current, ...added])
      for (const { id, file } of added) begin(id, file)
    },
    retry: ({ id, file }) => begin(id, file),
    remove({ id, cancel, media }) {
      put(now.current.filter((one) => one.id !== id))
      if (!media) cancel?.()
    },
    clear: () => put(now.current.filter((one) => one.failure)),
  }
}

const reasons: Record<UploadFailure, keyof Texts> = {
  too_large: 'tooLarge',
  wrong_type: 'wrongType',
  too_many: 'tooMany',
  failed: 'uploadFailed',
}

export function AttachmentChips({ files }: { files: Attachments }) {
  const t = texts.value
  if (!files.list.length) return null
  return (
    <ul class="chips">
      {files.list.map((one) => (
        <li key={one.id} class={one.failure ? 'bad' : ''}>
          <span class="file-name">{one.file.name}</span>
          {one.failure ? (
            <span class="reason" role="alert">
              {t[reasons[one.failure]] as string}
            </span>
          ) : (
            !one.media && <progress max={100} value={one.percent} aria-label={one.file.name} />
          )}
          {(one.failure === 'failed' || one.failure === 'too_many') && (
            <button type="button" onClick={() => files.retry(one)}>
              {t.retry}
            </button>
          )}
          <button
            type="button"
            class="round"
            aria-label={t.remove(one.file.name)}
            title={t.remove(one.file.name)}
            onClick={() => files.remove(one)}
          >
            <Icon icon="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}
