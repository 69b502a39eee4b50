// What each provider needs to be told, in the order in which people find it in the provider's own console.

import { s } from '@switchboard/i18n/settings'
import type { ChannelKind } from '@switchboard/protocol'

export type Provider = 'cloud_api' | 'dialog360' | 'twilio' | 'vonage' | 'http_sms' | 'widget'

export interface Secret {
  name: string
  /** Made here and copied to the provider, not the other way round. */
  ours?: boolean
}

export interface Setting {
  name: string
  kind: 'text' | 'number' | 'choice' | 'switch'
  options?: string[]
  /** What holds when nothing is written. */
  usual?: string
  required?: boolean
}

export interface ProviderForm {
  provider: Provider
  kind: ChannelKind
  address: 'phone_number_id' | 'number' | 'sender' | null
  secrets: Secret[]
  settings: Setting[]
  /** Settings few people need; folded away. */
  rare: Setting[]
}

const pace: Setting = { name: 'messages_per_second', kind: 'number' }
const text = (name: string, usual?: string, required = false): Setting => ({ name, kind: 'text', usual, required })

export const PROVIDERS: ProviderForm[] = [
  {
    provider: 'cloud_api',
    kind: 'whatsapp',
    address: 'phone_number_id',
    secrets: [{ name: 'access_token' }, { name: 'app_secret' }, { name: 'verify_token', ours: true }],
    settings: [text('waba_id')],
    rare: [text('base_url', 'https://graph.facebook.com'), text('api_version', 'v23.0'), pace],
  },
  {
    provider: 'dialog360',
    kind: 'whatsapp',
    address: 'phone_number_id',
    secrets: [{ name: 'api_key' }, { name: 'webhook_secret', ours: true }],
    settings: [],
    rare: [text('base_url', 'https://waba-v2.360dialog.io'), text('webhook_header', 'x-switchboard-secret'), pace],
  },
  {
    provider: 'twilio',
    kind: 'sms',
    address: 'number',
    secrets: [{ name: 'account_sid' }, { name: 'auth_token' }],
    settings: [{ name: 'mms', kind: 'switch' }],
    rare: [text('base_url', 'https://api.twilio.com'), pace],
  },
  {
    provider: 'vonage',
    kind: 'sms',
    address: 'sender',
    secrets: [{ name: 'api_key' }, { name: 'api_secret' }, { name: 'signature_secret' }],
    settings: [{ name: 'signature_method', kind: 'choice', options: ['md5hash', 'md5', 'sha1', 'sha256', 'sha512'], usual: 'md5hash' }],
    rare: [text('base_url', 'https://rest.nexmo.com'), pace],
  },
  {
    provider: 'http_sms',
    kind: 'sms',
    address: 'sender',
    secrets: [{ name: 'token' }, { name: 'webhook_secret', ours: true }],
    settings: [
      text('send_url', 'https://', true),
      { name: 'body_format', kind: 'choice', options: ['json', 'form'], usual: 'json' },
      {
        name: 'token_header',
        kind: 'choice',
        options: ['authorization', 'x-api-key', 'x-auth-token', 'api-key', 'apikey', 'x-access-token'],
        usual: 'authorization',
      },
    ],
    rare: [
      text('id_path', 'id'),
      text('to_field', 'to'),
      text('from_field', 'from'),
      text('text_field', 'text'),
      text('reference_field', 'reference'),
      text('callback_field', 'callback_url'),
      text('media_field', 'media'),
      text('secret_header', 'x-switchboard-secret'),
      text('check_url'),
      pace,
      { name: 'mms', kind: 'switch' },
    ],
  },
  { provider: 'widget', kind: 'webchat', address: null, secrets: [], settings: [], rare: [] },
]

export const form_of = (provider: string): ProviderForm | undefined => PROVIDERS.find((one) => one.provider === provider)

/** What a channel has, as its form holds it: a line of text for everything but switches. */
export function settings_of({ settings, rare }: ProviderForm, kept: Record<string, unknown>): Record<string, unknown> {
  const shown = ({ name, kind }: Setting) => (kind === 'switch' ? kept[name] === true : String(kept[name] ?? ''))
  return Object.fromEntries([...settings, ...rare].map((one) => [one.name, shown(one)]))
}

/** The way back. What is empty is taken off. */
export function written_settings(fields: Setting[], values: Record<string, unknown>): [string, unknown][] {
  const written = ({ name, kind }: Setting) => {
    const value = values[name]
    if (typeof value !== 'string') return value ?? null
    const text = value.trim()
    if (!text) return null
    // What is no number goes as it is, and is refused with its name.
    return kind === 'number' && Number.isFinite(Number(text)) ? Number(text) : text
  }
  return fields.map((one) => [one.name, written(one)])
}

/** The server names the setting within its sentence: that goes to the field, where there is one. */
export function place_errors(wrong: Record<string, string | undefined>, fields: { name: string }[]): void {
  const text = wrong.settings
  const field = fields.find(({ name }) => text?.toLowerCase().startsWith(`${name} `))
  if (!field) return
  wrong[field.name] = s.channels.senseless
  wrong.settings = undefined
}

/** A secret of ours: long enough that nobody guesses it, and nothing that a console would refuse. */
export function random_secret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
