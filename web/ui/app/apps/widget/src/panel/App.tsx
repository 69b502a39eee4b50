// The whole panel: header, banner, log, composer; Esc closes it.
import { useRef } from 'preact/hooks'
import type { Chat } from './chat'
import { Banner } from './Banner'
import { Composer, type ComposerHandle } from './Composer'
import { Icon } from './icons'
import { Log } from './Log'
import { Prechat } from './Prechat'
import { texts } from './texts'
import { keepChat } from './upload'

export function App({ chat, close }: { chat: Chat; close: (() => void) | null }) {
  const composer = useRef<ComposerHandle>(null!)
  const t = texts.value
  const title = chat.widget.value.title || t.chat

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing || composer.current?.escape()) return
    close?.()
  }
  function keep(): void {
    const token = chat.token.value
    if (token) keepChat(token, title).catch(() => (chat.announcement.value = t.keepFailed))
  }
  function onDrop(event: DragEvent): void {
    const files = [...(event.dataTransfer?.files ?? [])]
    if (!files.length) return
    event.preventDefault()
    composer.current?.attach(files)
  }

  return (
    // Named, because the page around the frame may have a `main` of its own.
    <main class="panel" aria-label={title} onKeyDown={onKeyDown} onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
      <div class="header">
        <h1>{title}</h1>
        {chat.keepable.value && (
          <button type="button" class="round" aria-label={t.keep} title={t.keep} onClick={keep}>
            <Icon icon="download" />
          </button>
        )}
        {close && (
          <button type="button" class="round" aria-label={t.close} title={t.close} onClick={close}>
            <Icon icon="close" />
          </button>
        )}
      </div>
      <Banner chat={chat} />
      <Log chat={chat} />
      {chat.asks.value ? <Prechat chat={chat} /> : <Composer chat={chat} handle={composer} />}
      <p class="sr-only" role="status">
        {chat.opened.value ? chat.announcement.value : ''}
      </p>
    </main>
  )
}
