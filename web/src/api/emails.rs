//! E-mail addresses of contacts: who wants mail, and the list of those who can be mailed.

use super::consent::{contact, may_change};
use super::shapes::{ErrorAnswer, Refusals, WriteRefusals};
use crate::audit::Note;
use crate::csv;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, put, web};
use bytes::Bytes;
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use switchboard_actors::trouble::Trouble;
use switchboard_engine::consent::{ConsentSource, ConsentState, EmailConsent};
use switchboard_engine::ids::{BusinessId, ContactId};
use switchboard_engine::text::readable;
use switchboard_engine::time::Timestamp;
use switchboard_schema::{EmailContact, Store};
use utoipa::ToSchema;

/// Contacts read at once.
const STEP: i64 = 500;

#[derive(Serialize, ToSchema)]
pub struct EmailConsentAnswer {
    consent: EmailConsentShape,
}

/// The newest word about e-mail.
#[derive(Serialize, ToSchema)]
#[schema(as = EmailConsent)]
pub struct EmailConsentShape {
    /// `unknown`, `opted_in`, `opted_out`
    #[schema(value_type = String)]
    state: ConsentState,
    /// `link` (in a mail), `manual`, `import`; `null` while nothing is known
    #[schema(value_type = Option<String>)]
    source: Option<ConsentSource>,
    evidence: Option<String>,
    #[schema(value_type = Option<String>)]
    at: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetEmailConsentRequest {
    /// `opted_in` or `opted_out`
    #[schema(value_type = String)]
    state: ConsentState,
    /// How the person agreed: needed to opt somebody in
    #[serde(default)]
    evidence: Option<String>,
}

/// Contacts who can be mailed, as CSV for a mailing tool: active, with an address, and without those who want no mail. Admins only.
#[utoipa::path(tag = "contacts", responses(
    (status = 200, description = "`name`, `email`, `consent` (unknown, opted_in), `consent_at`; UTF-8 with a byte order mark",
        content_type = "text/csv", body = String),
    (status = 403, body = ErrorAnswer),
    Refusals,
))]
#[get("/contacts/emails.csv")]
pub(crate) async fn export_emails(
    request: HttpRequest,
    signed_in: SignedIn,
) -> Result<HttpResponse, ApiError> {
    let store = signed_in.site.actors.core.store.clone();
    let business = signed_in.user.business_id;
    let audience = store.email_audience(business).await?;
    let detail = json!({"exported": "emails", "contacts": audience.recipients});
    request.extensions_mut().insert(Note { detail, ..Note::default() });
    tracing::info!(user.id = %signed_in.user.id, contacts = audience.recipients, "e-mail addresses were exported");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"contacts-with-email.csv\""))
        .streaming(lines(store, business)))
}

/// Some hundred lines at a time; what fails in the middle breaks the download off, so that no half list looks whole.
fn lines(store: Store, business: BusinessId) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    stream::try_unfold(
        (store, Some(None)),
        move |(store, at): (Store, Option<Option<ContactId>>)| async move {
            let Some(after) = at else { return Ok(None) };
            let page = store.email_contacts(business, after.unwrap_or(ContactId(0)), STEP).await;
            let page = page.map_err(std::io::Error::other)?;
            let next = page.last().map(|last| Some(last.id));
            let mut bytes = Vec::new();
            if after.is_none() {
                let head = ["name", "email", "consent", "consent_at"].map(str::to_owned);
                bytes.extend_from_slice(csv::MARK);
                bytes.extend_from_slice(&csv::rows([head]).map_err(std::io::Error::other)?);
            }
            bytes.extend_from_slice(&csv::rows(page.iter().map(line)).map_err(std::io::Error::other)?);
            Ok(Some((Bytes::from(bytes), (store, next))))
        },
    )
}

fn line(contact: &EmailContact) -> [String; 4] {
    let said = contact.consent.as_ref();
    let state = said.map_or(ConsentState::Unknown, |said| said.state);
    let at = said.map(|said| said.at.to_string()).unwrap_or_default();
    [contact.name.clone().unwrap_or_default(), contact.email.clone(), state.as_str().to_owned(), at]
}

/// What is known of a contact's wishes about e-mail.
#[utoipa::path(tag = "contacts", params(("id" = String, Path)), responses((status = 200, body = EmailConsentAnswer), Refusals))]
#[get("/contacts/{id}/consent/email")]
pub(crate) async fn get_email_consent(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = contact(&signed_in, &id).await?;
    shown(&signed_in, id).await
}

/// Enters what a contact said about e-mail. Agents may stop; who opts a person in says how they agreed.
#[utoipa::path(tag = "contacts", params(("id" = String, Path)), request_body = SetEmailConsentRequest, responses((status = 200, body = EmailConsentAnswer), Refusals, WriteRefusals))]
#[put("/contacts/{id}/consent/email")]
pub(crate) async fn set_email_consent(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SetEmailConsentRequest>,
) -> Result<HttpResponse, ApiError> {
    let (id, part) = may_change(&signed_in, &id).await?;
    let SetEmailConsentRequest { state, evidence } = body.into_inner();
    let said = EmailConsent {
        state,
        source: ConsentSource::Manual,
        evidence: evidence.map(readable),
        at: signed_in.site.actors.core.clock.now(),
    };
    said.check_manual(part).map_err(Trouble::from)?;
    signed_in.site.actors.core.store.set_email_consent(id, said).await?;
    let detail = json!({"channel_kind": "email", "state": state});
    request.extensions_mut().insert(Note { detail, ..Note::default() });
    shown(&signed_in, id).await
}

async fn shown(signed_in: &SignedIn, id: ContactId) -> Result<HttpResponse, ApiError> {
    let said = signed_in.site.actors.core.store.email_consent(id).await?;
    let consent = match said {
        Some(EmailConsent { state, source, evidence, at }) => {
            EmailConsentShape { state, source: Some(source), evidence, at: Some(at) }
        }
        None => EmailConsentShape { state: ConsentState::Unknown, source: None, evidence: None, at: None },
    };
    Ok(HttpResponse::Ok().json(EmailConsentAnswer { consent }))
}
