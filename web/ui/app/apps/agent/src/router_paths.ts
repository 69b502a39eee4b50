// The addresses of the inbox: which list, with which conditions, and the open conversation.

import type { LocationQuery, LocationQueryRaw, RouteParams } from 'vue-router'
import { VIEWS, type Listing } from '@switchboard/core'
import type { Id } from '@switchboard/protocol'

export const PLACES = [...VIEWS, 'user', 'deleted'].join('|')

/** The conditions as they stand in the address. */
const NAMES = { user_id: 'user', channel_id: 'channel', assignee_id: 'assignee', from: 'from', to: 'to', q: 'q' } as const

export function listing_of(params: RouteParams, query: LocationQuery): Listing {
  const listing: Listing = { view: params.view as Listing['view'] }
  for (const [key, name] of Object.entries(NAMES)) {
    const value = query[name]
    if (typeof value === 'string' && value) listing[key as keyof typeof NAMES] = value
  }
  return listing
}

export function query_of(listing: Listing): LocationQueryRaw {
  return Object.fromEntries(
    Object.entries(NAMES).flatMap(([key, name]) => {
      const value = listing[key as keyof typeof NAMES]
      return value ? [[name, value]] : []
    }),
  )
}

export function place_of(listing: Listing, conversation_id?: Id | null) {
  return { path: `/inbox/${listing.view}${conversation_id ? `/${conversation_id}` : ''}`, query: query_of(listing) }
}
