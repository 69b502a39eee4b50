//! How each provider proves that a callback is its own. The fixtures in `tests/` are vectors from other projects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

/// The value of Meta's `X-Hub-Signature-256` for these raw bytes.
pub fn hub_signature(app_secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hex::encode(hmac_sha256(app_secret.as_bytes(), body)))
}

/// The value of `X-Twilio-Signature`: the URL, then name and value of every parameter, sorted; exact repetitions
/// count once.
pub fn twilio_signature(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = params.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut signed = String::from(url);
    for (name, value) in sorted {
        signed.push_str(name);
        signed.push_str(value);
    }
    STANDARD.encode(hmac_sha1(auth_token.as_bytes(), signed.as_bytes()))
}

/// The `sig` of Vonage's callbacks as an account with HMAC-SHA256 makes it: every parameter, sorted by name.
pub fn vonage_signature(secret: &str, params: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = params.iter().collect();
    sorted.sort();
    let mut signed = String::new();
    for (name, value) in sorted {
        signed.extend(["&", name, "=", &value.replace(['&', '='], "_")]);
    }
    hex::encode_upper(hmac_sha256(secret.as_bytes(), signed.as_bytes()))
}

/// JSON text the way Meta writes and signs it: pure ASCII, lower-case `\uXXXX` escapes, slashes escaped.
///
/// A product that verifies a re-serialised copy instead of the raw bytes fails on these.
pub fn escape_non_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str("\\u");
                    out.push_str(&hex::encode(unit.to_be_bytes()));
                }
            }
        }
    }
    out
}

#[expect(clippy::expect_used, reason = "HMAC accepts keys of any length")]
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[expect(clippy::expect_used, reason = "HMAC accepts keys of any length")]
fn hmac_sha1(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("any key length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
