// Other programs: API tokens and webhooks.

import type { components } from '@switchboard/api'
import { ask, rest } from '../rest'

export type Token = components['schemas']['ApiToken']
export type Webhook = components['schemas']['Webhook']
export type Delivery = components['schemas']['WebhookDelivery']

const of = (id: string) => ({ params: { path: { id } } })

export const tokens = {
  list: () => ask(rest.GET('/api/v1/tokens')),
  create: (body: { name: string; scopes: string[]; expires_at: string | null }) => ask(rest.POST('/api/v1/tokens', { body })),
  revoke: (id: string) => ask(rest.DELETE('/api/v1/tokens/{id}', of(id))),
}

export const webhooks = {
  list: () => ask(rest.GET('/api/v1/webhooks')),
  create: (body: { url: string; events: string[] }) => ask(rest.POST('/api/v1/webhooks', { body })),
  change: (id: string, body: { url?: string; events?: string[]; enabled?: boolean }) => ask(rest.PATCH('/api/v1/webhooks/{id}', { ...of(id), body })),
  remove: (id: string) => ask(rest.DELETE('/api/v1/webhooks/{id}', of(id))),
  renew: (id: string) => ask(rest.POST('/api/v1/webhooks/{id}/secret', of(id))),
  ping: (id: string) => ask(rest.POST('/api/v1/webhooks/{id}/ping', of(id))),
  deliveries: (id: string, after?: string) =>
    ask(rest.GET('/api/v1/webhooks/{id}/deliveries', { params: { path: { id }, query: after ? { after } : {} } })),
  resend: (id: string, delivery_id: string) =>
    ask(rest.POST('/api/v1/webhooks/{id}/deliveries/{delivery_id}/resend', { params: { path: { id, delivery_id } } })),
}
