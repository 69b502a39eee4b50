//! Conversations: lists, and one by its id.

use super::conversation_id;
use super::inbox::groups;
use super::shapes::{ConversationsAnswer, NextPage, OpenedConversation, Refusals};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::conversation::ReadState;
use switchboard_engine::ids::ConversationId;
use switchboard_engine::sending::Composer;
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::ConversationView;
use switchboard_schema::{Inbox, View};
use utoipa::{IntoParams, ToSchema};

/// Most rows and entries of one page.
pub(super) const MOST: usize = 200;
pub(super) const USUAL: usize = 50;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    #[serde(default)]
    view: ListView,
    group_id: Option<String>,
    /// Only those of contacts with this name, number or mail, or with this number ("#1042"): 2 to 200 characters.
    q: Option<String>,
    /// `meta.next` of the page before.
    after: Option<String>,
    /// At most 200; 50 without.
    limit: Option<usize>,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListView {
    /// Open ones
    #[default]
    Team,
    /// Open and assigned to you
    Mine,
    /// Open and assigned to nobody
    Unassigned,
    Closed,
    All,
}

#[derive(Serialize)]
struct Listed<'a> {
    conversation: ConversationView<'a>,
    read: ReadState,
}

/// A list, newest activity first.
#[utoipa::path(tag = "conversations", responses((status = 200, body = ConversationsAnswer), Refusals))]
#[get("/conversations")]
pub(crate) async fn list_conversations(
    signed_in: SignedIn,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        conversations: Vec<Listed<'a>>,
        meta: NextPage,
    }
    let limit = page_size(query.limit)?;
    let after = match query.after.as_deref() {
        Some(text) => {
            Some(parse_after(text).ok_or_else(|| ApiError::invalid("after", "is not a page of ours"))?)
        }
        None => None,
    };
    let matching = query.q.as_deref().map(super::search::question).transpose()?;
    let matching = matching.map(|question| (signed_in.user.business_id, question));
    let inbox = Inbox {
        matching,
        view: view(query.view),
        groups: groups(&signed_in, query.group_id.as_deref())?,
        viewer: signed_in.user.id,
        after,
        limit: limit + 1,
    };
    let core = &signed_in.site.actors.core;
    let mut rows = core.store.inbox(inbox).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next = last.map(|(row, _)| format!("{}.{}", row.last_activity_at.0, row.id));
    let now = core.clock.now();
    let conversations =
        rows.iter().map(|(row, read)| Listed { conversation: ConversationView::of(row, now), read: *read });
    Ok(HttpResponse::Ok().json(Answer { conversations: conversations.collect(), meta: NextPage { next } }))
}

/// One conversation, with the viewer's read state and how writing stands.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses((status = 200, body = OpenedConversation), Refusals))]
#[get("/conversations/{id}")]
pub(crate) async fn get_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (id, user) = (conversation_id(&id)?, signed_in.user.id);
    let actors = &signed_in.site.actors;
    let conversation = actors.look(user, id).await?;
    let read = actors.core.store.read_state(id, user).await?;
    let now = actors.core.clock.now();
    #[derive(Serialize)]
    struct Opened<'a> {
        conversation: ConversationView<'a>,
        read: ReadState,
        composer: Composer,
    }
    let composer = actors.composer(&conversation).await?;
    let conversation = ConversationView::of(&conversation, now);
    Ok(HttpResponse::Ok().json(Opened { conversation, read, composer }))
}

fn view(view: ListView) -> View {
    match view {
        ListView::Team => View::Team,
        ListView::Mine => View::Mine,
        ListView::Unassigned => View::Unassigned,
        ListView::Closed => View::Closed,
        ListView::All => View::All,
    }
}

/// The size asked for, within bounds.
pub(super) fn page_size(asked: Option<usize>) -> Result<usize, ApiError> {
    match asked {
        None => Ok(USUAL),
        Some(size @ 1..=MOST) => Ok(size),
        Some(_) => Err(ApiError::invalid("limit", format!("must be 1 to {MOST}"))),
    }
}

fn parse_after(text: &str) -> Option<(Timestamp, ConversationId)> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp(at.parse().ok()?), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded_and_cursors_checked() {
        assert_eq!(page_size(None).unwrap(), 50);
        assert_eq!(page_size(Some(200)).unwrap(), 200);
        assert!(page_size(Some(0)).is_err() && page_size(Some(201)).is_err());
        assert_eq!(parse_after("17.72"), Some((Timestamp(17), ConversationId(72))));
        assert!(["", "17", "a.b", "17."].into_iter().all(|text| parse_after(text).is_none()));
    }
}
