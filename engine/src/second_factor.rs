//! The second factor: codes of an authenticator app (RFC 6238: HMAC-SHA1, six digits, thirty seconds) and recovery codes for a lost phone.
//!
//! A code is good once: whoever accepts one remembers its step and hands it in with the next.

use crate::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// As RFC 4226 recommends for HMAC-SHA1.
pub const SECRET: usize = 20;
/// Letters of a recovery code: 60 random bits.
pub const RECOVERY: usize = 12;
/// Recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;

const STEP_SECONDS: i64 = 30;
/// Clocks of phones are a little off.
const SKEW: i64 = 1;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step a code belongs to, when it is right at `now` and later than the last one that was accepted.
pub fn accept(secret: &[u8], code: &str, now: Timestamp, last_step: i64) -> Option<i64> {
    let given: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let present = now.0.div_euclid(1_000_000 * STEP_SECONDS);
    (present - SKEW..=present + SKEW)
        .filter(|step| *step > last_step)
        .find(|step| bool::from(at_step(secret, *step).as_bytes().ct_eq(given.as_bytes())))
}

/// The code of a step.
pub fn at_step(secret: &[u8], step: i64) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    let hash = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
    // The last nibble says where the four bytes of the code begin (RFC 4226, 5.3).
    let offset = usize::from(hash.last().copied().unwrap_or(0) & 0x0f);
    let bytes = hash.iter().skip(offset).take(4);
    let number = bytes.fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// Base32 without padding, as authenticator apps read secrets.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        (held, bits) = (held << 8 | u32::from(*byte), bits + 8);
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

fn letter(number: u32) -> char {
    ALPHABET.get((number & 31) as usize).copied().map_or('A', char::from)
}

/// What an authenticator app scans or opens.
pub fn uri(issuer: &str, account: &str, secret: &[u8]) -> String {
    let encode =
        |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (issuer, account) = (encode(issuer), encode(account));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        base32(secret)
    )
}

/// A recovery code as it is shown: three groups of four.
pub fn recovery_code(random: [u8; RECOVERY]) -> String {
    let letters: String = random.iter().map(|byte| letter(u32::from(*byte))).collect();
    let group = |from: usize| letters.chars().skip(from).take(4).collect::<String>();
    format!("{}-{}-{}", group(0), group(4), group(8))
}

/// A recovery code as people type it, made plain; `None` when it cannot be one.
pub fn plain_recovery_code(typed: &str) -> Option<String> {
    let plain: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    let fits = plain.len() == RECOVERY && plain.bytes().all(|byte| ALPHABET.contains(&byte));
    fits.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET_OF_THE_RFC: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in vectors {
            assert_eq!(accept(SECRET_OF_THE_RFC, code, at(seconds), 0), Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute_and_a_half() {
        let code = at_step(SECRET_OF_THE_RFC, 1000);
        for (seconds, last_step, wanted) in [
            (30_000, 0, Some(1000)),
            (30_030, 999, Some(1000)),
            (29_970, 0, Some(1000)),
            (30_000, 1000, None),
            (30_060, 0, None),
            (29_969, 0, None),
        ] {
            assert_eq!(accept(SECRET_OF_THE_RFC, &code, at(seconds), last_step), wanted, "{seconds}");
        }
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        assert_eq!(accept(SECRET_OF_THE_RFC, &spaced, at(30_000), 0), Some(1000));
        for bad in ["", "1", "0000000", "abcdef"] {
            assert_eq!(accept(SECRET_OF_THE_RFC, bad, at(30_000), 0), None, "{bad}");
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn recovery_codes_survive_being_typed() {
        let shown = recovery_code([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 30, 31]);
        assert_eq!(shown, "ABCD-EFGH-IJ67");
        assert_eq!(plain_recovery_code(" abcd efgh-ij67 ").as_deref(), Some("ABCDEFGHIJ67"));
        for bad in ["", "ABCD", "ABCD-EFGH-IJ10", "123456"] {
            assert_eq!(plain_recovery_code(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_uri_names_the_business_and_the_account() {
        let uri = uri("Bean & Leaf", "ann@x.test", b"foobar");
        assert_eq!(
            uri,
            "otpauth://totp/Bean%20%26%20Leaf:ann%40x.test?secret=MZXW6YTBOI&issuer=Bean%20%26%20Leaf&algorithm=SHA1&digits=6&period=30"
        );
    }
}
