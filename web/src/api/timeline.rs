//! What happened in a conversation, page by page.

use super::conversation_id;
use super::conversations::page_size;
use super::shapes::{Refusals, TimelineAnswer};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use switchboard_engine::wire::timeline_entry;
use switchboard_schema::Page;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    /// Entries just before this `seq`.
    before: Option<i64>,
    /// Entries just after this `seq`.
    after: Option<i64>,
    /// At most 200; 50 without.
    limit: Option<usize>,
}

/// Entries ascending by `seq`, without `before` or `after` the newest. Receipts and files are folded into their messages.
#[utoipa::path(tag = "conversations", params(("id" = String, Path), TimelineQuery), responses((status = 200, body = TimelineAnswer), Refusals))]
#[get("/conversations/{id}/timeline")]
pub(crate) async fn get_timeline(
    signed_in: SignedIn,
    id: web::Path<String>,
    query: web::Query<TimelineQuery>,
) -> Result<HttpResponse, ApiError> {
    let limit = page_size(query.limit)?;
    let page = match (query.before, query.after) {
        (None, None) => Page::Newest,
        (Some(before), None) => Page::Before(before),
        (None, Some(after)) => Page::After(after),
        (Some(_), Some(_)) => return Err(ApiError::invalid("before", "cannot be asked together with after")),
    };
    let actors = &signed_in.site.actors;
    let conversation = actors.look(signed_in.user.id, conversation_id(&id)?).await?;
    let mut events = actors.core.store.timeline(conversation.id, page, limit + 1).await?;
    let more = events.len() > limit;
    if more && matches!(page, Page::After(_)) {
        events.pop();
    } else if more {
        events.remove(0);
    }
    let entries: Vec<String> = events.iter().map(|event| timeline_entry(event, &conversation)).collect();
    let body = format!("{{\"entries\":[{}],\"meta\":{{\"more\":{more}}}}}", entries.join(","));
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}
