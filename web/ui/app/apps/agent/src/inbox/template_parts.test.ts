import { describe, expect, it } from 'vitest'
import { template_parts } from './template_parts'

const template = {
  id: '1',
  name: 'order_update',
  language: 'en',
  preview: 'Hi Jo, your order {{2}} is {{3}}.\n[Track]',
  vars: [
    { key: '1', label: 'First name', value: 'Jo' },
    { key: '2', label: 'Order', value: null },
    { key: '3', label: 'State', value: null },
  ],
}
const text = (values: Record<string, string>) =>
  template_parts(template, values)
    .map((part) => (part.missing ? `<${part.text}>` : part.text))
    .join('')

describe('S4-15: the preview of a template', () => {
  it('marks what is missing by its label', () => {
    expect(text({ '1': 'Jo' })).toBe('Hi Jo, your order <Order> is <State>.\n[Track]')
  })
  it('shows what is typed', () => {
    expect(text({ '1': 'Jo', '2': 'A-17', '3': 'shipped' })).toBe('Hi Jo, your order A-17 is shipped.\n[Track]')
  })
  it('shows a known value that is changed or emptied', () => {
    expect(text({ '1': 'Ms Marsh', '2': 'A-17', '3': '$&' })).toBe('Hi Ms Marsh, your order A-17 is $&.\n[Track]')
    expect(text({ '1': '', '2': 'A', '3': 'B' })).toBe('Hi <First name>, your order A is B.\n[Track]')
  })
})
