// A picture, film, recording or file inside a bubble. Pictures load when scrolled into view, the rest on demand.
import { useEffect, useRef, useState } from 'preact/hooks'
import { sizeOf } from './dates'
import { Icon } from './icons'
import type { Media } from './protocol'
import { texts } from './texts'
import { mediaUrl, save } from './upload'

export function MediaTile({ media, token }: { media: Media; token: string | null }) {
  const t = texts.value
  const box = useRef<HTMLDivElement>(null)
  const [url, setUrl] = useState<string | null>(null)
  const [broken, setBroken] = useState(false)
  const { kind, state } = media
  const name = media.file_name || (kind === 'image' || kind === 'sticker' ? t.image : t.file)
  const picture = kind === 'image' || kind === 'sticker'
  const film = kind === 'video' || kind === 'audio'

  async function load(): Promise<string | null> {
    if (!token) return null
    try {
      const found = await mediaUrl(media.id, token)
      setBroken(false)
      setUrl(found)
      return found
    } catch {
      setBroken(true)
      return null
    }
  }
  const download = (): void => {
    void load().then((found) => found && save(found, name))
  }

  useEffect(() => {
    if (!picture || state !== 'ready' || url || !box.current) return
    const observer = new IntersectionObserver((seen) => {
      if (!seen.some((entry) => entry.isIntersecting)) return
      observer.disconnect()
      void load()
    })
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [media.id, state, token])

  if (state !== 'ready') return <p class="file quiet">{state === 'pending' ? t.pending : t.gone}</p>
  if (picture && !broken)
    return (
      <div class={`picture ${kind}`} ref={box}>
        {url && <img src={url} alt={name} onError={() => setBroken(true)} />}
        {url && (
          <button type="button" class="round corner" aria-label={t.download(name)} title={t.download(name)} onClick={download}>
            <Icon icon="download" />
          </button>
        )}
      </div>
    )
  if (film && url) {
    const Player = kind === 'video' ? 'video' : 'audio'
    return <Player class="player" src={url} controls autoplay aria-label={name} />
  }
  const label = film ? t.play(name) : t.download(name)
  return (
    <button type="button" class="file" title={label} onClick={film ? () => void load() : download}>
      <Icon icon={film ? 'play' : 'file'} />
      <span class="file-name">{name}</span>
      <span class="file-size">{broken ? t.gone : media.size !== null && sizeOf(media.size)}</span>
    </button>
  )
}
