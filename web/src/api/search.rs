//! Searching contacts, conversations and messages.

use super::conversations::page_size;
use super::inbox::groups;
use super::shapes::{Refusals, SearchAnswer, WriteRefusals};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::conversation::ReadState;
use switchboard_engine::ids::{ConversationId, MessageId};
use switchboard_engine::search::{Piece, Query, snippet};
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::{ContactView, ConversationView};
use switchboard_schema::{MessageHit, SearchScope};
use utoipa::{IntoParams, ToSchema};

/// Hits of each kind without `limit`.
const USUAL: usize = 20;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// 2 to 200 characters. Messages must have all its words; the last one may go on. Contacts: parts of names, numbers and addresses.
    #[serde(default)]
    q: String,
    /// One group; without it all that the user may see.
    group_id: Option<String>,
    #[serde(default, rename = "in")]
    #[param(inline)]
    within: Within,
    /// Hits of each kind: at most 200; 20 without.
    limit: Option<usize>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    #[default]
    All,
    Contacts,
    Conversations,
    Messages,
}

#[derive(Serialize)]
struct Answer<'a> {
    contacts: Vec<FoundContact<'a>>,
    conversations: Vec<Listed<'a>>,
    messages: Vec<FoundMessage<'a>>,
}

#[derive(Serialize)]
struct FoundContact<'a> {
    contact: ContactView<'a>,
    open_conversation_id: Option<ConversationId>,
}

#[derive(Serialize)]
struct Listed<'a> {
    conversation: ConversationView<'a>,
    read: ReadState,
}

#[derive(Serialize)]
struct FoundMessage<'a> {
    conversation_id: ConversationId,
    number: i64,
    contact_name: &'a str,
    message_id: MessageId,
    seq: i64,
    at: Timestamp,
    snippet: Vec<Piece<'a>>,
}

/// Contacts, conversations and messages, newest first.
#[utoipa::path(tag = "conversations", params(SearchQuery), responses((status = 200, body = SearchAnswer), Refusals, WriteRefusals))]
#[get("/search")]
pub(crate) async fn search(
    signed_in: SignedIn,
    asked: web::Query<SearchQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = question(&asked.q)?;
    let limit = if asked.limit.is_none() { USUAL } else { page_size(asked.limit)? };
    let scope = scope(&signed_in, asked.group_id.as_deref())?;
    let wanted = |part| asked.within == Within::All || asked.within == part;
    let (business, core) = (signed_in.user.business_id, &signed_in.site.actors.core);
    let mut contacts = Vec::new();
    if wanted(Within::Contacts) {
        contacts = core.store.find_contacts_like(business, scope.clone(), query.clone(), limit).await?;
    }
    let mut conversations = Vec::new();
    if wanted(Within::Conversations) {
        conversations = core.store.find_conversations(business, scope.clone(), query.clone(), limit).await?;
    }
    let mut messages = Vec::new();
    if wanted(Within::Messages) {
        messages = core.store.find_messages(scope, query.clone(), limit).await?;
    }
    let now = core.clock.now();
    let contacts = contacts.iter().map(|hit| FoundContact {
        contact: ContactView::of(&hit.contact),
        open_conversation_id: hit.open_conversation_id,
    });
    let conversations = conversations
        .iter()
        .map(|(row, read)| Listed { conversation: ConversationView::of(row, now), read: *read });
    Ok(HttpResponse::Ok().json(Answer {
        contacts: contacts.collect(),
        conversations: conversations.collect(),
        messages: messages.iter().map(|hit| found(hit, &query)).collect(),
    }))
}

fn found<'a>(hit: &'a MessageHit, query: &Query) -> FoundMessage<'a> {
    FoundMessage {
        conversation_id: hit.conversation_id,
        number: hit.number,
        contact_name: &hit.contact_name,
        message_id: hit.id,
        seq: hit.seq,
        at: hit.at,
        snippet: snippet(&hit.text, query),
    }
}

/// What somebody typed, if it can be looked for.
pub(super) fn question(text: &str) -> Result<Query, ApiError> {
    Query::parse(text).map_err(|problem| ApiError::invalid("q", problem.detail()))
}

fn scope(signed_in: &SignedIn, group: Option<&str>) -> Result<SearchScope, ApiError> {
    let everywhere = group.is_none() && signed_in.user.viewer().groups.is_none();
    Ok(SearchScope { viewer: signed_in.user.id, groups: groups(signed_in, group)?, everywhere })
}
