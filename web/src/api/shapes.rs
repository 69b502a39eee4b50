//! Shapes of the API as the OpenAPI document names them.
//!
//! What the engine's views already write is described here, not written twice: a test holds both together.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use switchboard_actors::roster::{Colleague, Group as TeamGroup};
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::permission::Operation;
use switchboard_engine::user::Role;
use utoipa::{IntoResponses, ToSchema};

/// What every refusal looks like.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ErrorAnswer {
    pub error: ErrorBody,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// Stable and machine-readable.
    #[schema(example = "window_closed")]
    pub code: String,
    /// A sentence for the person.
    pub detail: String,
    /// Input fields that are wrong, and how.
    #[serde(default)]
    pub fields: Option<BTreeMap<String, String>>,
}

/// What any call of somebody who is signed in may be refused with.
#[derive(IntoResponses)]
pub enum Refusals {
    /// `not_signed_in`
    #[response(status = 401)]
    NotSignedIn(#[to_schema] ErrorAnswer),
    /// `not_found`: there is no such thing, or you may not see it
    #[response(status = 404)]
    NotFound(#[to_schema] ErrorAnswer),
    /// `overloaded` or `storage_full`: nothing was stored, try again after `Retry-After`
    #[response(status = 503)]
    Busy(#[to_schema] ErrorAnswer),
}

/// What an unsafe call may be refused with before it is looked at.
#[derive(IntoResponses)]
pub enum WriteRefusals {
    /// `malformed_json`
    #[response(status = 400)]
    Malformed(#[to_schema] ErrorAnswer),
    /// `origin_not_allowed`, `forbidden` or `not_assignee`
    #[response(status = 403)]
    Forbidden(#[to_schema] ErrorAnswer),
    /// `unsupported_media_type`
    #[response(status = 415)]
    MediaType(#[to_schema] ErrorAnswer),
    /// `validation`, with `fields`
    #[response(status = 422)]
    Invalid(#[to_schema] ErrorAnswer),
}

/// A person of the team.
#[derive(Serialize, ToSchema)]
pub struct User {
    #[schema(value_type = String)]
    id: UserId,
    first_name: String,
    last_name: String,
    email: String,
    #[schema(value_type = String, example = "agent")]
    role: Role,
}

impl User {
    pub fn of(user: &Colleague) -> Self {
        Self {
            id: user.id,
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            email: user.email.clone(),
            role: user.role,
        }
    }
}

/// A team inbox.
#[derive(Serialize, ToSchema)]
pub struct Group {
    #[schema(value_type = String)]
    id: GroupId,
    name: String,
    position: i64,
    /// `active` or `archived`
    status: &'static str,
    /// Made with the business; new users join it, and it cannot be archived.
    is_first: bool,
    /// Your role in it, `admin` or `agent`; `null` when you are no member.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// Operations you may do in it.
    permissions: Vec<&'static str>,
}

impl Group {
    /// As `user` sees it.
    pub fn of(group: &TeamGroup, user: &Colleague) -> Self {
        let role = if user.leads.contains(&group.id) { Role::Admin } else { Role::Agent };
        Self {
            id: group.id,
            name: group.name.clone(),
            position: group.position,
            status: if group.archived { "archived" } else { "active" },
            is_first: group.is_first,
            role: user.belongs_to(group.id).then_some(role),
            permissions: allowed(|operation| user.may(operation, group.id).is_ok()),
        }
    }
}

/// Names of the operations for which `may` says yes.
pub fn allowed(may: impl Fn(Operation) -> bool) -> Vec<&'static str> {
    Operation::ALL.into_iter().filter(|operation| may(*operation)).map(Operation::as_str).collect()
}

/// A conversation, the same for every viewer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    pub id: String,
    /// What people call it: #1042.
    pub number: i64,
    pub group_id: String,
    pub status: ConversationStatus,
    pub contact: Contact,
    /// The channel replies go to.
    pub channel: Option<ChannelRef>,
    pub assignees: Vec<Assignee>,
    /// Users who alone may see it; `null`: everybody in the group.
    pub visible_to: Option<Vec<String>>,
    pub last_message: Option<LastMessage>,
    pub window: Window,
    pub waiting_since: Option<String>,
    pub last_activity_at: String,
    pub inbound_count: i64,
    /// Number of its newest event.
    pub seq: i64,
    /// Grows with every change of the row.
    pub version: i64,
    /// Out of the working lists until then, or until the customer writes.
    pub snoozed_until: Option<String>,
    /// For colleagues: how it ended.
    pub closing_note: Option<String>,
    pub deleted_at: Option<String>,
    /// The contact's conversation before this one in the group.
    pub previous_conversation_id: Option<String>,
    pub created_at: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    Open,
    Closed,
    Deleted,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub id: String,
    /// `contact`, or `guest` for a visitor of the webchat.
    pub kind: String,
    pub name: String,
    pub name_is_placeholder: bool,
    pub profile_name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelRef {
    pub id: String,
    #[schema(example = "whatsapp")]
    pub kind: String,
    pub name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignee {
    pub user_id: String,
    pub name: String,
    pub owner: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LastMessage {
    pub preview: String,
    pub direction: Direction,
    pub kind: String,
    pub status: Option<String>,
    pub at: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    In,
    Out,
    /// A note among the team
    Internal,
}

/// The 24-hour rule: `none` for channels without one, `open`, `closed`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    #[schema(example = "open")]
    pub state: String,
    pub expires_at: Option<String>,
}

/// How far a user has read. Unread = `max(0, inbound_count - read_inbound_count)`, at least 1 when `forced_unread`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadState {
    pub last_read_seq: i64,
    pub read_inbound_count: i64,
    pub forced_unread: bool,
}

/// One bubble.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub id: String,
    pub conversation_id: String,
    pub seq: i64,
    pub channel_id: String,
    pub direction: Direction,
    /// `text`, `media`, `location`, `contacts`, `reaction`, `order`, `button`, `system`, `note`, `unsupported`
    pub kind: String,
    pub sender: Sender,
    pub text: String,
    pub media: Vec<Media>,
    /// Coordinates, cards, the raw form of an unknown type.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub extra: Option<serde_json::Value>,
    pub client_id: Option<String>,
    /// Outbound: `queued`, `sending`, `unknown`, `sent`, `delivered`, `read`, `failed`, `cancelled`
    pub status: Option<String>,
    pub failure: Option<Failure>,
    /// Why it waits: `business_hours`
    #[serde(default)]
    pub hold_reason: Option<String>,
    #[serde(default)]
    pub release_at: Option<String>,
    /// How often it was handed to its provider.
    #[serde(default)]
    pub attempt: i64,
    pub at: String,
    pub sent_at: Option<String>,
    pub delivered_at: Option<String>,
    pub read_at: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// `contact`, `user`, `ai`, `bot`, `broadcast` (its `name` is the broadcast's)
    pub kind: String,
    pub id: Option<String>,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Failure {
    pub code: String,
    pub detail: String,
}

/// A file of a message; its bytes are at `/api/v1/media/{id}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Media {
    pub id: String,
    /// `image`, `video`, `audio`, `document`, `sticker`
    pub kind: String,
    pub file_name: Option<String>,
    pub mime: String,
    pub size: Option<i64>,
    /// `pending`, `ready`, `unavailable`
    pub state: String,
}

/// One event of a conversation; what `d` holds depends on `t`, see docs/protocol.md section 1.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Entry {
    #[schema(example = "message.created")]
    pub t: String,
    pub conversation_id: String,
    pub seq: i64,
    pub at: String,
    #[schema(value_type = Object)]
    pub d: serde_json::Value,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct ConversationAnswer {
    pub conversation: Conversation,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct ReadAnswer {
    pub read: ReadState,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct ListedConversation {
    pub conversation: Conversation,
    pub read: ReadState,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct ConversationsAnswer {
    pub conversations: Vec<ListedConversation>,
    pub meta: NextPage,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct NextPage {
    /// Pass it as `after`; `null` at the end.
    pub next: Option<String>,
}

/// What a search found; lists that were not asked for are empty.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SearchAnswer {
    pub contacts: Vec<FoundContact>,
    pub conversations: Vec<ListedConversation>,
    /// Newest first.
    pub messages: Vec<FoundMessage>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct FoundContact {
    pub contact: Contact,
    /// Their open conversation, in the group asked for if one was.
    pub open_conversation_id: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct FoundMessage {
    pub conversation_id: String,
    pub number: i64,
    pub contact_name: String,
    pub message_id: String,
    pub seq: i64,
    pub at: String,
    /// The text around the first hit; without a hit the name of a file was found.
    pub snippet: Vec<SnippetPiece>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct SnippetPiece {
    pub text: String,
    pub hit: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct TimelineAnswer {
    /// Ascending by `seq`.
    pub entries: Vec<Entry>,
    pub meta: MorePages,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MorePages {
    /// Whether there is more in the direction asked for.
    pub more: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct MessageAnswer {
    pub message: Message,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct SentAnswer {
    pub message: Message,
    /// What the sender should know: `many_parts`, `consent_unknown`, `channel_degraded`
    pub warnings: Vec<Advice>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Advice {
    pub code: String,
    pub detail: String,
}

/// How writing stands in a conversation.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Composer {
    /// `open`, `template_only`, `opted_out`, `contact_archived`, `no_channel`, `channel_down`, `closed`
    pub state: String,
    /// The code a free text would be refused with.
    pub code: Option<String>,
    pub detail: Option<String>,
    /// What is sent now leaves then.
    pub holds_until: Option<String>,
    pub warnings: Vec<Advice>,
    /// Every line to this person, the one answers go out on first.
    pub channels: Vec<ComposerChannel>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct ComposerChannel {
    pub channel_id: String,
    pub kind: String,
    pub name: String,
    pub address: String,
    pub state: String,
    pub code: Option<String>,
    /// Longest text of one message, in characters.
    pub max_text: usize,
    /// Files of one message; 0 for a line that sends none.
    pub max_files: usize,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct OpenedConversation {
    pub conversation: Conversation,
    pub read: ReadState,
    pub composer: Composer,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct MediaAnswer {
    pub media: Media,
}

#[derive(Serialize, ToSchema)]
pub struct UserAnswer {
    pub user: User,
}

/// A form with one part named `file`.
#[derive(ToSchema)]
pub struct FileForm {
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
}

#[cfg(test)]
mod tests;
