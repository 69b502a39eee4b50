// How a business tells its customers where to write: the link that opens the chat, and the HTML around it.

export interface Line {
  kind: string
  name: string
  phone?: string | null
}

const digits = (phone: string) => phone.replace(/\D/g, '')

const escape = (text: string) =>
  text.replace(/[&<>"']/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[one]!)

/** Opens a chat with this number, `greeting` already written; nothing where there is no number to write to. */
export function chat_link({ kind, phone }: Line, greeting: string): string {
  const number = digits(phone ?? '')
  if (!number) return ''
  const text = encodeURIComponent(greeting.trim())
  if (kind === 'whatsapp') return `https://wa.me/${number}${text ? `?text=${text}` : ''}`
  // RFC 5724; the separator before the body is read by iOS and Android alike.
  if (kind === 'sms') return `sms:+${number}${text ? `?&body=${text}` : ''}`
  return ''
}

/** A button for a web page: one tag, styled in place, no script. */
export function button_html(link: string, label: string): string {
  return `<a href="${escape(link)}" target="_blank" rel="noopener" style="display:inline-block;padding:10px 18px;border-radius:8px;background:#0f766e;color:#fff;font:600 16px/1.25 system-ui,sans-serif;text-decoration:none">${escape(label)}</a>`
}

/** A line for an e-mail signature: mail programs keep nothing but plain tags. */
export function signature_html(link: string, label: string, phone: string): string {
  return `<p style="margin:8px 0 0;font:14px/1.4 Arial,sans-serif;color:#374151"><a href="${escape(link)}" style="color:#0f766e">${escape(label)}</a>: ${escape(phone)}</p>`
}
