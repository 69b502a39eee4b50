//! Proofs: a keyed hash that shows that a text came from this installation. Used for visitor tokens and links that need no login.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Lower-case hex HMAC-SHA256 of `text`.
pub fn sign(key: &[u8; 32], text: &str) -> String {
    hex::encode(mac(key, text).finalize().into_bytes())
}

/// Whether `proof` is [`sign`]'s for this text; takes the same time for every wrong one.
pub fn verify(key: &[u8; 32], text: &str, proof: &str) -> bool {
    hex::decode(proof).is_ok_and(|proof| mac(key, text).verify_slice(&proof).is_ok())
}

fn mac(key: &[u8; 32], text: &str) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros to the block length; doing so here leaves nothing that could fail.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_text_and_key_only() {
        let proof = sign(&[7; 32], "visitor|5|abc");
        assert!(verify(&[7; 32], "visitor|5|abc", &proof));
        assert!(!verify(&[7; 32], "visitor|5|abd", &proof));
        assert!(!verify(&[8; 32], "visitor|5|abc", &proof));
        for bad in ["", "zz", &proof[..62]] {
            assert!(!verify(&[7; 32], "visitor|5|abc", bad));
        }
    }
}
