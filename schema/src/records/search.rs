//! What the search index is made of, and what it finds.

use switchboard_engine::contact::Contact;
use switchboard_engine::ids::{ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::time::Timestamp;

/// What the index has to take up next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fresh {
    /// Position of the last event looked at.
    pub(crate) upto: i64,
    pub(crate) messages: Vec<FreshMessage>,
    /// Rows of the queue of contacts.
    pub(crate) pending: Vec<i64>,
    pub(crate) contacts: Vec<FreshContact>,
}

#[derive(Clone, Debug)]
pub(crate) struct FreshMessage {
    pub(crate) id: i64,
    pub(crate) group_id: i64,
    pub(crate) text: String,
    /// Names of its files.
    pub(crate) files: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct FreshContact {
    pub(crate) id: i64,
    pub(crate) texts: Vec<String>,
    pub(crate) phone: Option<String>,
}

/// Words for the index, separated by spaces.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) cursor: String,
    pub(crate) messages: Vec<WordsOf>,
    pub(crate) contacts: Vec<(i64, String)>,
}

#[derive(Debug)]
pub(crate) struct WordsOf {
    pub(crate) id: i64,
    pub(crate) group_id: i64,
    pub(crate) words: String,
}

/// Whose question it is, and where they look.
#[derive(Clone, Debug)]
pub struct SearchScope {
    pub viewer: UserId,
    pub groups: Vec<GroupId>,
    /// These are all groups there are: no need to look at a message's group before its conversation is.
    pub everywhere: bool,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHit {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub number: i64,
    pub contact_name: String,
    pub seq: i64,
    pub at: Timestamp,
    pub text: String,
}

/// A contact that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactHit {
    pub contact: Contact,
    /// Open, and the asker may see it.
    pub open_conversation_id: Option<ConversationId>,
}
