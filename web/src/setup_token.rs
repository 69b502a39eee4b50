//! The one-time token of the first-run set-up: printed on the console, good once.

use rand::Rng;
use std::sync::{Mutex, PoisonError};

pub struct SetupToken(Mutex<Option<String>>);

impl SetupToken {
    /// A fresh token, when set-up is still to be done.
    pub fn new(needed: bool) -> Self {
        let mut random = [0; 16];
        rand::rng().fill_bytes(&mut random);
        Self(Mutex::new(needed.then(|| hex::encode(random))))
    }

    /// What to print.
    pub fn show(&self) -> Option<String> {
        self.slot().clone()
    }

    pub fn is_open(&self) -> bool {
        self.slot().is_some()
    }

    /// Takes the token out of use if `given` is it. Whoever fails afterwards puts it back with [`SetupToken::restore`].
    pub fn take(&self, given: &str) -> Option<String> {
        use sha2::{Digest, Sha256};
        let mut slot = self.slot();
        // Hashes of both differ early and unpredictably, so the comparison's time says nothing.
        let same = slot.as_ref().is_some_and(|token| Sha256::digest(token) == Sha256::digest(given));
        if same { slot.take() } else { None }
    }

    pub fn restore(&self, token: String) {
        *self.slot() = Some(token);
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_once() {
        let setup = SetupToken::new(true);
        let token = setup.show().unwrap();
        assert_eq!(setup.take("guess"), None);
        assert_eq!(setup.take(&token), Some(token.clone()));
        assert_eq!(setup.take(&token), None);
        assert!(!setup.is_open() && !SetupToken::new(false).is_open());
    }
}
