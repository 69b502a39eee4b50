//! What somebody chose in WhatsApp itself: one object of `user_preferences[]`, marketing messages stopped or wanted again.

use super::loose::{Loose, object};
use super::parse::number_or_id;
use crate::channels::{Event, Preference};
use crate::consent::ConsentState;
use crate::contact::{Identity, IdentityKind};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    wa_id: Loose<'a>,
    #[serde(borrow, default)]
    user_id: Loose<'a>,
    #[serde(borrow, default)]
    category: Loose<'a>,
    #[serde(borrow, default)]
    value: Loose<'a>,
    #[serde(borrow, default)]
    detail: Loose<'a>,
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
}

/// The event one choice is; `Malformed` keeps what could not be understood.
pub(super) fn event(raw: &RawValue) -> Event {
    let malformed = |reason: String| Event::Malformed { reason, raw: raw.get().to_owned() };
    let choice: Choice<'_> = match object(raw.get()) {
        Ok(choice) => choice,
        Err(error) => return malformed(format!("preference: {error}")),
    };
    if choice.category.as_str() != "marketing_messages" {
        return Event::Ignored { reason: "whatsapp_other_preference" };
    }
    let state = match choice.value.as_str() {
        "stop" => ConsentState::OptedOut,
        "resume" => ConsentState::OptedIn,
        other => return malformed(format!("preference: unknown value {other:?}")),
    };
    let user = choice.user_id.text().and_then(|id| Identity::new(IdentityKind::WhatsappUser, id));
    let of: Vec<Identity> =
        [user, choice.wa_id.text().and_then(number_or_id)].into_iter().flatten().collect();
    if of.is_empty() {
        return malformed("preference: of nobody".to_owned());
    }
    let (at, detail) = (choice.timestamp.moment(), choice.detail.text());
    Event::Preference(Preference { of, state, detail, at })
}
