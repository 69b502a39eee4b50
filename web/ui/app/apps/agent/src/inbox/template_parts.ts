// The preview of a template while its blanks are filled in: what is known stands in it already, blanks are {{key}}.

import type { Template } from '@switchboard/protocol'

export interface Part {
  text: string
  missing: boolean
}

export function template_parts(template: Template, values: Record<string, string>): Part[] {
  let text = template.preview
  // A value that was filled in by the server and is changed here is changed in the preview too, where it is plain which one it is.
  for (const { key, value } of template.vars) {
    const now = values[key]?.trim() ?? ''
    if (value && now !== value && text.split(value).length === 2) text = text.replace(value, () => now || `{{${key}}}`)
  }
  const labels = new Map(template.vars.map(({ key, label }) => [key, label]))
  return text
    .split(/(\{\{[^{}]+\}\})/)
    .filter(Boolean)
    .map((piece) => {
      const key = /^\{\{([^{}]+)\}\}$/.exec(piece)?.[1]?.trim()
      if (key === undefined || !labels.has(key)) return { text: piece, missing: false }
      const value = values[key]?.trim()
      return value ? { text: value, missing: false } : { text: labels.get(key) || key, missing: true }
    })
}
