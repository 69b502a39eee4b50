// Countries for the set-up form: codes here, names from the browser in the reader's language.

const CODES =
  'AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GG GH GI GL GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MR MS MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PR PS PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WS XK YE ZA ZM ZW'

export interface Country {
  code: string
  name: string
}

export function countries(): Country[] {
  const names = new Intl.DisplayNames(undefined, { type: 'region' })
  return CODES.split(' ')
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** The country of the browser's language setting, if it names one. */
export function likely_country(): string {
  for (const language of navigator.languages) {
    const region = new Intl.Locale(language).region
    if (region && CODES.includes(region)) return region
  }
  return ''
}

export function time_zones(): string[] {
  const zones = Intl.supportedValuesOf('timeZone')
  const own = likely_time_zone()
  return zones.includes(own) ? zones : [own, ...zones]
}

export function likely_time_zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}
