//! Which translation of a template comes first: the contact's language, then the business's, then the first there is.

use super::Template;
use std::cmp::Reverse;

/// Groups templates by name, in the order of names; within a name the best language first, the others by their code.
pub fn order(templates: &mut [Template], contact: Option<&str>, business: Option<&str>) {
    templates.sort_by(|a, b| {
        let key = |one: &Template| (one.name.clone(), Reverse(fitness(&one.language, contact, business)));
        key(a).cmp(&key(b)).then_with(|| a.language.cmp(&b.language)).then_with(|| a.id.cmp(&b.id))
    });
}

/// The one of several translations to offer.
pub fn pick<'a>(
    languages: impl IntoIterator<Item = &'a str>,
    contact: Option<&str>,
    business: Option<&str>,
) -> Option<&'a str> {
    let mut best: Option<(u8, &str)> = None;
    for language in languages {
        let fit = fitness(language, contact, business);
        if best.is_none_or(|(known, _)| fit > known) {
            best = Some((fit, language));
        }
    }
    best.map(|(_, language)| language)
}

/// The same language and country is best, the same language next; the contact's wish before the business's.
fn fitness(language: &str, contact: Option<&str>, business: Option<&str>) -> u8 {
    let like = |wish: Option<&str>, exact: u8, near: u8| match wish {
        Some(wish) if same(wish, language) => exact,
        Some(wish) if same(primary(wish), primary(language)) => near,
        _ => 0,
    };
    like(contact, 4, 3).max(like(business, 2, 1))
}

/// "en_GB" and "en-gb" are the same.
fn same(a: &str, b: &str) -> bool {
    a.replace('-', "_").eq_ignore_ascii_case(&b.replace('-', "_"))
}

fn primary(language: &str) -> &str {
    language.split(['_', '-']).next().unwrap_or(language)
}

/// The language a business most likely writes in, from its country; `None` where several are equally likely.
pub fn of_country(country: &str) -> Option<&'static str> {
    const COUNTRIES: [(&str, &str); 24] = [
        ("GB", "en_GB"),
        ("IE", "en_GB"),
        ("US", "en_US"),
        ("AU", "en_GB"),
        ("NZ", "en_GB"),
        ("DE", "de"),
        ("AT", "de"),
        ("FR", "fr"),
        ("ES", "es_ES"),
        ("MX", "es_MX"),
        ("AR", "es_AR"),
        ("CO", "es"),
        ("CL", "es"),
        ("IT", "it"),
        ("NL", "nl"),
        ("PT", "pt_PT"),
        ("BR", "pt_BR"),
        ("PL", "pl"),
        ("SE", "sv"),
        ("NO", "nb"),
        ("DK", "da"),
        ("FI", "fi"),
        ("TR", "tr"),
        ("JP", "ja"),
    ];
    COUNTRIES.iter().find(|(code, _)| code.eq_ignore_ascii_case(country)).map(|(_, language)| *language)
}
