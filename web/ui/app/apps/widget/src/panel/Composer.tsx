// Where the visitor writes: growing text field, attachments, emoji, send. The draft survives a reload.
import type { ComponentType, RefObject } from 'preact'
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { AttachmentChips, useAttachments } from './attachments'
import type { Chat } from './chat'
import type { EmojiProps } from './Emoji'
import { Icon } from './icons'
import { texts } from './texts'

export interface ComposerHandle {
  attach(files: File[]): void
  /** Esc: true when it closed something of ours. */
  escape(): boolean
}

export function Composer({ chat, handle }: { chat: Chat; handle: RefObject<ComposerHandle> }) {
  const t = texts.value
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const smile = useRef<HTMLButtonElement>(null)
  const [text, setText] = useState(chat.draft)
  const [Emoji, setEmoji] = useState<ComponentType<EmojiProps> | null>(null)
  const [emojiOpen, setEmojiOpen] = useState(false)
  const files = useAttachments(chat)
  const refused = chat.state.value === 'refused'
  const ready = !refused && !files.busy && (text.trim() !== '' || files.ready.length > 0)
  const opened = chat.opened.value

  useEffect(() => {
    // A phone would throw its keyboard over the greeting.
    if (opened && !matchMedia('(pointer: coarse)').matches) field.current?.focus()
  }, [opened])
  useLayoutEffect(() => {
    const box = field.current
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${Math.min(box.scrollHeight, 132)}px`
  }, [text, opened])

  useImperativeHandle(handle, () => ({
    attach: files.add,
    escape() {
      if (!emojiOpen) return false
      setEmojiOpen(false)
      smile.current?.focus()
      return true
    },
  }))

  function write(next: string): void {
    setText(next)
    chat.draft = next
    if (next.trim()) chat.typed()
  }
  function send(): void {
    if (!ready) return
    chat.send(text.trim(), files.ready)
    files.clear()
    setEmojiOpen(false)
    write('')
    field.current?.focus()
  }
  function insert(emoji: string): void {
    const box = field.current
    const from = box?.selectionStart ?? text.length
    const to = box?.selectionEnd ?? text.length
    write(text.slice(0, from) + emoji + text.slice(to))
    requestAnimationFrame(() => box?.setSelectionRange(from + emoji.length, from + emoji.length))
  }
  function toggleEmoji(): void {
    if (!Emoji) {
      import('./Emoji').then(
        (module) => setEmoji(() => module.Emoji),
        () => setEmojiOpen(false),
      )
    }
    setEmojiOpen(!emojiOpen)
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    send()
  }
  function onPaste(event: ClipboardEvent): void {
    const pasted = [...(event.clipboardData?.files ?? [])]
    if (!pasted.length) return
    event.preventDefault()
    files.add(pasted)
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {emojiOpen && Emoji && <Emoji label={t.emoji} pick={insert} />}
      <AttachmentChips files={files} />
      <textarea
        ref={field}
        rows={1}
        value={text}
        dir={text ? 'auto' : undefined}
        maxLength={8000}
        enterkeyhint="send"
        disabled={refused}
        aria-label={t.write}
        placeholder={t.write}
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div class="tools">
        <button
          type="button"
          class="round"
          aria-label={t.attach}
          title={t.attach}
          disabled={!chat.token.value}
          onClick={() => picker.current?.click()}
        >
          <Icon icon="attach" />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            files.add([...(event.currentTarget.files ?? [])])
            event.currentTarget.value = ''
          }}
        />
        <button
          ref={smile}
          type="button"
          class="round"
          aria-label={t.emoji}
          title={t.emoji}
          aria-expanded={emojiOpen}
          onClick={toggleEmoji}
        >
          <Icon icon="smile" />
        </button>
        <button type="submit" class="round send" aria-label={t.send} title={t.send} disabled={!ready}>
          <Icon icon="send" />
        </button>
      </div>
    </form>
  )
}
