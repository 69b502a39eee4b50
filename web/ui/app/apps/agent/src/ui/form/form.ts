// A form: its values, what is wrong with them, whether something is unsaved, and sending them once.

import { computed, nextTick, reactive, ref, shallowRef } from 'vue'
import { t } from '@switchboard/i18n'
import { s } from '@switchboard/i18n/settings'
import { ApiError } from '../../api'
import { describe } from '../../notify'

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** What an error of these pages means: their own texts first, then those of the inbox. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return describe(error)
  return s.errors[error.code]?.(error.facts) ?? (t.errors[error.code] ? describe(error) : error.detail || describe(error))
}

/** Puts the cursor into the first field with something wrong. */
export async function go_to_wrong(): Promise<void> {
  await nextTick()
  document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
}

export function useForm<T extends object>(initial: T) {
  const values = reactive(copy(initial)) as T
  const saved = shallowRef(JSON.stringify(initial))
  const wrong = reactive<Record<string, string | undefined>>({})
  const busy = ref(false)
  const problem = ref('')
  const dirty = computed(() => JSON.stringify(values) !== saved.value)

  function clear() {
    problem.value = ''
    for (const key of Object.keys(wrong)) wrong[key] = undefined
  }

  /** Takes these as the saved values. */
  function reset(next: T = values) {
    Object.assign(values, copy(next))
    saved.value = JSON.stringify(values)
    clear()
  }

  /** Puts the saved values back. */
  function revert() {
    reset(JSON.parse(saved.value) as T)
  }

  function refuse(error: unknown) {
    problem.value = explain(error)
    if (!(error instanceof ApiError)) return
    const fields = Object.entries(error.fields)
    for (const [field, text] of fields) wrong[field] = sentence(text)
    if (error.code !== 'validation' || !fields.length) return
    // What no field of the form can show is said in full.
    const elsewhere = fields.filter(([field]) => !(field.split('.')[0]! in values))
    problem.value = elsewhere.length ? elsewhere.map(([field, text]) => `${sentence(field.replaceAll('_', ' '))}: ${text}.`).join(' ') : ''
  }

  /** Sends once at a time. Undefined when the server refused: the form then says why. */
  async function submit<R>(send: (values: T) => Promise<R>): Promise<R | undefined> {
    if (busy.value) return undefined
    clear()
    busy.value = true
    try {
      return await send(values)
    } catch (error) {
      refuse(error)
      await go_to_wrong()
      return undefined
    } finally {
      busy.value = false
    }
  }

  /** Says what is wrong with a field, and goes there. */
  function mark(name: string, text: string) {
    clear()
    wrong[name] = text
    void go_to_wrong()
  }

  /** Marks what is empty; true when everything is there. */
  function require(...names: (keyof T & string)[]): boolean {
    clear()
    for (const name of names) if (!String(values[name] ?? '').trim()) wrong[name] = t.setup.required
    const complete = names.every((name) => !wrong[name])
    if (!complete) void go_to_wrong()
    return complete
  }

  return { values, wrong, busy, problem, dirty, reset, revert, clear, refuse, submit, require, mark }
}
