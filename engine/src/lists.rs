//! The lists of an inbox: which of them a conversation stands in, and how their counts change when it does.
//!
//! The counts are kept, never counted: every change of a conversation moves them by the difference between [`places`] before and after, in
//! the transaction that stores the change.

use crate::conversation::{Conversation, ConversationStatus, Shelf};
use crate::ids::{GroupId, UserId};
use std::collections::BTreeMap;

/// A list of conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Open ones.
    Team,
    /// Open and assigned to somebody in particular, and the customer has written.
    Mine,
    /// Assigned likewise, and the customer has not answered yet.
    Sent,
    /// Open and assigned to nobody.
    Unassigned,
    /// Open, and the customer waits for an answer.
    Pending,
    /// Open, and out of all the lists above for a while.
    Snoozed,
    Closed,
}

impl List {
    pub const ALL: [Self; 7] =
        [Self::Team, Self::Mine, Self::Sent, Self::Unassigned, Self::Pending, Self::Snoozed, Self::Closed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Mine => "mine",
            Self::Sent => "sent",
            Self::Unassigned => "unassigned",
            Self::Pending => "pending",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == text)
    }
}

/// Who a count is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Whoever sees the group.
    Everybody,
    User(UserId),
}

/// One count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub group: GroupId,
    pub holder: Holder,
    pub list: List,
}

/// Every count a conversation is part of.
pub fn places(state: &Conversation) -> Vec<Place> {
    if state.is_unborn() {
        return Vec::new();
    }
    let place = |holder, list| Place { group: state.group_id, holder, list };
    let mut places = Vec::new();
    for list in shared_lists(state) {
        match &state.visible_to {
            None => places.push(place(Holder::Everybody, list)),
            // It counts only for those who may see it.
            Some(users) => places.extend(users.iter().map(|user| place(Holder::User(*user), list))),
        }
    }
    for assignee in &state.assignees {
        let list = match state.shelf(assignee.user_id) {
            Some(Shelf::Mine) => List::Mine,
            Some(Shelf::Sent) => List::Sent,
            None => continue,
        };
        places.push(place(Holder::User(assignee.user_id), list));
    }
    places
}

/// Lists that are the same for everybody who may see the conversation.
fn shared_lists(state: &Conversation) -> Vec<List> {
    match state.status {
        ConversationStatus::Closed => return vec![List::Closed],
        ConversationStatus::Deleted => return Vec::new(),
        ConversationStatus::Open if state.life.snoozed_until.is_some() => return vec![List::Snoozed],
        ConversationStatus::Open => {}
    }
    let mut lists = vec![List::Team];
    if state.assignees.is_empty() {
        lists.push(List::Unassigned);
    }
    if state.waiting_since.is_some() {
        lists.push(List::Pending);
    }
    lists
}

/// How the counts change from one state of a conversation to the next. Empty for most messages.
pub fn moves(before: &Conversation, next: &Conversation) -> Vec<(Place, i64)> {
    let mut sum: BTreeMap<Place, i64> = BTreeMap::new();
    for (state, by) in [(before, -1), (next, 1)] {
        for place in places(state) {
            *sum.entry(place).or_default() += by;
        }
    }
    sum.into_iter().filter(|(_, by)| *by != 0).collect()
}
