//! What people said about being written to.

use super::clean;
use crate::statement::statement;
use diesel::sql_types::{BigInt, Nullable, Text};
use std::borrow::Cow;
use switchboard_engine::consent::Consent;
use switchboard_engine::ids::ContactId;

statement! {
    /// The newest word stays, in whatever order they are heard.
    insert "consent" NewConsent['a] {
        contact_id: i64 => BigInt,
        channel_kind: &'a str => Text,
        channel_id: i64 => BigInt,
        topic: &'a str => Text,
        state: &'a str => Text,
        source: &'a str => Text,
        evidence: Option<Cow<'a, str>> => Nullable<Text>,
        at: i64 => BigInt,
    } "ON CONFLICT (contact_id, channel_kind, channel_id, topic) DO UPDATE SET state = excluded.state, \
       source = excluded.source, evidence = excluded.evidence, at = excluded.at WHERE excluded.at >= consent.at"
}

impl<'a> NewConsent<'a> {
    pub(crate) fn of(contact: ContactId, said: &'a Consent) -> Self {
        Self {
            contact_id: contact.0,
            channel_kind: said.channel_kind.as_str(),
            channel_id: said.channel_id.map_or(0, |id| id.0),
            topic: said.topic.as_str(),
            state: said.state.as_str(),
            source: said.source.as_str(),
            evidence: said.evidence.as_deref().map(clean),
            at: said.at.0,
        }
    }

    /// Which row it is.
    pub(crate) fn key(&self) -> (i64, &'a str, i64, &'a str) {
        (self.contact_id, self.channel_kind, self.channel_id, self.topic)
    }
}
