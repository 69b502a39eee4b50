//! [`Batch`]: the appends of one transaction, sorted into rows per table, in the order the tables must be written.

use crate::append::Append;
use crate::rows::audit::NewAudit;
use crate::rows::clean;
use crate::rows::consent::NewConsent;
use crate::rows::contact::{NewContact, NewIdentity, ProfileName, ShownMark};
use crate::rows::conversation::{
    Head, Living, MoveCount, NewAssignee, NewConversation, NewReadState, NewRoute, NewViewer, NoAssignees,
    NoRoutes, NoViewers, OpenWindow, Restriction, Standing,
};
use crate::rows::delivery::{Dequeue, Enqueue, Reach};
use crate::rows::event::NewEvent;
use crate::rows::message::{MediaNews, MessageNews, NewMedia, NewMessage};
use std::collections::{BTreeMap, HashMap};
use switchboard_engine::contact::{Identity, IdentityKind};
use switchboard_engine::conversation::{Change, Conversation, ConversationStatus};
use switchboard_engine::ids::UserId;
use switchboard_engine::lists::Place;

#[derive(Default)]
pub(crate) struct Batch<'a> {
    pub(crate) contacts: Vec<NewContact<'a>>,
    pub(crate) identities: Vec<NewIdentity<'a>>,
    pub(crate) shown_marks: Vec<ShownMark<'a>>,
    pub(crate) profile_names: Vec<ProfileName<'a>>,
    pub(crate) conversations: Vec<NewConversation<'a>>,
    pub(crate) heads: Vec<Head<'a>>,
    pub(crate) standings: Vec<Standing<'a>>,
    pub(crate) lives: Vec<Living<'a>>,
    pub(crate) no_routes: Vec<NoRoutes>,
    pub(crate) routes: Vec<NewRoute<'a>>,
    pub(crate) no_assignees: Vec<NoAssignees>,
    pub(crate) assignees: Vec<NewAssignee>,
    pub(crate) windows: Vec<OpenWindow<'a>>,
    pub(crate) messages: Vec<NewMessage<'a>>,
    pub(crate) media: Vec<NewMedia<'a>>,
    pub(crate) message_news: Vec<MessageNews<'a>>,
    pub(crate) media_news: Vec<MediaNews<'a>>,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) read_states: Vec<NewReadState>,
    pub(crate) restrictions: Vec<Restriction>,
    pub(crate) no_viewers: Vec<NoViewers>,
    pub(crate) viewers: Vec<NewViewer>,
    pub(crate) audits: Vec<NewAudit<'a>>,
    pub(crate) consents: Vec<NewConsent<'a>>,
    pub(crate) enqueued: Vec<Enqueue<'a>>,
    pub(crate) dequeued: Vec<Dequeue>,
    pub(crate) reached: Vec<Reach>,
    pub(crate) counts: Vec<MoveCount>,
}

impl<'a> Batch<'a> {
    /// `first` is the position of the first event; the others follow in the order of the appends.
    pub(crate) fn of(appends: impl Iterator<Item = &'a Append>, first: i64) -> Self {
        let mut batch = Self::default();
        let mut position = first;
        let mut counts: BTreeMap<Place, i64> = BTreeMap::new();
        for append in appends {
            for (place, by) in &append.counts {
                *counts.entry(*place).or_default() += by;
            }
            batch.head(append);
            for change in &append.changes {
                batch.change(append, change);
            }
            for event in &append.events {
                batch.events.push(NewEvent::of(position, append.next.id.0, event));
                position += 1;
            }
            batch.audits.extend(append.audits.iter().map(NewAudit::of));
        }
        batch.merge_windows();
        // One statement may write a row only once.
        batch.counts = counts
            .into_iter()
            .filter(|(_, by)| *by != 0)
            .map(|(place, by)| MoveCount::of(place, by))
            .collect();
        batch.merge_consents();
        batch
    }

    fn head(&mut self, append: &'a Append) {
        let state = &*append.next;
        match append.expected_version {
            None => {}
            Some(0) => {
                self.conversations.push(NewConversation::of(state));
                self.viewers_of(state);
            }
            Some(version) => self.heads.push(Head::of(state, version)),
        }
        if append.parts.routes {
            self.routes_of(state);
        }
        if append.parts.assignees {
            self.assignees_of(state);
        }
        if append.parts.life {
            self.lives.push(Living::of(state));
        }
        if append.parts.profile_name {
            let profile_name = state.contact.profile_name.as_deref().map(clean);
            self.profile_names.push(ProfileName { profile_name, id: state.contact.id.0 });
        }
    }

    fn routes_of(&mut self, state: &'a Conversation) {
        self.no_routes.push(NoRoutes { id: state.id.0 });
        self.routes.extend(state.routes.iter().zip(0..).map(|(route, position)| NewRoute {
            conversation_id: state.id.0,
            channel_id: route.channel_id.0,
            address: &route.address,
            position,
            last_inbound_at: route.last_inbound_at.map(|at| at.0),
        }));
    }

    fn assignees_of(&mut self, state: &'a Conversation) {
        self.standings.push(Standing::of(state));
        self.no_assignees.push(NoAssignees { id: state.id.0 });
        self.assignees.extend(state.assignees.iter().zip(0..).map(|(assignee, position)| NewAssignee {
            conversation_id: state.id.0,
            user_id: assignee.user_id.0,
            position,
            is_owner: assignee.owner,
            is_open: state.status == ConversationStatus::Open,
        }));
    }

    fn viewers_of(&mut self, state: &Conversation) {
        let users = state.visible_to.iter().flat_map(|users| users.iter());
        self.viewers.extend(users.map(|user| NewViewer { conversation_id: state.id.0, user_id: user.0 }));
    }

    fn change(&mut self, append: &'a Append, change: &'a Change) {
        let state = &*append.next;
        match change {
            Change::CreateContact { contact, identities } => {
                self.contacts.push(NewContact::of(state.business_id, contact, state.created_at));
                self.identities_of(state, identities);
            }
            Change::AddIdentities(identities) => {
                self.identities_of(state, identities);
                self.show(state, identities);
            }
            Change::InsertMessage(message) => {
                self.messages.push(NewMessage::of(message));
                self.media.extend(NewMedia::of(state.business_id, message));
            }
            Change::UpdateMessage(update) => self.message_news.push(MessageNews::of(update)),
            Change::UpdateMedia { media, .. } => self.media_news.push(MediaNews::of(media)),
            Change::OpenWindow { channel_id, address, at } => {
                self.windows.push(OpenWindow { channel_id: channel_id.0, address, last_inbound_at: at.0 });
            }
            // Written from the state, see `Append::of`.
            Change::SetAssignees(_) => {}
            Change::SetVisibility => {
                self.restrictions.push(Restriction {
                    number: state.number,
                    restricted: state.visible_to.is_some(),
                    previous_id: state.previous.map(|id| id.0),
                    id: state.id.0,
                });
                self.no_viewers.push(NoViewers { id: state.id.0 });
                self.viewers_of(state);
            }
            Change::SetRead { user_id, state: read } => {
                self.forget_read_state(state, *user_id);
                self.read_states.push(NewReadState::of(state.id, *user_id, *read));
            }
            Change::SetConsent(said) => self.consents.push(NewConsent::of(state.contact.id, said)),
            Change::Enqueue { message_id, channel_id, held_until, attempt } => {
                let at = append.events.first().map_or(state.last_activity_at, |event| event.at);
                self.enqueued.push(Enqueue {
                    message_id: message_id.0,
                    channel_id: channel_id.0,
                    conversation_id: state.id.0,
                    state: if held_until.is_some() { "held" } else { "queued" },
                    attempt: *attempt,
                    due_at: held_until.unwrap_or(at).0,
                    created_at: at.0,
                });
            }
            Change::Reach { broadcast, message_id } => self.reached.push(Reach {
                state: "queued",
                message_id: message_id.0,
                broadcast_id: broadcast.0,
                contact_id: state.contact.id.0,
                expected: "pending",
            }),
            Change::Dequeue { message_id } => self.dequeued.push(Dequeue { id: message_id.0 }),
        }
    }

    fn identities_of(&mut self, state: &'a Conversation, identities: &'a [Identity]) {
        let rows = identities
            .iter()
            .map(|identity| NewIdentity::of(state.business_id, state.contact.id, identity, state.created_at));
        self.identities.extend(rows);
    }

    fn show(&mut self, state: &Conversation, identities: &'a [Identity]) {
        let find = |kind| identities.iter().find(|mark| mark.kind() == kind).map(Identity::value);
        let (phone, email) = (find(IdentityKind::Phone), find(IdentityKind::Email));
        if phone.is_some() || email.is_some() {
            self.shown_marks.push(ShownMark { id: state.contact.id.0, phone, email });
        }
    }

    /// The last word of an append counts: one statement may write a row only once.
    fn forget_read_state(&mut self, state: &Conversation, user: UserId) {
        self.read_states.retain(|row| row.conversation_id != state.id.0 || row.user_id != user.0);
    }

    /// Of two words about the same thing the later one counts; one statement may write its row only once.
    fn merge_consents(&mut self) {
        let mut kept: Vec<NewConsent<'a>> = Vec::with_capacity(self.consents.len());
        for said in self.consents.drain(..) {
            match kept.iter_mut().find(|other| other.key() == said.key()) {
                Some(other) if said.at >= other.at => *other = said,
                Some(_) => {}
                None => kept.push(said),
            }
        }
        self.consents = kept;
    }

    /// Two conversations may share a pair of numbers; one statement may write its row only once.
    fn merge_windows(&mut self) {
        let mut newest: HashMap<(i64, &str), i64> = HashMap::with_capacity(self.windows.len());
        for window in &self.windows {
            let at = newest.entry((window.channel_id, window.address)).or_insert(window.last_inbound_at);
            *at = window.last_inbound_at.max(*at);
        }
        if newest.len() < self.windows.len() {
            self.windows = newest
                .into_iter()
                .map(|((channel_id, address), last_inbound_at)| OpenWindow {
                    channel_id,
                    address,
                    last_inbound_at,
                })
                .collect();
        }
    }
}

/// Hands every table's rows to a macro, in the order in which they must be written; where each row must hit exactly one, with the
/// promise that is broken otherwise.
macro_rules! in_order {
    ($batch:expr, $write:ident) => {
        $write!($batch.contacts);
        $write!($batch.identities);
        $write!($batch.shown_marks);
        $write!($batch.profile_names);
        $write!($batch.conversations);
        $write!($batch.heads, StaleVersion);
        $write!($batch.standings);
        $write!($batch.lives);
        $write!($batch.no_routes);
        $write!($batch.routes);
        $write!($batch.no_assignees);
        $write!($batch.assignees);
        $write!($batch.windows);
        $write!($batch.messages);
        $write!($batch.media, MediaInUse);
        $write!($batch.message_news);
        $write!($batch.media_news);
        $write!($batch.events);
        $write!($batch.read_states);
        $write!($batch.restrictions);
        $write!($batch.no_viewers);
        $write!($batch.viewers);
        $write!($batch.audits);
        $write!($batch.consents);
        $write!($batch.enqueued);
        $write!($batch.dequeued);
        $write!($batch.reached, Recipient);
        $write!($batch.counts);
    };
}
pub(crate) use in_order;
