// The line to the launcher on the host page. The frame says it is ready, the launcher answers with a MessagePort,
// and from then on only the port is used. The host never sees a message or the token: only counts and open/close.
export interface HostBoot {
  title: string
  greeting: string
  locale: string
  colour: string
  side: 'left' | 'right'
}

export type ToHost =
  | { t: 'close' }
  | { t: 'unread'; n: number; text: string }
  | { t: 'chat'; on: boolean }
  /** A message came or went, never what it says. */
  | { t: 'message'; d: { direction: 'in' | 'out' } }
  | { t: 'error'; d: { code: string } }

/** Who the page says its visitor is; `hmac` proves the user id. */
export interface Claim {
  identity: { user_id: string; name?: string; email?: string; phone?: string }
  hmac?: string
}

type FromHost = { t: 'open' | 'close' | 'logout' } | ({ t: 'identify' } & Claim)

interface HostEvents {
  boot(boot: HostBoot): void
  opened(open: boolean): void
  identify(claim: Claim): void
  logout(): void
}

export interface Bridge {
  /** False when the panel was opened as a page of its own. */
  embedded: boolean
  send(message: ToHost): void
}

/** The origin of the page around us, where the browser tells. */
function hostOrigin(): string | null {
  const ancestor = location.ancestorOrigins?.[0]
  if (ancestor) return ancestor
  try {
    return new URL(document.referrer).origin
  } catch {
    return null
  }
}

export function connectHost(events: HostEvents): Bridge {
  const embedded = window.parent !== window
  let port: MessagePort | null = null
  let early: ToHost[] = []
  const expected = hostOrigin()

  window.addEventListener('message', (event: MessageEvent<{ t?: string; boot?: HostBoot } | null>) => {
    const given = event.ports[0]
    if (port || !given || event.source !== window.parent || event.data?.t !== 'switchboard:port') return
    if (expected && event.origin !== expected) return
    port = given
    port.onmessage = ({ data }: MessageEvent<FromHost>) => {
      if (data.t === 'identify') {
        if (typeof data.identity?.user_id === 'string') events.identify({ identity: data.identity, hmac: data.hmac })
      } else if (data.t === 'logout') events.logout()
      else events.opened(data.t === 'open')
    }
    if (event.data.boot) events.boot(event.data.boot)
    for (const message of early) port.postMessage(message)
    early = []
  })
  // Holds no secret, and the host's origin may be unknown here.
  if (embedded) window.parent.postMessage('switchboard:ready', '*')

  return {
    embedded,
    send(message) {
      if (port) port.postMessage(message)
      else early.push(message)
    },
  }
}
