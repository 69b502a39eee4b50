// Which parts the server has; screens show nothing that it cannot do.

export const built = {
  /** Lists beyond the first, snooze, notes, deleting, drafts on the server, many at once, new conversations. */
  life: true,
  /** Retry and cancel of one message, holds. */
  sending: true,
  /** Template messages and saved replies. */
  templates: true,
  /** A template as the first message of a conversation. */
  template_start: true,
  /** Search in lists and everywhere. */
  search: true,
  transcripts: true,
}
