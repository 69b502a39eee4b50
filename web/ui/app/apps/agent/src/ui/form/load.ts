// Something a page needs from the server: loading, there, or failed with a way to try again.

import { ref, shallowRef } from 'vue'
import { explain } from './form'

export function useLoad<T>(fetch: () => Promise<T>) {
  const data = shallowRef<T | null>(null)
  const failed = ref('')
  let turn = 0

  async function load(): Promise<void> {
    const mine = ++turn
    failed.value = ''
    try {
      const found = await fetch()
      // An older answer must not overwrite a newer one.
      if (mine === turn) data.value = found
    } catch (error) {
      if (mine === turn) failed.value = explain(error)
    }
  }

  return { data, failed, load }
}
