// Asks before unsaved changes are left behind: inside the app by our dialog, on closing the tab by the browser's.

import { onBeforeUnmount, onMounted, type Ref } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'
import { s } from '@switchboard/i18n/settings'
import { confirm } from '../confirm'
import { session } from '../../session'

export function useUnsaved(dirty: Ref<boolean>): void {
  const leave = async () => {
    // Who was signed out cannot save any more.
    if (!dirty.value || !session.value) return true
    return confirm({ title: s.unsaved.title, text: s.unsaved.text, action: s.unsaved.leave, danger: true, cancel: s.unsaved.stay })
  }
  onBeforeRouteLeave(leave)
  onBeforeRouteUpdate(leave)

  const unload = (event: BeforeUnloadEvent) => {
    if (dirty.value) event.preventDefault()
  }
  onMounted(() => window.addEventListener('beforeunload', unload))
  onBeforeUnmount(() => window.removeEventListener('beforeunload', unload))
}
