// The panel's own words. English is built in; other languages load when the widget is set to one.
import { signal } from '@preact/signals'

export const en = {
  chat: 'Chat',
  messages: 'Messages',
  write: 'Write a message',
  send: 'Send',
  close: 'Close chat',
  keep: 'Save this chat',
  keepFailed: 'The chat could not be saved.',
  attach: 'Attach a file',
  emoji: 'Emoji',
  remove: (name: string) => `Remove ${name}`,
  retry: 'Try again',
  discard: 'Discard',
  you: 'You',
  team: 'Team',
  ai: 'AI',
  today: 'Today',
  yesterday: 'Yesterday',
  newMessages: 'New messages',
  down: 'Go to the newest message',
  reconnecting: 'Reconnecting… what you write is kept',
  refused: 'Chat is not available on this page.',
  closed: 'This chat was closed. Write again at any time.',
  typing: (name: string) => `${name} is typing`,
  unread: (n: number) => (n === 1 ? '1 new message' : `${n} new messages`),
  queued: 'Waiting to be sent',
  sent: 'Sent',
  delivered: 'Delivered',
  failed: 'Not sent',
  notSent: 'Not sent.',
  file: 'File',
  image: 'Picture',
  download: (name: string) => `Download ${name}`,
  play: (name: string) => `Play ${name}`,
  pending: 'On its way…',
  gone: 'No longer available',
  uploading: (percent: number) => `${percent} %`,
  tooLarge: 'This file is too large.',
  wrongType: 'This kind of file cannot be sent.',
  uploadFailed: 'The upload failed.',
  tooMany: 'Too many files in a short time. Wait a moment.',
  dropHere: 'Drop files to attach them',
  introduce: 'Please introduce yourself.',
  start: 'Start the chat',
  optional: (label: string) => `${label} (optional)`,
}

export type Texts = typeof en

const others: Record<string, () => Promise<{ default: Texts }>> = {
  ar: () => import('./locales/ar'),
  de: () => import('./locales/de'),
  es: () => import('./locales/es'),
  fr: () => import('./locales/fr'),
}

export const texts = signal<Texts>(en)
/** For dates and numbers. */
export const locale = signal('en')

const rightToLeft = ['ar', 'fa', 'he', 'ur']

/** Switches the words, the dates and the direction. A language without words of ours still gets its dates. */
export function setLocale(tag: string): void {
  let known = tag
  try {
    known = Intl.getCanonicalLocales(tag)[0] ?? 'en'
  } catch {
    known = 'en'
  }
  if (known === locale.value) return
  locale.value = known
  const language = known.split('-')[0] ?? 'en'
  const load = others[language]
  const root = document.documentElement
  root.lang = load ? known : 'en'
  root.dir = rightToLeft.includes(language) ? 'rtl' : 'ltr'
  if (!load) texts.value = en
  else
    load().then(
      (module) => (texts.value = module.default),
      () => (texts.value = en),
    )
}
