//! Passwords: argon2id on blocking threads, a few at a time, so that logins cannot starve the server.

use crate::error::ApiError;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// 19 MiB, two passes, one lane: what OWASP asks for at least.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes computed at once.
const PARALLEL: usize = 2;
/// Logins that may wait for their turn before others are told to come back.
const WAITING: usize = 64;

pub const SHORTEST: usize = 10;
pub const LONGEST: usize = 128;

/// What everybody tries first.
const KNOWN: [&str; 24] = [
    "password",
    "password1",
    "password123",
    "passw0rd",
    "12345678",
    "123456789",
    "1234567890",
    "11111111",
    "00000000",
    "qwertyui",
    "qwerty123",
    "qwertyuiop",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "letmein1",
    "welcome1",
    "trustno1",
    "superman",
    "switchboard",
    "changeme",
    "administrator",
];

pub struct Passwords {
    turns: Semaphore,
    queue: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(PARALLEL), queue: Semaphore::new(WAITING) }
    }
}

impl Passwords {
    /// Whether `password` is the one behind `hash`. Without a hash it takes the same time and is wrong.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.compute(move || {
            let known = hash.is_some();
            let hash = hash.as_deref().unwrap_or(&NOBODY);
            known & matches(&password, hash)
        })
        .await
    }

    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.compute(move || hash(&password))
            .await?
            .ok_or_else(|| ApiError::internal("a password could not be hashed"))
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let _place = self.queue.try_acquire().map_err(|_| ApiError::rate_limited(2))?;
        let _turn = self.turns.acquire().await.map_err(ApiError::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
    }
}

/// Why a new password will not do, as a sentence.
pub fn weakness(password: &str, context: &[&str]) -> Option<String> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let borrowed = context.iter().any(|word| word.chars().count() >= 4 && lower == word.to_lowercase());
    if length < SHORTEST {
        Some(format!("must have at least {SHORTEST} characters"))
    } else if length > LONGEST {
        Some(format!("may have at most {LONGEST} characters"))
    } else if KNOWN.contains(&lower.as_str()) || borrowed {
        Some("is one of the first that anybody would try".to_owned())
    } else {
        None
    }
}

/// For the command line, where nothing else waits.
pub fn hash(password: &str) -> Option<String> {
    let hash: PasswordHash = argon2()?.hash_password(password.as_bytes()).ok()?;
    Some(hash.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    argon2().is_some_and(|argon2| argon2.verify_password(password.as_bytes(), &hash).is_ok())
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Stands in for the hash of somebody who does not exist.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn only_the_right_password_opens() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horsf".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("nobody has this password".to_owned(), None).await.unwrap());
    }

    #[test]
    fn weak_passwords_are_named() {
        for weak in ["short", "Password1", &"x".repeat(129), "Bean & Leaf"] {
            assert!(weakness(weak, &["bean & leaf"]).is_some(), "{weak}");
        }
        assert_eq!(weakness("switchboard-demo", &[]), None);
    }
}
