// A small emoji grid, loaded when first opened. One Tab stop; arrows move inside. Screen readers know emoji by name.
import { useRef } from 'preact/hooks'

export interface EmojiProps {
  label: string
  pick(emoji: string): void
}

const all =
  '😀 😄 😁 😂 🤣 😊 🙂 😉 😍 😘 😋 😎 🤩 🥳 🤔 🤨 😐 🙄 😏 😴 😅 😬 😢 😭 😤 😡 😱 😳 🥺 😇 🤗 🤝 ' +
  '👍 👎 👌 👏 🙏 💪 👋 🤞 ✌️ 👇 👉 ☝️ 👀 🙌 ✅ ❌ ❤️ 💔 💯 🔥 ⭐ ✨ 🎉 🎁 ❓ ❗ ⏰ 📅 📍 📞 💬 📎 ' +
  '📦 🚚 🛒 💳 💰 🧾 🏠 🚗 ✈️ 🍕 ☕ 🍰 ☀️ 🌧️ 🌱 🐶'
const emoji = all.split(' ')
const columns = 8

export function Emoji({ label, pick }: EmojiProps) {
  const grid = useRef<HTMLDivElement>(null)

  function onKeyDown(event: KeyboardEvent): void {
    const buttons = [...(grid.current?.children ?? [])] as HTMLElement[]
    const at = buttons.indexOf(document.activeElement as HTMLElement)
    const forward = document.documentElement.dir === 'rtl' ? -1 : 1
    const step = { ArrowRight: forward, ArrowLeft: -forward, ArrowDown: columns, ArrowUp: -columns }[event.key]
    if (!step || at < 0) return
    event.preventDefault()
    const next = buttons[at + step]
    if (!next) return
    buttons.forEach((button) => (button.tabIndex = -1))
    next.tabIndex = 0
    next.focus()
  }

  return (
    <div class="emoji" role="group" aria-label={label} ref={grid} onKeyDown={onKeyDown}>
      {emoji.map((one, i) => (
        <button type="button" key={one} tabIndex={i ? -1 : 0} onClick={() => pick(one)}>
          {one}
        </button>
      ))}
    </div>
  )
}
