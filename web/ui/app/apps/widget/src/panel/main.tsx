// Entry of the panel: reads the widget key from its own address, wires the host page and draws.
import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from './App'
import { connectHost } from './bridge'
import { Chat } from './chat'
import { inkOn } from '../colour'
import { setLocale, texts } from './texts'

const key = decodeURIComponent(location.pathname.split('/').filter(Boolean).pop() ?? '')
const chat = new Chat(key, location.hash === '#preview')

const host = connectHost({
  // The launcher's copy of the settings paints the first frame; `hello` brings the server's.
  boot: ({ title, greeting, locale, colour, side }) => {
    if (!chat.widget.value.key) chat.widget.value = { title, greeting, locale, colour, position: side }
  },
  opened: (open) => (chat.opened.value = open),
  identify: (claim) => chat.identify(claim),
  logout: () => chat.logout(),
})
chat.tellHost = (message) => host.send(message)
if (!host.embedded) chat.opened.value = true

effect(() => {
  const { colour, locale, title } = chat.widget.value
  const style = document.documentElement.style
  if (colour && /^#[\da-f]{6}$/i.test(colour)) {
    style.setProperty('--brand', colour)
    style.setProperty('--brand-ink', inkOn(colour))
  }
  if (locale) setLocale(locale)
  document.title = title || texts.value.chat
})
effect(() => {
  const n = chat.unread.value
  host.send({ t: 'unread', n, text: n ? texts.value.unread(n) : '' })
})
effect(() => {
  // Worth loading the panel early on the next page: an open chat, or a last word not read yet.
  if (chat.active.value !== null) host.send({ t: 'chat', on: chat.active.value || chat.unread.value > 0 })
})

const place = document.getElementById('panel')
if (place) render(<App chat={chat} close={host.embedded ? () => host.send({ t: 'close' }) : null} />, place)
