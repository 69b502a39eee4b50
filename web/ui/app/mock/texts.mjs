// The mock's templates.

const template = (id, name, language, header, body, vars, buttons = []) => ({
  id, name, language, body,
  header: header && { type: 'text', text: header },
  buttons: buttons.map((text) => ({ type: 'quick_reply', text })),
  vars: vars.map(([key, label, value]) => ({ key, label, value })),
  preview: [header, vars.reduce((text, [key, , value]) => (value ? text.replace(`{{${key}}}`, value) : text), body), ...buttons.map((text) => `[${text}]`)].filter(Boolean).join('\n'),
})

export const TEMPLATES = {
  registered: [
    template('t1', 'welcome', 'en_GB', 'Harbour Outfitters', 'Hello {{1}}, thank you for your order. Reply here if we can help.', [['1', 'First name', 'Tom']], ['Track my order']),
    template('t2', 'order_update', 'en_GB', null, 'Hi {{1}}, your order {{2}} is {{3}}.', [['1', 'First name', 'Tom'], ['2', 'Order number', null], ['3', 'State', null]]),
    template('t3', 'order_update', 'de', null, 'Hallo {{1}}, Ihre Bestellung {{2}} ist {{3}}.', [['1', 'Vorname', 'Tom'], ['2', 'Bestellnummer', null], ['3', 'Stand', null]]),
  ],
  saved: [],
}
