//! The head of a conversation and the rows around it: assignees, routes, windows, read states.

use super::contact::ContactRow;
use super::message::{direction_word, parse_direction};
use super::{clean, word};
use crate::error::StoreError;
use crate::statement::statement;
use crate::tables::conversation;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use std::borrow::Cow;
use std::sync::Arc;
use switchboard_engine::conversation::{Conversation, ConversationStatus, Life, Preview, ReadState, Route};
use switchboard_engine::ids::{BusinessId, ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::lists::{Holder, Place};
use switchboard_engine::message::MessageKind;
use switchboard_engine::receipt::Status;
use switchboard_engine::time::Timestamp;

statement! {
    insert "conversation" NewConversation['a] {
        id: i64 => BigInt,
        business_id: i64 => BigInt,
        group_id: i64 => BigInt,
        contact_id: i64 => BigInt,
        number: i64 => BigInt,
        created_at: i64 => BigInt,
        status: &'a str => Text,
        owner_user_id: Option<i64> => Nullable<BigInt>,
        last_seq: i64 => BigInt,
        version: i64 => BigInt,
        ai_epoch: i64 => BigInt,
        inbound_count: i64 => BigInt,
        last_inbound_seq: i64 => BigInt,
        last_inbound_provider_id: Option<&'a str> => Nullable<Text>,
        route_inbound_at: Option<i64> => Nullable<BigInt>,
        last_message_id: Option<i64> => Nullable<BigInt>,
        last_preview: Option<Cow<'a, str>> => Nullable<Text>,
        last_direction: Option<&'a str> => Nullable<Text>,
        last_kind: Option<&'a str> => Nullable<Text>,
        last_status: Option<&'a str> => Nullable<Text>,
        last_message_at: Option<i64> => Nullable<BigInt>,
        waiting_since: Option<i64> => Nullable<BigInt>,
        last_activity_at: i64 => BigInt,
        restricted: bool => Bool,
        previous_id: Option<i64> => Nullable<BigInt>,
    } ""
}

statement! {
    /// Moves a head forward, if it is still the one that was read.
    update "conversation" Head['a] {
        last_seq: i64 => BigInt,
        version: i64 => BigInt,
        ai_epoch: i64 => BigInt,
        inbound_count: i64 => BigInt,
        last_inbound_seq: i64 => BigInt,
        last_inbound_provider_id: Option<&'a str> => Nullable<Text>,
        route_inbound_at: Option<i64> => Nullable<BigInt>,
        last_message_id: Option<i64> => Nullable<BigInt>,
        last_preview: Option<Cow<'a, str>> => Nullable<Text>,
        last_direction: Option<&'a str> => Nullable<Text>,
        last_kind: Option<&'a str> => Nullable<Text>,
        last_status: Option<&'a str> => Nullable<Text>,
        last_message_at: Option<i64> => Nullable<BigInt>,
        waiting_since: Option<i64> => Nullable<BigInt>,
        last_activity_at: i64 => BigInt,
    } where { id = "id": i64 => BigInt, expected = "version": i64 => BigInt }
}

statement! {
    /// Apart from the head, because most messages change neither, and both stand in indexes.
    update "conversation" Standing['a] {
        status: &'a str => Text,
        owner_user_id: Option<i64> => Nullable<BigInt>,
    } where { id = "id": i64 => BigInt }
}

statement! {
    /// Snoozed, closed, deleted: apart from the head, because messages change none of it.
    update "conversation" Living['a] {
        snoozed_until: Option<i64> => Nullable<BigInt>,
        closed_at: Option<i64> => Nullable<BigInt>,
        closing_note: Option<Cow<'a, str>> => Nullable<Text>,
        deleted_at: Option<i64> => Nullable<BigInt>,
    } where { id = "id": i64 => BigInt }
}

statement! {
    /// The list itself stands in rows of its own. The number is another once, when a silence ends.
    update "conversation" Restriction[] {
        number: i64 => BigInt,
        restricted: bool => Bool,
        previous_id: Option<i64> => Nullable<BigInt>,
    } where { id = "id": i64 => BigInt }
}

statement! {
    with b NoViewers[] { id: i64 => BigInt }
    "DELETE FROM conversation_visibility WHERE conversation_id IN (SELECT id FROM b)"
}

statement! {
    insert "conversation_visibility" NewViewer[] {
        conversation_id: i64 => BigInt,
        user_id: i64 => BigInt,
    } ""
}

statement! {
    with b NoAssignees[] { id: i64 => BigInt }
    "DELETE FROM conversation_assignee WHERE conversation_id IN (SELECT id FROM b)"
}

statement! {
    insert "conversation_assignee" NewAssignee[] {
        conversation_id: i64 => BigInt,
        user_id: i64 => BigInt,
        position: i64 => BigInt,
        is_owner: bool => Bool,
        is_open: bool => Bool,
    } ""
}

statement! {
    with b NoRoutes[] { id: i64 => BigInt }
    "DELETE FROM conversation_route WHERE conversation_id IN (SELECT id FROM b)"
}

statement! {
    insert "conversation_route" NewRoute['a] {
        conversation_id: i64 => BigInt,
        channel_id: i64 => BigInt,
        address: &'a str => Text,
        position: i64 => BigInt,
        last_inbound_at: Option<i64> => Nullable<BigInt>,
    } ""
}

statement! {
    /// An older message delivered late never shortens the window.
    insert "care_window" OpenWindow['a] {
        channel_id: i64 => BigInt,
        address: &'a str => Text,
        last_inbound_at: i64 => BigInt,
    } "ON CONFLICT (channel_id, address) DO UPDATE SET last_inbound_at = excluded.last_inbound_at \
       WHERE excluded.last_inbound_at > care_window.last_inbound_at"
}

statement! {
    insert "read_state" NewReadState[] {
        conversation_id: i64 => BigInt,
        user_id: i64 => BigInt,
        last_read_seq: i64 => BigInt,
        read_inbound_count: i64 => BigInt,
        forced_unread: bool => Bool,
    } "ON CONFLICT (conversation_id, user_id) DO UPDATE SET last_read_seq = excluded.last_read_seq, \
       read_inbound_count = excluded.read_inbound_count, forced_unread = excluded.forced_unread"
}

statement! {
    /// Moves a count; rows of one batch are merged before.
    insert "inbox_count" MoveCount[] {
        group_id: i64 => BigInt,
        user_id: i64 => BigInt,
        list: &'static str => Text,
        total: i64 => BigInt,
    } "ON CONFLICT (group_id, user_id, list) DO UPDATE SET total = inbox_count.total + excluded.total"
}

/// A head as lists read it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = conversation)]
pub(crate) struct ConversationRow {
    pub(crate) id: i64,
    business_id: i64,
    group_id: i64,
    number: i64,
    status: String,
    last_seq: i64,
    version: i64,
    ai_epoch: i64,
    inbound_count: i64,
    last_inbound_seq: i64,
    last_inbound_provider_id: Option<String>,
    pub(crate) route_inbound_at: Option<i64>,
    last_message_id: Option<i64>,
    last_preview: Option<String>,
    last_direction: Option<String>,
    last_kind: Option<String>,
    last_status: Option<String>,
    last_message_at: Option<i64>,
    waiting_since: Option<i64>,
    pub(crate) last_activity_at: i64,
    created_at: i64,
    pub(crate) restricted: bool,
    snoozed_until: Option<i64>,
    closed_at: Option<i64>,
    closing_note: Option<String>,
    deleted_at: Option<i64>,
    previous_id: Option<i64>,
}

impl ConversationRow {
    fn preview(&mut self) -> Result<Option<Preview>, StoreError> {
        let (Some(id), Some(direction), Some(kind)) =
            (self.last_message_id, &self.last_direction, &self.last_kind)
        else {
            return Ok(None);
        };
        let status = self.last_status.as_deref();
        Ok(Some(Preview {
            message_id: MessageId(id),
            direction: word("conversation.last_direction", direction, parse_direction)?,
            kind: word("conversation.last_kind", kind, MessageKind::parse)?,
            status: status.map(|text| word("conversation.last_status", text, Status::parse)).transpose()?,
            at: Timestamp(self.last_message_at.unwrap_or_default()),
            text: self.last_preview.take().unwrap_or_default(),
        }))
    }

    /// The conversation, without assignees, routes and recents.
    pub(crate) fn assemble(mut self, contact: ContactRow) -> Result<Conversation, StoreError> {
        let last_message = self.preview()?;
        let (id, business, group) =
            (ConversationId(self.id), BusinessId(self.business_id), GroupId(self.group_id));
        let contact = contact.try_into()?;
        let life = Life {
            snoozed_until: self.snoozed_until.map(Timestamp),
            closed_at: self.closed_at.map(Timestamp),
            closing_note: self.closing_note,
            deleted_at: self.deleted_at.map(Timestamp),
        };
        Ok(Conversation {
            status: word("conversation.status", &self.status, ConversationStatus::parse)?,
            // Nobody, until its viewers are read.
            visible_to: self.restricted.then(|| Arc::from([])),
            last_seq: self.last_seq,
            version: self.version,
            ai_epoch: self.ai_epoch,
            inbound_count: self.inbound_count,
            last_inbound_seq: self.last_inbound_seq,
            last_inbound_provider_id: self.last_inbound_provider_id,
            last_message,
            life,
            previous: self.previous_id.map(ConversationId),
            waiting_since: self.waiting_since.map(Timestamp),
            last_activity_at: Timestamp(self.last_activity_at),
            ..Conversation::unborn(id, business, group, self.number, contact, Timestamp(self.created_at))
        })
    }
}

impl Standing<'_> {
    pub(crate) fn of(state: &Conversation) -> Self {
        Self {
            status: state.status.as_str(),
            owner_user_id: state.owner().map(|owner| owner.user_id.0),
            id: state.id.0,
        }
    }
}

impl<'a> Living<'a> {
    pub(crate) fn of(state: &'a Conversation) -> Self {
        let life = &state.life;
        Self {
            snoozed_until: life.snoozed_until.map(|at| at.0),
            closed_at: life.closed_at.map(|at| at.0),
            closing_note: life.closing_note.as_deref().map(clean),
            deleted_at: life.deleted_at.map(|at| at.0),
            id: state.id.0,
        }
    }
}

impl<'a> Head<'a> {
    pub(crate) fn of(state: &'a Conversation, expected: i64) -> Self {
        let last = state.last_message.as_ref();
        Self {
            last_seq: state.last_seq,
            version: state.version,
            ai_epoch: state.ai_epoch,
            inbound_count: state.inbound_count,
            last_inbound_seq: state.last_inbound_seq,
            last_inbound_provider_id: state.last_inbound_provider_id.as_deref(),
            route_inbound_at: route_inbound_at(state.reply_route()),
            last_message_id: last.map(|preview| preview.message_id.0),
            last_preview: last.map(|preview| clean(&preview.text)),
            last_direction: last.map(|preview| direction_word(preview.direction)),
            last_kind: last.map(|preview| preview.kind.as_str()),
            last_status: last.and_then(|preview| preview.status).map(Status::as_str),
            last_message_at: last.map(|preview| preview.at.0),
            waiting_since: state.waiting_since.map(|at| at.0),
            last_activity_at: state.last_activity_at.0,
            id: state.id.0,
            expected,
        }
    }
}

fn route_inbound_at(route: Option<&Route>) -> Option<i64> {
    route.and_then(|route| route.last_inbound_at).map(|at| at.0)
}

impl<'a> NewConversation<'a> {
    pub(crate) fn of(state: &'a Conversation) -> Self {
        let (head, standing) = (Head::of(state, 0), Standing::of(state));
        Self {
            id: head.id,
            business_id: state.business_id.0,
            group_id: state.group_id.0,
            contact_id: state.contact.id.0,
            number: state.number,
            created_at: state.created_at.0,
            status: standing.status,
            owner_user_id: standing.owner_user_id,
            last_seq: head.last_seq,
            version: head.version,
            ai_epoch: head.ai_epoch,
            inbound_count: head.inbound_count,
            last_inbound_seq: head.last_inbound_seq,
            last_inbound_provider_id: head.last_inbound_provider_id,
            route_inbound_at: head.route_inbound_at,
            last_message_id: head.last_message_id,
            last_preview: head.last_preview,
            last_direction: head.last_direction,
            last_kind: head.last_kind,
            last_status: head.last_status,
            last_message_at: head.last_message_at,
            waiting_since: head.waiting_since,
            last_activity_at: head.last_activity_at,
            restricted: state.visible_to.is_some(),
            previous_id: state.previous.map(|id| id.0),
        }
    }
}

impl MoveCount {
    pub(crate) fn of(place: Place, total: i64) -> Self {
        let user_id = match place.holder {
            Holder::Everybody => 0,
            Holder::User(user) => user.0,
        };
        Self { group_id: place.group.0, user_id, list: place.list.as_str(), total }
    }
}

impl NewReadState {
    pub(crate) fn of(conversation: ConversationId, user: UserId, state: ReadState) -> Self {
        Self {
            conversation_id: conversation.0,
            user_id: user.0,
            last_read_seq: state.last_read_seq,
            read_inbound_count: state.read_inbound_count,
            forced_unread: state.forced_unread,
        }
    }
}
