//! Announcements by mail: a new number told to every contact who wants mail. Admins only, because addresses belong to the whole business.

use super::shapes::{ErrorAnswer, NextPage, Refusals, WriteRefusals};
use crate::audit::Note;
use crate::config::is_local;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use switchboard_actors::roster::Colleague;
use switchboard_engine::ids::{AnnouncementId, ChannelId, ContactId};
use switchboard_engine::text::{is_blank, key_flaw, readable};
use switchboard_engine::time::Timestamp;
use switchboard_schema::{
    Announcement, EmailAudience, MailOutcome, Recipient, RecipientCounts, RecipientState,
};
use utoipa::{IntoParams, ToSchema};

const MAX_SUBJECT: usize = 150;
const MAX_TEXT: usize = 10_000;
/// Announcements shown of one channel.
const SHOWN: i64 = 10;
const MOST: i64 = 200;
const USUAL: i64 = 50;

#[derive(Serialize, ToSchema)]
#[schema(as = Announcement)]
pub struct AnnouncementShape {
    #[schema(value_type = String)]
    id: AnnouncementId,
    #[schema(value_type = String)]
    channel_id: ChannelId,
    subject: String,
    text: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Who sent it.
    created_by: String,
    #[schema(value_type = Option<String>)]
    stopped_at: Option<Timestamp>,
    recipients: CountsShape,
}

/// How many recipients are how far.
#[derive(Serialize, ToSchema)]
#[schema(as = RecipientCounts)]
pub struct CountsShape {
    /// Waiting for their turn, or for another try.
    queued: i64,
    sent: i64,
    /// Refused by the mail server.
    failed: i64,
    /// Wanted no mail, were gone, or it was stopped.
    skipped: i64,
    /// The server stopped in the middle; not sent again, because it may have arrived.
    unknown: i64,
}

#[derive(Serialize, ToSchema)]
pub struct AnnouncementAnswer {
    announcement: AnnouncementShape,
}

#[derive(Serialize, ToSchema)]
pub struct AnnouncementsAnswer {
    /// The newest first, ten at most
    announcements: Vec<AnnouncementShape>,
    audience: AudienceShape,
    mail: MailShape,
}

/// Who would get a mail now.
#[derive(Serialize, ToSchema)]
#[schema(as = EmailAudience)]
pub struct AudienceShape {
    recipients: i64,
    /// Have an address and want no mail.
    opted_out: i64,
}

/// How this server mails.
#[derive(Serialize, ToSchema)]
#[schema(as = MailSetup)]
pub struct MailShape {
    /// Who writes, as readers see it.
    from: String,
    /// What is in the way: `no_mail_server` (mails become files), `local_address` (nobody outside reaches the links in them)
    problems: Vec<&'static str>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnounceRequest {
    /// Yours; a repeat with the same one is answered with the first.
    client_id: String,
    subject: String,
    /// Plain text; addresses of the web become links. How to unsubscribe is added.
    text: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleRequest {
    subject: String,
    text: String,
}

#[derive(Serialize, ToSchema)]
pub struct SampleAnswer {
    /// The address it went to: yours.
    to: String,
    /// What is worth knowing about it, for example that it became a file.
    detail: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecipientsQuery {
    /// Only those in a state: `queued`, `sending`, `sent`, `failed`, `skipped`, `unknown`
    state: Option<String>,
    /// `meta.next` of the page before.
    after: Option<String>,
    /// At most 200; 50 without.
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct RecipientsAnswer {
    recipients: Vec<RecipientShape>,
    meta: NextPage,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Recipient)]
pub struct RecipientShape {
    #[schema(value_type = String)]
    contact_id: ContactId,
    name: String,
    /// `null` once they were erased
    email: Option<String>,
    state: &'static str,
    /// Why skipped: `opted_out`, `gone`, `stopped`
    reason: Option<String>,
    /// What the mail server said
    detail: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// What was announced of a channel, who would get the next mail, and what is in its way.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), responses((status = 200, body = AnnouncementsAnswer), Refusals))]
#[get("/channels/{id}/announcements")]
pub(crate) async fn list_announcements(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let channel = channel_of(&signed_in, &id)?;
    let store = &signed_in.site.actors.core.store;
    let EmailAudience { recipients, opted_out } = store.email_audience(signed_in.user.business_id).await?;
    let mut announcements = Vec::new();
    for one in store.announcements(channel, SHOWN).await? {
        announcements.push(shape(&signed_in.site, one).await?);
    }
    let audience = AudienceShape { recipients, opted_out };
    let mail = mail_setup(&signed_in.site);
    Ok(HttpResponse::Ok().json(AnnouncementsAnswer { announcements, audience, mail }))
}

/// Mails every contact who wants mail, one after the other. Who gets it is settled now; who unsubscribes before their turn is left out.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), request_body = AnnounceRequest, responses(
    (status = 201, body = AnnouncementAnswer),
    (status = 200, body = AnnouncementAnswer, description = "it was announced before, by this `client_id`"),
    (status = 409, body = ErrorAnswer, description = "nobody_to_mail"),
    Refusals, WriteRefusals,
))]
#[post("/channels/{id}/announcements")]
pub(crate) async fn announce(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<AnnounceRequest>,
) -> Result<HttpResponse, ApiError> {
    let channel_id = channel_of(&signed_in, &id)?;
    let AnnounceRequest { client_id, subject, text } = body.into_inner();
    if let Some(flaw) = key_flaw(&client_id) {
        return Err(ApiError::invalid("client_id", flaw));
    }
    let (subject, text) = checked(&subject, &text)?;
    let (site, user) = (&signed_in.site, &signed_in.user);
    let audience = site.actors.core.store.email_audience(user.business_id).await?;
    if audience.recipients == 0 {
        let detail = "No contact has an e-mail address and wants mail.";
        return Err(ApiError::conflict("nobody_to_mail", detail));
    }
    let new = Announcement {
        id: AnnouncementId(site.actors.core.ids.next()),
        business_id: user.business_id,
        channel_id,
        client_id,
        subject,
        body: text,
        created_by: user.id,
        created_at: site.actors.core.clock.now(),
        stopped_at: None,
    };
    let (announcement, made) = site.actors.announce(new).await?;
    let detail = json!({"announcement": announcement.id, "recipients": audience.recipients, "again": !made});
    request.extensions_mut().insert(Note { detail, ..Note::default() });
    if made {
        tracing::info!(announcement.id = %announcement.id, user.id = %user.id, recipients = audience.recipients, "an announcement is mailed");
    }
    let status = if made { StatusCode::CREATED } else { StatusCode::OK };
    let announcement = shape(site, announcement).await?;
    Ok(HttpResponse::build(status).json(AnnouncementAnswer { announcement }))
}

/// Mails the text to yourself; answers once the mail server has taken it.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), request_body = SampleRequest, responses(
    (status = 200, body = SampleAnswer),
    (status = 502, body = ErrorAnswer, description = "mail_refused: what the mail server said"),
    Refusals, WriteRefusals,
))]
#[post("/channels/{id}/announcements/test")]
pub(crate) async fn mail_sample(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SampleRequest>,
) -> Result<HttpResponse, ApiError> {
    channel_of(&signed_in, &id)?;
    let (subject, text) = checked(&body.subject, &body.text)?;
    let user = &signed_in.user;
    match signed_in.site.actors.mail_sample(&user.email, &user.name(), &subject, &text).await {
        MailOutcome::Sent { detail } => {
            Ok(HttpResponse::Ok().json(SampleAnswer { to: user.email.clone(), detail }))
        }
        MailOutcome::Again { detail, .. } | MailOutcome::Failed { detail } => {
            Err(ApiError::new(StatusCode::BAD_GATEWAY, "mail_refused", detail))
        }
    }
}

/// How far an announcement is.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), responses((status = 200, body = AnnouncementAnswer), Refusals))]
#[get("/announcements/{id}")]
pub(crate) async fn get_announcement(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let announcement = announcement_of(&signed_in, &id).await?;
    let announcement = shape(&signed_in.site, announcement).await?;
    Ok(HttpResponse::Ok().json(AnnouncementAnswer { announcement }))
}

/// What became of the mail to each recipient.
#[utoipa::path(tag = "channels", params(("id" = String, Path), RecipientsQuery), responses(
    (status = 200, body = RecipientsAnswer),
    (status = 422, body = ErrorAnswer, description = "validation: `state`, `after`"),
    Refusals,
))]
#[get("/announcements/{id}/recipients")]
pub(crate) async fn list_recipients(
    signed_in: SignedIn,
    id: web::Path<String>,
    query: web::Query<RecipientsQuery>,
) -> Result<HttpResponse, ApiError> {
    let announcement = announcement_of(&signed_in, &id).await?;
    let RecipientsQuery { state, after, limit } = query.into_inner();
    let parsed = |text: String| {
        RecipientState::parse(&text).ok_or_else(|| ApiError::invalid("state", "is no state of a recipient"))
    };
    let state = state.map(parsed).transpose()?;
    let after = after.map(|text| text.parse::<ContactId>()).transpose();
    let after = after.map_err(|_| ApiError::invalid("after", "is no cursor of this list"))?;
    let limit = limit.unwrap_or(USUAL).clamp(1, MOST);
    let store = &signed_in.site.actors.core.store;
    let page = store.recipients(announcement.id, state, after.unwrap_or(ContactId(0)), limit).await?;
    let is_full = i64::try_from(page.len()).is_ok_and(|count| count == limit);
    let next = page.last().filter(|_| is_full).map(|last| last.contact_id.to_string());
    let recipients = page.into_iter().map(RecipientShape::from).collect();
    Ok(HttpResponse::Ok().json(RecipientsAnswer { recipients, meta: NextPage { next } }))
}

/// Stops an announcement: who was not mailed yet is not mailed.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), responses((status = 200, body = AnnouncementAnswer), Refusals, WriteRefusals))]
#[post("/announcements/{id}/stop")]
pub(crate) async fn stop_announcement(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let announcement = announcement_of(&signed_in, &id).await?;
    let (store, now) = (&signed_in.site.actors.core.store, signed_in.site.actors.core.clock.now());
    store.stop_announcement(announcement.id, now).await?;
    let announcement = announcement_of(&signed_in, &id).await?;
    let announcement = shape(&signed_in.site, announcement).await?;
    Ok(HttpResponse::Ok().json(AnnouncementAnswer { announcement }))
}

impl From<Recipient> for RecipientShape {
    fn from(one: Recipient) -> Self {
        let Recipient { contact_id, name, email, state, reason, detail, at } = one;
        Self { contact_id, name, email, state: state.as_str(), reason, detail, at }
    }
}

fn channel_of(signed_in: &SignedIn, id: &str) -> Result<ChannelId, ApiError> {
    let id: ChannelId = id.parse().map_err(|_| ApiError::not_found())?;
    let roster = signed_in.site.roster();
    let line = roster.channels.get(&id).ok_or_else(ApiError::not_found)?;
    let own = line.channel.business_id == signed_in.user.business_id;
    if own { Ok(id) } else { Err(ApiError::not_found()) }
}

async fn announcement_of(signed_in: &SignedIn, id: &str) -> Result<Announcement, ApiError> {
    let id: AnnouncementId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = signed_in.site.actors.core.store.announcement(id).await?;
    let own = found.filter(|one| one.business_id == signed_in.user.business_id);
    own.ok_or_else(ApiError::not_found)
}

async fn shape(site: &Site, one: Announcement) -> Result<AnnouncementShape, ApiError> {
    let counts = site.actors.core.store.recipient_counts(one.id).await?;
    let RecipientCounts { queued, sending, sent, failed, skipped, unknown } = counts;
    let created_by = site.roster().users.get(&one.created_by).map(Colleague::name).unwrap_or_default();
    Ok(AnnouncementShape {
        id: one.id,
        channel_id: one.channel_id,
        subject: one.subject,
        text: one.body,
        created_at: one.created_at,
        created_by,
        stopped_at: one.stopped_at,
        recipients: CountsShape { queued: queued + sending, sent, failed, skipped, unknown },
    })
}

fn mail_setup(site: &Site) -> MailShape {
    let no_server = site.actors.mailer.folder().map(|_| "no_mail_server");
    let local = is_local(&site.actors.public_url).then_some("local_address");
    MailShape { from: site.actors.mailer.from(), problems: no_server.into_iter().chain(local).collect() }
}

fn checked(subject: &str, text: &str) -> Result<(String, String), ApiError> {
    let mut wrong = BTreeMap::new();
    let (subject, text) = (subject.trim(), readable(text).trim().to_owned());
    let length = subject.chars().count();
    if length == 0 || length > MAX_SUBJECT || subject.chars().any(char::is_control) {
        wrong.insert("subject", format!("must be one line of 1 to {MAX_SUBJECT} characters"));
    }
    if is_blank(&text) || text.chars().count() > MAX_TEXT {
        wrong.insert("text", format!("must have 1 to {MAX_TEXT} characters"));
    }
    if wrong.is_empty() { Ok((subject.to_owned(), text)) } else { Err(ApiError::invalid_fields(wrong)) }
}
