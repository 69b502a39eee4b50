//! Proof that a callback comes from Twilio: base64 HMAC-SHA1 over the public URL and the form's fields.
//!
//! The URL must come from configuration, not from the `Host` header: whoever calls chooses that one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// Whether `header` (`X-Twilio-Signature`) signs this request. `public_url` is the configured origin and path with the query as received.
/// Forms are signed with their fields; other bodies by a `bodySHA256` in the query. Without a token nobody is believed.
pub fn verify(
    auth_token: &str,
    header: Option<&str>,
    public_url: &str,
    raw: &[u8],
    content_type: &str,
) -> bool {
    let Some(Ok(signature)) = header.map(|header| STANDARD.decode(header.trim())) else { return false };
    if auth_token.is_empty() {
        return false;
    }
    let fields = if is_form(content_type) {
        signed_fields(raw)
    } else if raw.is_empty() || is_body_of(public_url, raw) {
        String::new()
    } else {
        return false;
    };
    url_variants(public_url).iter().any(|url| is_hmac(auth_token, &signature, url, &fields))
}

fn is_hmac(auth_token: &str, signature: &[u8], url: &str, fields: &str) -> bool {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()) else { return false };
    mac.chain_update(url).chain_update(fields).verify_slice(signature).is_ok()
}

fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Names and values without separators, sorted by name; a repeated name gives its distinct values, sorted.
fn signed_fields(form: &[u8]) -> String {
    let mut fields: BTreeMap<Cow<'_, str>, BTreeSet<Cow<'_, str>>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(form) {
        fields.entry(name).or_default().insert(value);
    }
    let mut signed = String::new();
    for (name, values) in &fields {
        for value in values {
            signed.push_str(name);
            signed.push_str(value);
        }
    }
    signed
}

/// Whether the query's `bodySHA256` is the hash of `raw`.
fn is_body_of(url: &str, raw: &[u8]) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let stated = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "bodySHA256");
    let Some(Ok(stated)) = stated.map(|(_, hash)| hex::decode(hash.as_bytes())) else { return false };
    bool::from(Sha256::digest(raw).as_slice().ct_eq(&stated))
}

/// The ways Twilio writes one URL: as configured, without and with port, each also with the query encoded as a browser does.
fn url_variants(url: &str) -> BTreeSet<String> {
    // The fragment holds Twilio's own connection settings and is not sent.
    let sent = url.split_once('#').map_or(url, |(sent, _)| sent);
    let mut variants = BTreeSet::from([url.to_owned(), sent.to_owned()]);
    if let Some((before, host, port, after)) = split_port(sent) {
        let default = if before.starts_with("https") { "443" } else { "80" };
        let port = port.unwrap_or(default);
        variants.insert(format!("{before}{host}{after}"));
        variants.insert(format!("{before}{host}:{port}{after}"));
    }
    let encoded: Vec<String> = variants.iter().map(|url| with_browser_query(url)).collect();
    variants.extend(encoded);
    variants
}

/// "https://user:pass@host:1/path" -> ("https://user:pass@", "host", Some("1"), "/path").
fn split_port(url: &str) -> Option<(&str, &str, Option<&str>, &str)> {
    let after_scheme = url.find("://")? + 3;
    let authority_end =
        url.get(after_scheme..)?.find(['/', '?']).map_or(url.len(), |length| after_scheme + length);
    let authority = url.get(after_scheme..authority_end)?;
    let host_start = after_scheme + authority.rfind('@').map_or(0, |at| at + 1);
    let host_and_port = url.get(host_start..authority_end)?;
    // "[::1]:80": the colons inside the brackets are not the port's.
    let colon =
        host_and_port.rfind(':').filter(|colon| host_and_port.rfind(']').is_none_or(|end| end < *colon));
    let (host, port) = match colon {
        Some(colon) => (host_and_port.get(..colon)?, host_and_port.get(colon + 1..)),
        None => (host_and_port, None),
    };
    Some((url.get(..host_start)?, host, port, url.get(authority_end..)?))
}

fn with_browser_query(url: &str) -> String {
    let Some((before, query)) = url.split_once('?') else { return url.to_owned() };
    let mut encoded = format!("{before}?");
    for byte in query.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\'') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_url_has_its_variants() {
        let variants = |url: &str| url_variants(url).into_iter().collect::<Vec<_>>();
        assert_eq!(
            variants("https://u:p@x.example/a?b='c'#rc=2"),
            [
                "https://u:p@x.example/a?b=%27c%27",
                "https://u:p@x.example/a?b=%27c%27#rc=2",
                "https://u:p@x.example/a?b='c'",
                "https://u:p@x.example/a?b='c'#rc=2",
                "https://u:p@x.example:443/a?b=%27c%27",
                "https://u:p@x.example:443/a?b='c'",
            ]
        );
        assert_eq!(variants("http://x.example:81"), ["http://x.example", "http://x.example:81"]);
        assert_eq!(variants("http://[::1]/"), ["http://[::1]/", "http://[::1]:80/"]);
        assert_eq!(variants("nonsense"), ["nonsense"]);
    }

    #[test]
    fn a_signature_needs_token_header_and_a_known_body() {
        let url = "https://x.example/hook";
        let mac = Hmac::<Sha1>::new_from_slice(b"token").unwrap().chain_update(url).chain_update("A1B2");
        let header = STANDARD.encode(mac.finalize().into_bytes());
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        assert!(verify("token", Some(&header), url, b"B=2&A=1&A=1", form));
        assert!(!verify("token", Some(&header), url, b"B=2&A=3", form));
        assert!(!verify("token", Some(&header), url, b"B=2&A=1", "text/plain"));
        assert!(!verify("", Some(&header), url, b"B=2&A=1", form));
        assert!(!verify("token", None, url, b"B=2&A=1", form));
        assert!(!verify("token", Some("%"), url, b"B=2&A=1", form));
    }
}
