// Putting a text into a text field where the cursor stands.

import { nextTick, type Ref } from 'vue'

/** In the place of what is marked, or at the end where there is no field; the cursor goes behind it. */
export function put_in(text: Ref<string>, field: HTMLTextAreaElement | null | undefined, what: string): void {
  const start = field?.selectionStart ?? text.value.length
  const end = field?.selectionEnd ?? start
  text.value = text.value.slice(0, start) + what + text.value.slice(end)
  void nextTick(() => {
    field?.focus({ preventScroll: true })
    field?.setSelectionRange(start + what.length, start + what.length)
  })
}
