// The messages, oldest first: greeting, day separators, bubbles, typing. Stays at the end unless the visitor reads back.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { BubbleView } from './Bubble'
import type { Chat } from './chat'
import { dayKey, dayName } from './dates'
import { Icon } from './icons'
import { texts } from './texts'
import type { Item } from './thread'

const close = 5 * 60_000

/** Whether `item` continues the group of the bubble before it. */
function continues(item: Item, before: Item | undefined): boolean {
  return (
    item.kind === 'bubble' &&
    before?.kind === 'bubble' &&
    item.mine === before.mine &&
    item.sender.name === before.sender.name &&
    Date.parse(item.at) - Date.parse(before.at) < close &&
    dayKey(item.at) === dayKey(before.at)
  )
}

export function Log({ chat }: { chat: Chat }) {
  const log = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const [behind, setBehind] = useState(false)
  const items = chat.items.value
  const typing = chat.typing.value
  const opened = chat.opened.value
  const t = texts.value
  const greeting = chat.widget.value.greeting
  const mine = items[items.length - 1]
  const written = mine?.kind === 'bubble' && mine.mine ? mine.key : ''

  function toEnd(): void {
    if (log.current) log.current.scrollTop = log.current.scrollHeight
  }
  // What the visitor just wrote is always shown.
  useLayoutEffect(() => {
    atEnd.current = true
    toEnd()
  }, [written])
  useLayoutEffect(() => {
    if (atEnd.current) toEnd()
    else setBehind(true)
  }, [items, typing, opened])
  // Pictures and the keyboard change heights later.
  useEffect(() => {
    const observer = new ResizeObserver(() => atEnd.current && toEnd())
    if (log.current) observer.observe(log.current)
    if (log.current?.firstElementChild) observer.observe(log.current.firstElementChild)
    return () => observer.disconnect()
  }, [])

  function onScroll(): void {
    const box = log.current
    if (!box) return
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 48
    if (atEnd.current) setBehind(false)
  }

  return (
    <div class="log-frame">
      {/* Announced by the separate live region: re-rendering must not read the log aloud again. */}
      <div class="log" role="log" aria-live="off" aria-label={t.messages} tabIndex={0} ref={log} onScroll={onScroll}>
        <div class="log-inner">
          {greeting && (
            <div class="row greeting">
              <div class="bubble team">
                <p>{greeting}</p>
              </div>
            </div>
          )}
          {items.map((item, i) => {
            const before = items[i - 1]
            const day = (!before || dayKey(before.at) !== dayKey(item.at)) && (
              <p class="day" key={`day:${dayKey(item.at)}`}>
                <span>{dayName(item.at)}</span>
              </p>
            )
            const line =
              item.kind === 'closed' ? (
                <p class="line" key={item.key}>
                  {t.closed}
                </p>
              ) : (
                <BubbleView key={item.key} bubble={item} chat={chat} first={!continues(item, before)} />
              )
            return [day, line]
          })}
          {chat.away.value && !typing && chat.widget.value.offline_text && (
            <p class="line">{chat.widget.value.offline_text}</p>
          )}
          {typing && (
            <div class="row typing">
              <div class="bubble team" role="img" aria-label={t.typing(typing)}>
                <span class="dots" aria-hidden="true">
                  <i />
                  <i />
                  <i />
                </span>
              </div>
              <span class="who">{t.typing(typing)}</span>
            </div>
          )}
        </div>
      </div>
      {behind && (
        <button
          type="button"
          class="jump"
          onClick={() => {
            atEnd.current = true
            setBehind(false)
            toEnd()
          }}
        >
          <Icon icon="down" /> {t.newMessages}
        </button>
      )}
    </div>
  )
}
