//! Lists of conversations: which there are, what narrows them, how many each holds; and what single users keep beside them.

use switchboard_engine::channel::ChannelKind;
use switchboard_engine::conversation::ConversationStatus;
use switchboard_engine::ids::{BusinessId, ChannelId, ContactId, ConversationId, GroupId, UserId};
use switchboard_engine::lists::{List, Place};
use switchboard_engine::search::Query;
use switchboard_engine::time::Timestamp;

/// A list of conversations. All but the last four leave out what is snoozed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Open ones.
    Team,
    /// Open and assigned to the viewer, and the customer has written.
    Mine,
    /// Open and assigned to the viewer, and the customer has not written yet.
    Sent,
    /// Open and assigned to nobody.
    Unassigned,
    /// Open, and the customer waits for an answer.
    Pending,
    /// Open and assigned to this user.
    User(UserId),
    Snoozed,
    Closed,
    /// Open and closed ones.
    All,
    Deleted,
}

/// Which content is to go: of conversations that ended before these moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// `None`: closed ones keep it.
    pub closed_before: Option<Timestamp>,
    pub deleted_before: Timestamp,
}

/// Some messages that were emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emptied {
    /// Where to go on; `None`: there were no more.
    pub upto: Option<i64>,
    pub messages: usize,
}

/// Which page of which list, for whom.
#[derive(Clone, Debug)]
pub struct Inbox {
    pub view: View,
    /// The groups the viewer may see.
    pub groups: Vec<GroupId>,
    pub viewer: UserId,
    /// Only conversations whose contact or number matches.
    pub matching: Option<(BusinessId, Query)>,
    pub filter: Filter,
    /// `last_activity_at` and id of the last row of the page before.
    pub after: Option<(Timestamp, ConversationId)>,
    pub limit: usize,
}

/// What narrows a list; empty by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Something was said on this line.
    pub channel: Option<ChannelId>,
    pub channel_kind: Option<ChannelKind>,
    pub assignee: Option<UserId>,
    pub status: Option<ConversationStatus>,
    /// Last activity at this moment or later.
    pub from: Option<Timestamp>,
    /// Last activity before this moment.
    pub to: Option<Timestamp>,
}

/// What somebody has begun to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub text: String,
    pub updated_at: Timestamp,
}

/// Whom a mark belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkOwner {
    Contact(ContactId),
    User(UserId),
}

/// How many conversations each list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub team: i64,
    pub mine: i64,
    /// Assigned to the viewer and never written in by the customer.
    pub sent: i64,
    pub unassigned: i64,
    /// The customer waits for an answer.
    pub pending: i64,
    pub snoozed: i64,
    pub closed: i64,
    pub all: i64,
}

impl Counts {
    /// Adds what a list holds for somebody.
    pub fn add(&mut self, list: List, total: i64) {
        *self.of_mut(list) += total;
        if list.is_in_all() {
            self.all += total;
        }
    }
}

impl Counts {
    pub fn of(mut self, list: List) -> i64 {
        *self.of_mut(list)
    }

    fn of_mut(&mut self, list: List) -> &mut i64 {
        match list {
            List::Team => &mut self.team,
            List::Mine => &mut self.mine,
            List::Sent => &mut self.sent,
            List::Unassigned => &mut self.unassigned,
            List::Pending => &mut self.pending,
            List::Snoozed => &mut self.snoozed,
            List::Closed => &mut self.closed,
        }
    }
}

/// A count as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub place: Place,
    pub total: i64,
}
