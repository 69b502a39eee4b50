// Plain attributes that templates may put on components: they fall through to the root element.
// With `strictTemplates` everything else that a component does not know is an error.

import 'vue'

declare module 'vue' {
  interface AllowedComponentProps {
    title?: string
    role?: string
    spellcheck?: 'true' | 'false'
    inputmode?: 'numeric' | 'text'
    'aria-hidden'?: boolean
    'aria-label'?: string
    'aria-labelledby'?: string
    'aria-describedby'?: string
    'aria-pressed'?: boolean
    'aria-expanded'?: boolean
    'aria-controls'?: string
    'aria-disabled'?: boolean
  }
}
