import { describe, expect, it } from 'vitest'
import { shown_name, shown_number, spaced } from '@switchboard/core'

const phone = '+447400123456'

describe('how a customer is called', () => {
  it.each([
    [{ name: 'Robin Hill', name_is_placeholder: false, profile_name: 'Robi', phone }, 'Robin Hill', '+44 7400 123456'],
    [{ name: phone, name_is_placeholder: true, profile_name: 'Robin', phone }, '~Robin', '+44 7400 123456'],
    [{ name: phone, name_is_placeholder: true, profile_name: null, phone }, '+44 7400 123456', ''],
    [{ name: 'Visitor 3f2a', name_is_placeholder: true, profile_name: 'Robin', phone: null }, '~Robin', ''],
    [{ name: 'Visitor 3f2a', name_is_placeholder: true }, 'Visitor 3f2a', ''],
  ])('%o', (contact, name, number) => {
    expect([shown_name(contact), shown_number(contact)]).toEqual([name, number])
  })

  it.each([
    ['+442079460003', '+44 2079 460003'],
    ['+12125550123', '+1 212 555 0123'],
    ['+4930123456', '+49 301 234 56'],
    ['+12425550123', '+1242 555 0123'],
    ['Visitor', 'Visitor'],
    ['', ''],
  ])('%s is written %s', (number, written) => expect(spaced(number)).toBe(written))
})
