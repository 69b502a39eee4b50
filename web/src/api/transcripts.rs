//! A conversation to keep: as a text file or as PDF.

use super::conversation_id;
use super::shapes::{ErrorAnswer, Refusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::pdf;
use crate::session::SignedIn;
use crate::site::Site;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, web};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use switchboard_engine::conversation::{Conversation, Event, EventKind};
use switchboard_engine::ids::ChannelId;
use switchboard_engine::permission::Operation;
use switchboard_engine::transcript::{Edition, Header, Transcript};
use switchboard_engine::user::Role;
use switchboard_schema::Page;
use utoipa::{IntoParams, ToSchema};

/// Events read at once.
const STEP: usize = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TranscriptQuery {
    #[param(inline)]
    format: Format,
    /// With private notes; admins only.
    #[serde(default)]
    notes: bool,
    /// With who was assigned when, closing and the like.
    #[serde(default)]
    system: bool,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Txt,
    Pdf,
}

/// The whole conversation as a file. Admins, group admins, and whom it is assigned to.
#[utoipa::path(tag = "conversations", params(("id" = String, Path), TranscriptQuery), responses(
    (status = 200, description = "the file", content_type = "application/octet-stream", body = String),
    (status = 403, body = ErrorAnswer, description = "not_assignee; forbidden: notes are for admins"),
    Refusals,
))]
#[get("/conversations/{id}/transcript")]
pub(crate) async fn export_transcript(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    query: web::Query<TranscriptQuery>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = &signed_in;
    let state = site.actors.look(user.id, conversation_id(&id)?).await?;
    let member = user.member();
    let refused = |refusal| ApiError::from(switchboard_actors::trouble::Trouble::Refused(refusal));
    state.require(Operation::ExportTranscript, &member).map_err(refused)?;
    if query.notes && user.role != Role::Admin {
        return Err(ApiError::forbidden());
    }
    let edition = Edition::Team { notes: query.notes, system: query.system };
    let assignees = state.assignees.iter().map(|one| one.name.clone()).collect();
    let header = header(site, &state, Some(assignees), Some(user.name()));
    let events = events(site, &state, None).await?;
    let answer = file(site, header, events, edition, query.format).await?;
    let detail = json!({"notes": query.notes, "system": query.system});
    request.extensions_mut().insert(Note { group: Some(state.group_id), detail, ..Note::default() });
    Ok(answer)
}

/// What a webchat visitor may keep of their own conversation on one widget.
pub(crate) async fn of_visitor(
    site: &Site,
    state: &Conversation,
    channel: ChannelId,
) -> Result<HttpResponse, ApiError> {
    let events = events(site, state, Some(channel)).await?;
    let mut header = header(site, state, None, None);
    header
        .channels
        .retain(|name| state.routes.iter().any(|one| one.channel_id == channel && one.name == *name));
    header.contact_address = None;
    file(site, header, events, Edition::Customer, Format::Txt).await
}

fn header(
    site: &Site,
    state: &Conversation,
    assignees: Option<Vec<String>>,
    exported_by: Option<String>,
) -> Header {
    let roster = site.roster();
    let channels: BTreeSet<String> = state.routes.iter().map(|route| route.name.clone()).collect();
    Header {
        business: roster.business.as_ref().map(|business| business.name.clone()).unwrap_or_default(),
        contact: state.contact.name.clone(),
        contact_address: state.contact.phone.clone().or_else(|| state.contact.email.clone()),
        channels: channels.into_iter().collect(),
        number: state.number,
        assignees,
        exported_by,
        exported_at: site.actors.core.clock.now(),
    }
}

/// Every event, in order; with a channel only what was said on it.
async fn events(
    site: &Site,
    state: &Conversation,
    channel: Option<ChannelId>,
) -> Result<Vec<Event>, ApiError> {
    let store = &site.actors.core.store;
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = store.timeline(state.id, Page::After(after), STEP).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        all.extend(page);
    }
    if let Some(channel) = channel {
        all.retain(|event| match &event.kind {
            EventKind::Message(message) => message.channel_id == channel,
            _ => false,
        });
    }
    Ok(all)
}

async fn file(
    site: &Site,
    header: Header,
    events: Vec<Event>,
    edition: Edition,
    format: Format,
) -> Result<HttpResponse, ApiError> {
    let zone = site.roster().business.as_ref().map_or_else(|| "UTC".to_owned(), |one| one.time_zone.clone());
    // Laying out ten thousand messages takes a moment: not on a thread that serves sockets.
    let made = web::block(move || {
        let transcript = Transcript::of(&header, &events, &zone, edition);
        match format {
            Format::Txt => Ok((transcript.text().into_bytes(), transcript.file_name("txt"))),
            Format::Pdf => pdf::render(&transcript).map(|bytes| (bytes, transcript.file_name("pdf"))),
        }
    });
    let (bytes, name) = made.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    let kind = match format {
        Format::Txt => "text/plain; charset=utf-8",
        Format::Pdf => "application/pdf",
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes))
}
