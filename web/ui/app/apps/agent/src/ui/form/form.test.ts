import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '../../api'
import { useForm } from './form'

vi.mock('../../notify', () => ({ describe: () => 'described' }))

const refused = (fields: Record<string, string>) => new ApiError(422, 'validation', 'is wrong', fields)

describe('what a form was refused for', () => {
  it('stands at the fields, and nowhere else when all of it does', () => {
    const form = useForm({ code: '' })
    form.refuse(refused({ code: 'is wrong' }))
    expect(form.wrong.code).toBe('Is wrong')
    expect(form.problem.value).toBe('')
  })

  it('is said below the form where no field can show it', () => {
    const form = useForm({ code: '' })
    form.refuse(refused({ code: 'is wrong', time_zone: 'is unknown' }))
    expect(form.problem.value).toBe('Time zone: is unknown.')
  })
})
