// One message: text with links, media, time and, for the visitor's own, the tick.
import type { ComponentChildren } from 'preact'
import { linkify } from '../../../../packages/core/linkify'
import type { Chat } from './chat'
import { timeOf } from './dates'
import { Icon, type IconName } from './icons'
import { MediaTile } from './MediaTile'
import { texts } from './texts'
import type { Bubble, Tick } from './thread'

const icons: Record<Tick, IconName> = { queued: 'clock', sent: 'one', delivered: 'two', failed: 'warning' }

/** Addresses become links; everything else stays text. */
function withLinks(text: string): ComponentChildren[] {
  return linkify(text).map((part) =>
    part.href ? (
      <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
        {part.text}
      </a>
    ) : (
      part.text
    ),
  )
}

export function BubbleView({ bubble, chat, first }: { bubble: Bubble; chat: Chat; first: boolean }) {
  const t = texts.value
  const { mine, sender, text, media, tick } = bubble
  const look = mine ? 'mine' : sender.kind === 'ai' ? 'ai' : 'team'
  const failed = tick === 'failed' && mine
  return (
    <div class={`row ${look} ${first ? 'first' : ''}`}>
      {mine ? (
        <span class="sr-only">{t.you}</span>
      ) : (
        <span class={first ? 'who' : 'sr-only'}>
          {sender.kind === 'ai' && <Icon icon="sparkle" />}
          {sender.name ?? t.team}
          {sender.kind === 'ai' && <span class="ai-mark">{t.ai}</span>}
        </span>
      )}
      <div class={`bubble ${look}`}>
        {media.map((item) => (
          <MediaTile key={item.id} media={item} token={chat.token.value} />
        ))}
        {text && <p dir="auto">{withLinks(text)}</p>}
        <span class="meta">
          <time dateTime={bubble.at}>{timeOf(bubble.at)}</time>
          {mine && <Icon icon={icons[tick]} name={t[tick]} />}
        </span>
      </div>
      {failed && (
        <p class="failure">
          {t.notSent}
          <button type="button" onClick={() => chat.again(bubble)}>
            {t.retry}
          </button>
          <button type="button" onClick={() => chat.discard(bubble)}>
            {t.discard}
          </button>
        </p>
      )}
    </div>
  )
}
