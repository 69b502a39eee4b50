// What a button of a page does: it asks first if need be, calls the server, says what came of it, and has the page loaded again.

import { ref } from 'vue'
import { useNotify } from '../../notify'
import { confirm, type Question } from '../confirm'
import { explain } from './form'

export interface Doing<T> {
  call: () => Promise<T>
  /** Which button shows that it is under way: `busy` holds this meanwhile. */
  of?: string
  ask?: Question
  /** What to say when it is done. */
  done?: string
}

/** `load` comes after a failure, too: what was refused may be gone, or another's by now. */
export function useRun(load?: () => Promise<unknown>) {
  const notify = useNotify()
  const busy = ref('')

  async function attempt<T>(what: () => Promise<T>): Promise<T | undefined> {
    try {
      return await what()
    } catch (error) {
      notify.say(explain(error))
      return undefined
    }
  }

  /** What the server answered; undefined when it refused, or when the answer to the question was no. */
  async function run<T>({ call, of = '', ask, done }: Doing<T>): Promise<T | undefined> {
    if (ask && !(await confirm(ask))) return undefined
    busy.value = of
    const answer = await attempt(async () => {
      const found = await call()
      if (done) notify.done(done)
      return found
    })
    if (load) await attempt(load)
    // Another button may have been pressed meanwhile: its wheel turns on.
    if (busy.value === of) busy.value = ''
    return answer
  }

  return { busy, run }
}
