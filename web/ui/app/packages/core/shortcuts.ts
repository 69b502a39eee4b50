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
  | 'mark_unread'
  | 'go_team'
  | 'go_mine'
  | 'go_unassigned'
  | 'go_closed'
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
  { action: 'mark_unread', keys: ['m'] },
  { action: 'go_team', keys: ['g', 't'] },
  { action: 'go_mine', keys: ['g', 'm'] },
  { action: 'go_unassigned', keys: ['g', 'u'] },
  { action: 'go_closed', keys: ['g', 'c'] },
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
    if (press.ctrlKey || press.metaKey || press.altKey) return null
    if (press.typing) return null
    const started = this.first
    this.first = null
    if (started && this.enabled() && this.now() - started.at <= SEQUENCE_MS) {
      const found = SHORTCUTS.find((s) => s.keys.length === 2 && s.keys[0] === started.key && s.keys[1] === press.key)
      if (found) return found.action
    }
    if (this.enabled() && SHORTCUTS.some((s) => s.keys.length === 2 && s.keys[0] === press.key)) {
      this.first = { key: press.key, at: this.now() }
      return null
    }
    const found = SHORTCUTS.find((s) => s.keys.length === 1 && s.keys[0] === press.key)
    return found && (found.always || this.enabled()) ? found.action : null
  }
}
