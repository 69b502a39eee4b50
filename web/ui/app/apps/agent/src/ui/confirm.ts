// One question at a time: `await confirm({...})` shows the dialog that ConfirmDialog.vue draws.

import { shallowRef } from 'vue'

export interface Question {
  title: string
  text: string
  /** The label of the button that says yes. */
  action: string
  danger?: boolean
  cancel?: string
}

export interface Asked {
  question: Question
  answer(yes: boolean): void
}

export const asked = shallowRef<Asked | null>(null)

export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false)
  return new Promise((resolve) => {
    asked.value = {
      question,
      answer(yes) {
        asked.value = null
        resolve(yes)
      },
    }
  })
}
