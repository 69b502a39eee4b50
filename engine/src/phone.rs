//! Phone numbers: one canonical form, E.164 with a plus sign, from whatever people and providers write.
//!
//! A number is accepted when it is possible; whether it is valid is only a hint, because new ranges exist before the tables know them.
//! Error: [`PhoneProblem`].

use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A phone number as "+447400123456".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(String);

impl E164 {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits without plus sign, as WhatsApp writes numbers.
    pub fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or(&self.0)
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A number somebody typed or imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    pub number: E164,
    /// False when the number is possible but in no known range: warn, do not refuse.
    pub is_valid: bool,
}

/// Why an input is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneProblem {
    Empty,
    /// Letters: a sender name, or a number spelled as a word.
    NotDigits,
    /// No country code, and the business has no known home country.
    UnknownCountry,
    TooShort,
    TooLong,
    /// No such country code, or no number has this form.
    Impossible,
}

impl PhoneProblem {
    /// Stable code for the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "phone_empty",
            Self::NotDigits => "phone_not_digits",
            Self::UnknownCountry => "phone_unknown_country",
            Self::TooShort => "phone_too_short",
            Self::TooLong => "phone_too_long",
            Self::Impossible => "phone_impossible",
        }
    }
}

impl fmt::Display for PhoneProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "There is no phone number.",
            Self::NotDigits => "A phone number has digits only.",
            Self::UnknownCountry => "Write the number with its country code, for example +44 7400 123456.",
            Self::TooShort => "The phone number is too short.",
            Self::TooLong => "The phone number is too long.",
            Self::Impossible => "There is no such phone number.",
        })
    }
}

impl std::error::Error for PhoneProblem {}

/// Reads a number as people write it. Without country code it belongs to `home_country` ("GB").
pub fn parse(input: &str, home_country: &str) -> Result<Phone, PhoneProblem> {
    // Nothing this long is a number; the limit bounds the cost of what follows.
    if input.chars().nth(LONGEST_INPUT).is_some() {
        return Err(PhoneProblem::TooLong);
    }
    let folded = fold(input);
    let written = folded.trim();
    let written = written.strip_prefix("tel:").unwrap_or(written);
    if written.is_empty() {
        return Err(PhoneProblem::Empty);
    }
    if !written.chars().any(|c| c.is_ascii_digit()) || written.chars().any(char::is_alphabetic) {
        return Err(PhoneProblem::NotDigits);
    }
    let home = home_country.trim().to_ascii_uppercase().parse::<phonenumber::country::Id>().ok();
    if home.is_none() && !written.starts_with('+') {
        return Err(PhoneProblem::UnknownCountry);
    }
    let number = phonenumber::parse(home, written).map_err(|error| problem(&error))?;
    let number_text = number.format().mode(phonenumber::Mode::E164).to_string();
    let canonical = from_digits(&number_text).ok_or(PhoneProblem::Impossible)?;
    Ok(Phone { number: canonical, is_valid: number.is_valid() })
}

/// The number a provider's id is ("447400123456", plus sign optional). No tables, no regular expressions: fit for every webhook.
/// `None` for short codes, names and everything else that is not 7 to 15 digits.
pub fn from_digits(digits: &str) -> Option<E164> {
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let fits = (7..=15).contains(&digits.len());
    let is_number = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    (fits && is_number).then(|| E164(format!("+{digits}")))
}

const LONGEST_INPUT: usize = 64;

/// Full-width forms become plain (NFKC), digits of every script become 0-9, dashes and blanks become simple, invisible marks go.
fn fold(input: &str) -> String {
    input.nfkc().filter(|c| !is_invisible(*c)).map(|c| digit(c).unwrap_or_else(|| plain(c))).collect()
}

/// Address books wrap numbers in direction marks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// The ASCII digit a decimal digit of any living script stands for. Unicode puts each script's ten digits in a row.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 22] = [
        0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
        0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0xFF10,
    ];
    let code = u32::from(c);
    let zero = ZEROS.into_iter().find(|zero| (*zero..zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

fn problem(error: &phonenumber::ParseError) -> PhoneProblem {
    use phonenumber::ParseError;
    match error {
        ParseError::TooLong => PhoneProblem::TooLong,
        ParseError::TooShortNsn | ParseError::TooShortAfterIdd => PhoneProblem::TooShort,
        _ => PhoneProblem::Impossible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: Result<&str, PhoneProblem>) {
        let number = parse(input, "GB").map(|phone| phone.number.into_string());
        assert_eq!(number, expected.map(str::to_owned), "{input:?}");
    }

    #[test]
    fn people_write_numbers_in_many_ways() {
        for input in [
            "07400 123456",
            "+44 (0)7400 123456",
            "tel:+447400123456",
            "\u{202a}+44 7400\u{a0}123456\u{202c}",
            "+44 7400\u{2011}123456",
            "＋４４７４００１２３４５６",
            "٠٧٤٠٠١٢٣٤٥٦",
            "+۴۴۷۴۰۰۱۲۳۴۵۶",
            "०७४००१२३४५६",
        ] {
            check(input, Ok("+447400123456"));
        }
    }

    #[test]
    fn what_is_not_a_number_is_named() {
        check("", Err(PhoneProblem::Empty));
        check(" \u{200b} ", Err(PhoneProblem::Empty));
        check("AMAZON", Err(PhoneProblem::NotDigits));
        check("1-800-FLOWERS", Err(PhoneProblem::NotDigits));
        check("+-()", Err(PhoneProblem::NotDigits));
        check(&"1".repeat(65), Err(PhoneProblem::TooLong));
        assert_eq!(parse("07400123456", ""), Err(PhoneProblem::UnknownCountry));
        assert_eq!(parse("07400123456", "Narnia"), Err(PhoneProblem::UnknownCountry));
        assert_eq!(
            parse("+447400123456", "").map(|p| p.number.digits().to_owned()),
            Ok("447400123456".to_owned())
        );
    }

    #[test]
    fn a_possible_number_is_taken_with_a_warning() {
        let drama = parse("+447700900123", "GB").unwrap();
        assert_eq!((drama.number.as_str(), drama.is_valid), ("+447700900123", false));
        assert!(parse("07400123456", "gb").unwrap().is_valid);
    }

    #[test]
    fn provider_ids_are_digits() {
        let number = |text| from_digits(text).map(E164::into_string);
        assert_eq!(number("447400123456").as_deref(), Some("+447400123456"));
        assert_eq!(number("+447400123456").as_deref(), Some("+447400123456"));
        for not in
            ["", "+", "12345", "PHONE_NUMBER", "US.134", "1234567890123456", "0447400123456", "44 7400123"]
        {
            assert_eq!(number(not), None, "{not:?}");
        }
    }
}
