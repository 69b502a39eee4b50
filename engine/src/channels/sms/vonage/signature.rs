//! Proof that a callback comes from Vonage: the parameter `sig` over all the others, with the account's signature secret.
//!
//! The signed `timestamp` is not compared with our clock: Vonage repeats a callback for a day, and a repeat of a genuine one is harmless.

use super::params::Params;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

/// How the account signs, as its dashboard calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Md5Hash,
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Method {
    pub const ALL: [Self; 5] = [Self::Md5Hash, Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5Hash => "md5hash",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// Whether `sig` among the parameters signs the others. Without a secret nobody is believed.
pub fn verify(secret: &str, method: Method, params: &Params) -> bool {
    let Some(given) = params.raw("sig").and_then(|sig| hex::decode(sig.trim()).ok()) else { return false };
    sign(secret, method, params).is_some_and(|expected| bool::from(expected.ct_eq(&given)))
}

/// The signature's bytes; `None` without a secret.
pub fn sign(secret: &str, method: Method, params: &Params) -> Option<Vec<u8>> {
    if secret.is_empty() {
        return None;
    }
    let mut base = String::new();
    for (name, value) in params.iter().filter(|(name, _)| *name != "sig") {
        base.extend(["&", name, "=", &value.replace(['&', '='], "_")]);
    }
    let (secret, base) = (secret.as_bytes(), base.as_bytes());
    match method {
        Method::Md5Hash => Some(Md5::new().chain_update(base).chain_update(secret).finalize().to_vec()),
        Method::Md5 => mac::<Hmac<Md5>>(secret, base),
        Method::Sha1 => mac::<Hmac<Sha1>>(secret, base),
        Method::Sha256 => mac::<Hmac<Sha256>>(secret, base),
        Method::Sha512 => mac::<Hmac<Sha512>>(secret, base),
    }
}

fn mac<M: Mac + KeyInit>(secret: &[u8], base: &[u8]) -> Option<Vec<u8>> {
    let mac = <M as KeyInit>::new_from_slice(secret).ok()?;
    Some(mac.chain_update(base).finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_believed_without_a_secret_or_a_signature() {
        let mut params: Params = [("text".to_owned(), "Hi".to_owned())].into_iter().collect();
        assert!(!verify("secret", Method::Sha256, &params), "no signature");
        for method in Method::ALL {
            let sig = hex::encode_upper(sign("secret", method, &params).unwrap());
            let all = params.iter().map(|(n, v)| (n.to_owned(), v.to_owned()));
            let signed: Params = all.chain([("sig".to_owned(), sig)]).collect();
            assert!(verify("secret", method, &signed), "{method:?}");
            assert!(!verify("other", method, &signed), "{method:?}");
            assert!(!verify("", method, &signed), "{method:?}");
        }
        params = [("sig".to_owned(), String::new())].into_iter().collect();
        assert!(!verify("", Method::Md5Hash, &params));
    }
}
