//! One text to many, and who of them has it.

use std::collections::BTreeMap;
use switchboard_engine::ids::{BroadcastId, BusinessId, ChannelId, GroupId, TemplateId, UserId};
use switchboard_engine::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroadcastState {
    Sending,
    /// Everybody was reached or skipped.
    Done,
    /// Who was not reached by then is not.
    Cancelled,
}

impl BroadcastState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Sending, Self::Done, Self::Cancelled].into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    pub id: BroadcastId,
    pub business_id: BusinessId,
    pub group_id: GroupId,
    pub channel_id: ChannelId,
    /// As the team reads it above the text.
    pub name: String,
    /// With placeholders; empty for a template.
    pub text: String,
    pub template: Option<TemplateId>,
    /// What the template's variables were given.
    pub vars: BTreeMap<String, String>,
    pub client_id: String,
    pub state: BroadcastState,
    pub created_by: UserId,
    /// Their first name, which templates and placeholders may use.
    pub created_by_name: String,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// How many of a broadcast's recipients stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// By the status of their message: `queued`, `sent`, `delivered`, `read`, `failed` ...
    pub messages: BTreeMap<String, i64>,
    /// By the reason why they get none; `cancelled` is one.
    pub skipped: BTreeMap<String, i64>,
    pub pending: i64,
    pub total: i64,
}
