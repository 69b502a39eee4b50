// Tells about the connection, but only when it has been away for more than a moment.
import { useEffect, useState } from 'preact/hooks'
import type { Chat } from './chat'
import { texts } from './texts'

export function Banner({ chat }: { chat: Chat }) {
  const state = chat.state.value
  const away = state !== 'online' && chat.opened.value
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!away) return setLate(false)
    const timer = setTimeout(() => setLate(true), 1500)
    return () => clearTimeout(timer)
  }, [away])
  const shown = away && (late || state === 'refused')
  return (
    <p class="banner" role="status" hidden={!shown}>
      {shown ? (state === 'refused' ? texts.value.refused : texts.value.reconnecting) : ''}
    </p>
  )
}
