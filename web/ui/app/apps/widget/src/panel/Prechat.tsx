// What the business asks before the first message. The browser checks what it can; the server has the last word.
import type { Chat } from './chat'
import { texts } from './texts'

const kinds: Record<string, 'email' | 'tel'> = { email: 'email', phone: 'tel' }
const known: Record<string, string> = { name: 'name', email: 'email', phone: 'tel' }

export function Prechat({ chat }: { chat: Chat }) {
  const t = texts.value
  const fields = chat.widget.value.prechat?.fields ?? []

  function submit(event: SubmitEvent): void {
    event.preventDefault()
    const given = new FormData(event.currentTarget as HTMLFormElement)
    const answers: Record<string, string> = {}
    for (const { name } of fields) {
      const answer = String(given.get(name) ?? '').trim()
      if (answer) answers[name] = answer
    }
    chat.introduce(answers)
  }

  return (
    <form class="prechat" onSubmit={submit}>
      <p>{t.introduce}</p>
      {fields.map(({ name, label, required }) => (
        <label key={name}>
          {required ? label : t.optional(label)}
          <input
            name={name}
            type={kinds[name] ?? 'text'}
            autocomplete={known[name] ?? 'off'}
            required={required}
            maxLength={500}
            list={undefined}
          />
        </label>
      ))}
      <button type="submit">{t.start}</button>
    </form>
  )
}
