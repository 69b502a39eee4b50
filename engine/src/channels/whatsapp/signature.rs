//! Proofs that a webhook comes from Meta or 360dialog. Always over the bytes received, always compared in constant time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Whether `header` (`X-Hub-Signature-256: sha256=<hex>`) is `raw` signed with the app secret. Without a secret nobody is believed.
pub fn verify(app_secret: &str, header: Option<&str>, raw: &[u8]) -> bool {
    let Some(hex_digest) = header.and_then(|h| h.trim().strip_prefix("sha256=")) else { return false };
    let Ok(digest) = hex::decode(hex_digest) else { return false };
    is_hmac(app_secret, &digest, raw)
}

/// Whether `header` (`x-360dialog-signature`) is `raw` signed with the platform secret. Its encoding is not published: hex or base64.
pub fn verify_dialog360(platform_secret: &str, header: Option<&str>, raw: &[u8]) -> bool {
    let Some(header) = header.map(str::trim) else { return false };
    let encoded = header.strip_prefix("sha256=").unwrap_or(header);
    let Ok(digest) = hex::decode(encoded).or_else(|_| STANDARD.decode(encoded)) else { return false };
    is_hmac(platform_secret, &digest, raw)
}

/// Whether the header we asked 360dialog to send carries the value we chose.
pub fn verify_static_header(expected: &str, given: Option<&str>) -> bool {
    given.is_some_and(|given| is_secret(expected, given))
}

/// Answers Meta's `GET` handshake: the challenge to send back as plain text, or `None` when the token is not ours (403).
/// `query` is the raw query string: `hub.mode=subscribe&hub.challenge=…&hub.verify_token=…`.
pub fn handshake(query: &str, expected_token: &str) -> Option<String> {
    let find = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let subscribes = find("hub.mode")? == "subscribe";
    let knows_us = is_secret(expected_token, &find("hub.verify_token")?);
    if subscribes && knows_us { find("hub.challenge") } else { None }
}

fn is_hmac(secret: &str, digest: &[u8], raw: &[u8]) -> bool {
    if secret.is_empty() {
        return false;
    }
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.chain_update(raw).verify_slice(digest).is_ok()
}

fn is_secret(expected: &str, given: &str) -> bool {
    !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: &str = "0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914";

    #[test]
    fn a_signature_needs_secret_header_prefix_and_the_whole_digest() {
        let good = format!("sha256={TEST}");
        assert!(verify("secret", Some(&good), b"test"));
        for (secret, header, body) in [
            ("", Some(good.as_str()), "test"),
            ("secret", None, "test"),
            ("secret", Some(TEST), "test"),
            ("secret", Some("sha256="), "test"),
            ("secret", Some("sha256=zz"), "test"),
            ("secret", Some(good.get(..40).unwrap()), "test"),
            ("secret", Some(&good), "Test"),
            ("Secret", Some(&good), "test"),
        ] {
            assert!(!verify(secret, header, body.as_bytes()), "{secret:?} {header:?} {body:?}");
        }
    }

    #[test]
    fn dialog360_may_write_hex_or_base64() {
        let base64 = STANDARD.encode(hex::decode(TEST).unwrap());
        for header in [TEST, &format!("sha256={TEST}"), &base64] {
            assert!(verify_dialog360("secret", Some(header), b"test"), "{header}");
            assert!(!verify_dialog360("secret", Some(header), b"tesT"), "{header}");
            assert!(!verify_dialog360("", Some(header), b"test"), "{header}");
        }
        assert!(!verify_dialog360("secret", None, b"test"));
        assert!(verify_static_header("s3cret", Some("s3cret")));
        assert!(!verify_static_header("s3cret", Some("s3cre")));
        assert!(!verify_static_header("s3cret", None));
        assert!(!verify_static_header("", Some("")));
    }

    #[test]
    fn the_handshake_gives_the_challenge_to_those_who_know_the_token() {
        let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock";
        assert_eq!(handshake(query, "meatyhamhock").as_deref(), Some("1158201444"));
        assert_eq!(handshake(query, "other"), None);
        assert_eq!(handshake(query, ""), None);
        assert_eq!(handshake(&query.replace("subscribe", "unsubscribe"), "meatyhamhock"), None);
        assert_eq!(handshake("hub.mode=subscribe&hub.verify_token=", ""), None);
        assert_eq!(handshake("", "x"), None);
    }
}
