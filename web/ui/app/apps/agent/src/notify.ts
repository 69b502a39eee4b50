// Toasts: short news, and errors that say the cure.

import type { ButtonProps } from '@nuxt/ui'
import { useToast } from '@nuxt/ui/composables'
import { RequestError } from '@switchboard/core'
import { error_text, t } from '@switchboard/i18n'
import { ApiError } from './api'

export function describe(error: unknown): string {
  if (error instanceof ApiError) return error_text(error.code, error.detail)
  if (error instanceof RequestError) return error_text(error.code, error.message)
  return t.errors.internal!
}

export function useNotify() {
  const toast = useToast()
  // Not "Close": that is what the button of the conversation says.
  const close = { 'aria-label': t.actions.dismiss } as ButtonProps
  return {
    done(text: string, undo?: () => void) {
      toast.add({
        title: text,
        color: 'success',
        close,
        icon: 'i-lucide-circle-check',
        duration: undo ? 8_000 : 3_000,
        actions: undo
          ? [{ label: t.actions.undo, color: 'neutral' as const, variant: 'outline' as const, onClick: undo }]
          : undefined,
      })
    },
    /** `go` is a way to what the error is about. */
    failed(error: unknown, go?: { label: string; run: () => void }) {
      toast.add({
        title: t.error_title,
        description: describe(error),
        color: 'error',
        close,
        icon: 'i-lucide-triangle-alert',
        duration: 10_000,
        actions: go ? [{ label: go.label, color: 'neutral' as const, variant: 'outline' as const, onClick: go.run }] : undefined,
      })
    },
    /** Something happened elsewhere, with a way there. */
    news(title: string, description: string, label: string, go: () => void) {
      toast.add({
        title,
        description,
        color: 'info',
        close,
        icon: 'i-lucide-at-sign',
        duration: 10_000,
        actions: [{ label, color: 'neutral' as const, variant: 'outline' as const, onClick: go }],
      })
    },
    say(text: string) {
      toast.add({ title: text, color: 'warning', close, icon: 'i-lucide-info', duration: 6_000 })
    },
  }
}
