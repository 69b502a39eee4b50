// Everything of the client that is not a screen, without any framework.

export * from './backoff'
export * from './drafts'
export * from './linkify'
export * from './outbox'
export * from './rows'
export * from './shortcuts'
export * from './socket'
export * from './storage'
export * from './ticks'
export * from './time'
export * from './timeline'
export * from './window'
