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

impl List {
    /// Lists that together hold every conversation once.
    pub fn is_in_all(self) -> bool {
        matches!(self, Self::Team | Self::Snoozed | Self::Closed)
    }

    /// Lists of one's own, which everybody has.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Mine | Self::Sent)
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
    let sees = |user| state.visible_to.as_ref().is_none_or(|users| users.contains(user));
    for assignee in state.assignees.iter().filter(|assignee| sees(&assignee.user_id)) {
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
        ConversationStatus::Deleted | ConversationStatus::Silent => return Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Contact;
    use crate::conversation::Assignee;
    use crate::ids::{BusinessId, ContactId, ConversationId};
    use crate::time::Timestamp;

    fn conversation() -> Conversation {
        let contact = Contact::unknown(ContactId(1), &[], None);
        let state =
            Conversation::unborn(ConversationId(1), BusinessId(1), GroupId(2), 1, contact, Timestamp(0));
        Conversation { last_seq: 2, inbound_count: 1, waiting_since: Some(Timestamp(0)), ..state }
    }

    fn assigned(to: &[i64]) -> Vec<Assignee> {
        to.iter().map(|id| Assignee { user_id: UserId(*id), name: String::new(), owner: true }).collect()
    }

    /// "everybody: team, pending; 11: mine"
    fn shown(state: &Conversation) -> String {
        let mut holders: BTreeMap<Holder, Vec<&str>> = BTreeMap::new();
        for place in places(state) {
            assert_eq!(place.group, GroupId(2));
            holders.entry(place.holder).or_default().push(place.list.as_str());
        }
        let of = |(holder, lists): (Holder, Vec<&str>)| match holder {
            Holder::Everybody => format!("everybody: {}", lists.join(", ")),
            Holder::User(user) => format!("{user}: {}", lists.join(", ")),
        };
        holders.into_iter().map(of).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn s0_41_a_conversation_counts_where_it_is_listed() {
        let open = conversation();
        let closed = Conversation { status: ConversationStatus::Closed, waiting_since: None, ..open.clone() };
        let mine = Conversation { assignees: assigned(&[11, 12]), ..open.clone() };
        let sent = Conversation { inbound_count: 0, waiting_since: None, ..mine.clone() };
        let some = Conversation { visible_to: Some([UserId(11)].into()), ..mine.clone() };
        let none = Conversation { visible_to: Some([].into()), ..open.clone() };
        let unborn = Conversation { last_seq: 0, ..open.clone() };
        for (state, expected) in [
            (&open, "everybody: team, unassigned, pending"),
            (&closed, "everybody: closed"),
            (&mine, "everybody: team, pending; 11: mine; 12: mine"),
            (&sent, "everybody: team; 11: sent; 12: sent"),
            (&some, "11: team, pending, mine"),
            (&none, ""),
            (&unborn, ""),
        ] {
            assert_eq!(shown(state), expected, "{state:?}");
        }
    }

    #[test]
    fn s0_41_only_what_changes_moves() {
        let (before, next) = (conversation(), Conversation { last_seq: 3, ..conversation() });
        assert_eq!(moves(&before, &next), []);
        let taken = Conversation { assignees: assigned(&[11]), ..conversation() };
        let place = |holder, list| Place { group: GroupId(2), holder, list };
        assert_eq!(
            moves(&before, &taken),
            [
                (place(Holder::Everybody, List::Unassigned), -1),
                (place(Holder::User(UserId(11)), List::Mine), 1)
            ]
        );
    }
}
