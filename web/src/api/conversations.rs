//! Conversations: lists, and one by its id.

use super::conversation_id;
use super::inbox::groups;
use super::shapes::{ConversationsAnswer, NextPage, OpenedConversation, Refusals};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::conversation::{ConversationStatus, ReadState};
use switchboard_engine::ids::{ChannelId, ConversationId, GroupId, UserId};
use switchboard_engine::permission::Operation;
use switchboard_engine::sending::Composer;
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::ConversationView;
use switchboard_schema::{Filter, Inbox, View};
use utoipa::{IntoParams, ToSchema};

/// Most rows and entries of one page.
pub(super) const MOST: usize = 200;
pub(super) const USUAL: usize = 50;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    #[serde(default)]
    #[param(inline)]
    view: ListView,
    group_id: Option<String>,
    /// Whose inbox, with `view=user`.
    user_id: Option<String>,
    /// Something was said on this channel.
    channel_id: Option<String>,
    /// `whatsapp`, `sms` or `webchat`
    channel_kind: Option<String>,
    assignee_id: Option<String>,
    /// `open` or `closed`
    status: Option<String>,
    /// Last activity at this moment or later (RFC 3339).
    from: Option<String>,
    /// Last activity before this moment (RFC 3339).
    to: Option<String>,
    /// Only those of contacts with this name, number or mail, or with this number ("#1042"): 2 to 200 characters.
    q: Option<String>,
    /// `meta.next` of the page before.
    after: Option<String>,
    /// At most 200; 50 without.
    limit: Option<usize>,
}

/// What is snoozed is in `snoozed` and `all` only.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListView {
    /// Open ones
    #[default]
    Team,
    /// Open and assigned to you; the customer has written
    Mine,
    /// Open and assigned to you; the customer has not written yet
    Sent,
    /// Open and assigned to nobody
    Unassigned,
    /// Open, and the customer waits for an answer
    Pending,
    /// Open and assigned to `user_id`: for admins, and admins of the group
    User,
    Snoozed,
    Closed,
    All,
    /// For admins; these can be restored
    Deleted,
}

#[derive(Serialize)]
struct Listed<'a> {
    conversation: ConversationView<'a>,
    read: ReadState,
}

/// A list, newest activity first.
#[utoipa::path(tag = "conversations", params(ListQuery), responses((status = 200, body = ConversationsAnswer), Refusals))]
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
    let groups = groups(&signed_in, query.group_id.as_deref())?;
    let (view, groups) = view(&signed_in, &query, groups)?;
    let inbox = Inbox {
        matching,
        view,
        groups,
        viewer: signed_in.user.id,
        filter: filter(&query)?,
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
    #[derive(Serialize)]
    struct Opened<'a> {
        conversation: ConversationView<'a>,
        read: ReadState,
        composer: Composer,
    }
    let (id, user) = (conversation_id(&id)?, signed_in.user.id);
    let actors = &signed_in.site.actors;
    let conversation = actors.look(user, id).await?;
    let read = actors.core.store.read_state(id, user).await?;
    let now = actors.core.clock.now();
    let composer = actors.composer(&conversation).await?;
    let conversation = ConversationView::of(&conversation, now);
    Ok(HttpResponse::Ok().json(Opened { conversation, read, composer }))
}

/// The list, and the groups of it that the asker may read.
fn view(
    signed_in: &SignedIn,
    query: &ListQuery,
    groups: Vec<GroupId>,
) -> Result<(View, Vec<GroupId>), ApiError> {
    let user = &signed_in.user;
    let only = |operation| {
        let led: Vec<GroupId> =
            groups.iter().copied().filter(|group| user.may(operation, *group).is_ok()).collect();
        if led.is_empty() { Err(ApiError::forbidden()) } else { Ok(led) }
    };
    let view = match query.view {
        ListView::Team => View::Team,
        ListView::Mine => View::Mine,
        ListView::Sent => View::Sent,
        ListView::Unassigned => View::Unassigned,
        ListView::Pending => View::Pending,
        ListView::Snoozed => View::Snoozed,
        ListView::Closed => View::Closed,
        ListView::All => View::All,
        ListView::Deleted => return Ok((View::Deleted, only(Operation::DeleteConversation)?)),
        ListView::User => {
            let id: UserId = number("user_id", query.user_id.as_deref())?
                .map(UserId)
                .ok_or_else(|| ApiError::invalid("user_id", "says whose inbox"))?;
            let own = id == user.id;
            let groups = if own { groups } else { only(Operation::SeeOthersInbox)? };
            return Ok((View::User(id), groups));
        }
    };
    Ok((view, groups))
}

fn filter(query: &ListQuery) -> Result<Filter, ApiError> {
    let kind = query.channel_kind.as_deref().map(|text| {
        ChannelKind::parse(text)
            .ok_or_else(|| ApiError::invalid("channel_kind", "is whatsapp, sms or webchat"))
    });
    let status = query.status.as_deref().map(|text| {
        ConversationStatus::parse(text)
            .filter(|status| *status != ConversationStatus::Deleted)
            .ok_or_else(|| ApiError::invalid("status", "is open or closed"))
    });
    Ok(Filter {
        channel: number("channel_id", query.channel_id.as_deref())?.map(ChannelId),
        channel_kind: kind.transpose()?,
        assignee: number("assignee_id", query.assignee_id.as_deref())?.map(UserId),
        status: status.transpose()?,
        from: moment("from", query.from.as_deref())?,
        to: moment("to", query.to.as_deref())?,
    })
}

fn number(field: &'static str, text: Option<&str>) -> Result<Option<i64>, ApiError> {
    let parsed = text.map(|text| text.parse().map_err(|_| ApiError::invalid(field, "is no id")));
    parsed.transpose()
}

fn moment(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let parsed = text.map(|text| {
        serde_json::from_value(serde_json::Value::from(text))
            .map_err(|_| ApiError::invalid(field, "is a time like 2026-01-05T10:00:00Z"))
    });
    parsed.transpose()
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
