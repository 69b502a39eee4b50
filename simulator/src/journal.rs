//! What the providers accepted, in order: the oracle of "sent exactly once".

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde::Serialize;

use crate::lock::lock;

/// One send a provider answered with success (or accepted and then kept silent about).
#[derive(Clone, Debug, Serialize)]
pub struct Accepted {
    /// `wamid.…` or `SM…`/`MM…`.
    pub id: Arc<str>,
    /// The account's key.
    pub account: Arc<str>,
    /// The customer, digits only with a leading `+`.
    pub to: Arc<str>,
    /// `text`, `image`, `template`, …; `sms` or `mms` for Twilio.
    pub kind: &'static str,
    /// The text, the caption, or the rendered template.
    pub body: Arc<str>,
    /// By the simulator's clock.
    #[serde(skip)]
    pub at: SystemTime,
    /// `biz_opaque_callback_data`; for Twilio the query of the `StatusCallback` URL.
    pub attempt_key: Option<Arc<str>>,
    /// Accepted, but it will fail with this code in a later callback.
    pub undeliverable: Option<u32>,
}

#[derive(Default)]
pub(crate) struct Journal {
    entries: Mutex<Vec<Accepted>>,
}

impl Journal {
    pub(crate) fn append(&self, entry: Accepted) {
        lock(&self.entries).push(entry);
    }

    pub(crate) fn since(&self, position: usize) -> Vec<Accepted> {
        lock(&self.entries).get(position..).map(<[Accepted]>::to_vec).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.entries).len()
    }

    pub(crate) fn clear(&self) {
        lock(&self.entries).clear();
    }
}
