//! The vault: credentials at rest are sealed with XChaCha20-Poly1305, bound to the row they belong to.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::Rng;

/// Seals and opens; `Debug` shows nothing.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    /// Opens what the key before sealed.
    previous: Option<XChaCha20Poly1305>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

const NONCE: usize = 24;

impl Vault {
    pub fn new(key: [u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&Key::from(key)), previous: None }
    }

    /// The same, opening what `previous` sealed, too.
    #[must_use]
    pub fn after(self, previous: Option<[u8; 32]>) -> Self {
        Self { previous: previous.map(|key| XChaCha20Poly1305::new(&Key::from(key))), ..self }
    }

    /// Seals `value` for row `row` of `table`; it opens nowhere else.
    pub fn seal_json(&self, table: &str, row: i64, value: &serde_json::Value) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let place = format!("{table}|{row}");
        let text = value.to_string();
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        // Encryption in memory fails only beyond 256 GiB.
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [&nonce[..], &sealed[..]].concat()
    }

    /// `sealed` with the present key, if it is the key before that it opens with.
    pub fn reseal(&self, table: &str, row: i64, sealed: &[u8]) -> Option<Vec<u8>> {
        let previous = self.previous.as_ref()?;
        if sealed.is_empty() || open(&self.cipher, table, row, sealed).is_some() {
            return None;
        }
        open(previous, table, row, sealed).map(|value| self.seal_json(table, row, &value))
    }

    /// `None` when the key is another one, the row is another one, or a byte was changed. Nothing stored opens as `null`.
    pub fn open_json(&self, table: &str, row: i64, sealed: &[u8]) -> Option<serde_json::Value> {
        if sealed.is_empty() {
            return Some(serde_json::Value::Null);
        }
        open(&self.cipher, table, row, sealed)
            .or_else(|| self.previous.as_ref().and_then(|previous| open(previous, table, row, sealed)))
    }
}

fn open(cipher: &XChaCha20Poly1305, table: &str, row: i64, sealed: &[u8]) -> Option<serde_json::Value> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let nonce: [u8; NONCE] = nonce.try_into().ok()?;
    let place = format!("{table}|{row}");
    let text = cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: place.as_bytes() }).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_before_opens_and_is_replaced() {
        let secret = serde_json::json!({"token": "t0p"});
        let old = Vault::new([1; 32]).seal_json("channel", 7, &secret);
        let vault = Vault::new([2; 32]).after(Some([1; 32]));
        assert_eq!(vault.open_json("channel", 7, &old), Some(secret.clone()));
        let renewed = vault.reseal("channel", 7, &old).unwrap();
        assert_eq!(Vault::new([2; 32]).open_json("channel", 7, &renewed), Some(secret));
        assert_eq!(vault.reseal("channel", 7, &renewed), None, "nothing to do twice");
        assert_eq!(vault.reseal("channel", 8, &old), None, "another row");
        assert_eq!(Vault::new([2; 32]).reseal("channel", 7, &old), None);
        assert_eq!(vault.reseal("channel", 7, b""), None);
    }

    #[test]
    fn what_is_sealed_opens_only_with_its_key_in_its_row() {
        let vault = Vault::new([1; 32]);
        let secret = serde_json::json!({"token": "t0p"});
        let sealed = vault.seal_json("channel", 7, &secret);
        assert!(!sealed.windows(3).any(|window| window == b"t0p"));
        assert_eq!(vault.open_json("channel", 7, &sealed), Some(secret));
        assert_eq!(vault.open_json("channel", 8, &sealed), None);
        assert_eq!(Vault::new([2; 32]).open_json("channel", 7, &sealed), None);
        let mut tampered = sealed.clone();
        tampered[30] ^= 1;
        assert_eq!(vault.open_json("channel", 7, &tampered), None);
        assert_eq!(vault.open_json("channel", 7, &sealed[..10]), None);
    }
}
