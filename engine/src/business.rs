//! The business's own choices: what its admins may switch, with what holds until they do.

use serde::{Deserialize, Serialize};

/// Switches of the whole business. Unknown keys of an older or newer version are dropped when read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the settings page")]
pub struct Settings {
    /// Agents may assign a conversation to a colleague.
    pub agents_can_assign: bool,
    /// Agents may assign to an admin who is a member of the group.
    pub agents_assign_admins: bool,
    /// Answering an unassigned conversation attends it first.
    pub auto_attend_on_reply: bool,
    /// Admins may delete conversations (and restore them for 30 days).
    pub allow_conversation_delete: bool,
    /// A customer who writes within this many hours after the close continues the same conversation; 0 begins a new one.
    pub reopen_within_hours: u32,
    /// What the team sends outside business hours waits for the next opening.
    pub hold_outside_hours: bool,
    /// Answers inside an open 24-hour window go out at once even then.
    pub replies_in_window_go_at_once: bool,
    /// Marketing templates on WhatsApp need the customer's consent.
    pub require_opt_in: bool,
    /// How far a stop reaches.
    pub consent_scope: ConsentScope,
    /// New users get a temporary password by mail instead of a link.
    pub temporary_passwords: bool,
    /// So many days after the close what was said and sent is erased; 0 keeps it.
    pub retention_days: u32,
    /// Webchat visitors may download their own conversation.
    pub visitor_transcripts: bool,
}

/// Whether a stop holds for one number of ours or for all of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentScope {
    #[default]
    Business,
    Sender,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            agents_can_assign: true,
            agents_assign_admins: true,
            auto_attend_on_reply: true,
            allow_conversation_delete: true,
            reopen_within_hours: 0,
            hold_outside_hours: false,
            replies_in_window_go_at_once: false,
            require_opt_in: true,
            consent_scope: ConsentScope::Business,
            temporary_passwords: false,
            retention_days: 0,
            visitor_transcripts: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_chose_has_its_default() {
        let read: Settings = serde_json::from_str(r#"{"reopen_within_hours": 2, "long_gone": 1}"#).unwrap();
        assert_eq!(read, Settings { reopen_within_hours: 2, ..Settings::default() });
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    }
}
