// Keyboard shortcuts: the table, and the matcher that turns key presses into actions.
// Single-character keys can be switched off (WCAG 2.1.4) and never fire while somebody types.

export type Action =
  | 'next'
  | 'previous'
  | 'open'
  | 'back'
  | 'reply'
  | 'attend'
  | 'assign'
  | 'close_reopen'
  | 'snooze'
  | 'note'
  | 'mark_unread'
  | 'select'
  | 'new'
  | 'search'
  | 'palette'
  | 'go_team'
  | 'go_mine'
  | 'go_sent'
  | 'go_unassigned'
  | 'go_pending'
  | 'go_snoozed'
  | 'go_closed'
  | 'go_all'
  | 'help'

export interface Shortcut {
  action: Action
  /** Keys as they are shown; a sequence has two. */
  keys: readonly string[]
  /** Works with single-character shortcuts switched off. */
  always?: boolean
}

export const SHORTCUTS: readonly Shortcut[] = [
  { action: 'next', keys: ['j'] },
  { action: 'previous', keys: ['k'] },
  { action: 'open', keys: ['o'] },
  { action: 'back', keys: ['Escape'], always: true },
  { action: 'back', keys: ['u'] },
  { action: 'reply', keys: ['r'] },
  { action: 'attend', keys: ['a'] },
  { action: 'assign', keys: ['A'] },
  { action: 'close_reopen', keys: ['e'] },
  { action: 'snooze', keys: ['s'] },
  { action: 'note', keys: ['n'] },
  { action: 'mark_unread', keys: ['m'] },
  { action: 'select', keys: ['x'] },
  { action: 'new', keys: ['c'] },
  { action: 'search', keys: ['/'] },
  { action: 'palette', keys: ['Control', 'k'], always: true },
  { action: 'go_team', keys: ['g', 't'] },
  { action: 'go_mine', keys: ['g', 'm'] },
  { action: 'go_sent', keys: ['g', 's'] },
  { action: 'go_unassigned', keys: ['g', 'u'] },
  { action: 'go_pending', keys: ['g', 'p'] },
  { action: 'go_snoozed', keys: ['g', 'z'] },
  { action: 'go_closed', keys: ['g', 'c'] },
  { action: 'go_all', keys: ['g', 'a'] },
  { action: 'help', keys: ['?'] },
]

export interface KeyPress {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  /** The focus is in a field, a menu or a dialog that uses keys itself. */
  typing: boolean
}

const SEQUENCE_MS = 1_200

export class ShortcutMatcher {
  private first: { key: string; at: number } | null = null

  constructor(
    private readonly enabled: () => boolean,
    private readonly now: () => number = Date.now,
  ) {}

  match(press: KeyPress): Action | null {
    // The palette opens from everywhere, also from the reply box: its keys write nothing.
    if ((press.ctrlKey || press.metaKey) && !press.altKey && press.key.toLowerCase() === 'k') return 'palette'
    if (press.ctrlKey || press.metaKey || press.altKey) return null
    if (press.typing) return null
    const started = this.first
    this.first = null
    if (started && this.enabled() && this.now() - started.at <= SEQUENCE_MS) {
      const found = SHORTCUTS.find((s) => s.keys.length === 2 && !s.always && s.keys[0] === started.key && s.keys[1] === press.key)
      if (found) return found.action
    }
    if (this.enabled() && SHORTCUTS.some((s) => s.keys.length === 2 && !s.always && s.keys[0] === press.key)) {
      this.first = { key: press.key, at: this.now() }
      return null
    }
    const found = SHORTCUTS.find((s) => s.keys.length === 1 && s.keys[0] === press.key)
    return found && (found.always || this.enabled()) ? found.action : null
  }
}
