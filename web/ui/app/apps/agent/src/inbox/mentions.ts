// Completing @names in a text field: which colleagues fit, and the keys while the list is open.

import { computed, nextTick, ref, useId, watch, type Ref } from 'vue'
import { matching, mention_at, mentioned, type Person } from '@switchboard/core'
import type { Id } from '@switchboard/protocol'
import { useWorkspace } from './workspace'

export function useMentions(text: Ref<string>, field: Ref<HTMLTextAreaElement | undefined>, on: Ref<boolean>) {
  const workspace = useWorkspace()
  const list_id = useId()
  const found = ref<{ start: number; query: string } | null>(null)
  const at = ref(0)

  const everybody = computed<Person[]>(() =>
    workspace.members.value
      .filter((user) => user.id !== workspace.user.id)
      .map((user) => ({ id: user.id, name: `${user.first_name} ${user.last_name}`.trim() })),
  )
  const people = computed(() => (found.value ? matching(everybody.value, found.value.query).slice(0, 8) : []))
  const open = computed(() => on.value && people.value.length > 0)

  watch(on, (now) => {
    found.value = null
    if (now && !workspace.members.value.length) workspace.load_members().catch(() => undefined)
  })
  watch(people, () => (at.value = 0))
  watch(text, () => void nextTick(look))

  function look() {
    const element = field.value
    const now = on.value && element ? mention_at(text.value, element.selectionStart) : null
    if (now?.start !== found.value?.start || now?.query !== found.value?.query) found.value = now
  }

  function take(person: Person) {
    const it = found.value
    if (!it) return
    const end = it.start + 1 + it.query.length
    const name = `@${person.name} `
    text.value = text.value.slice(0, it.start) + name + text.value.slice(end)
    found.value = null
    void nextTick(() => {
      field.value?.focus()
      field.value?.setSelectionRange(it.start + name.length, it.start + name.length)
    })
  }

  /** True when the key was for the list. */
  function key(event: KeyboardEvent): boolean {
    if (!open.value) return false
    const last = people.value.length - 1
    const steps: Record<string, () => void> = {
      ArrowDown: () => (at.value = at.value === last ? 0 : at.value + 1),
      ArrowUp: () => (at.value = at.value === 0 ? last : at.value - 1),
      Enter: () => take(people.value[at.value]!),
      Tab: () => take(people.value[at.value]!),
      Escape: () => (found.value = null),
    }
    const step = steps[event.key]
    if (!step || event.shiftKey) return false
    event.preventDefault()
    event.stopPropagation()
    step()
    return true
  }

  /** Everybody named in the text as it stands. */
  const ids = (): Id[] => mentioned(text.value, everybody.value)

  return { list_id, people, open, at, look, take, key, ids }
}
