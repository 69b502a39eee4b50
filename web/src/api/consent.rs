//! What contacts said about being written to, and what the team enters for them.

use super::shapes::{Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, put, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use switchboard_engine::business::ConsentScope;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::consent::{Consent, ConsentSource, ConsentState, ConsentTopic};
use switchboard_engine::ids::{ChannelId, ContactId};
use switchboard_engine::permission::{Cell, Operation, Principal, cell, permit};
use switchboard_engine::text::readable;
use switchboard_engine::time::Timestamp;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct ConsentsAnswer {
    consents: Vec<ConsentShape>,
}

/// The newest word. Where only the kind of channel counts (`consent_scope` is `business`), `channel_id` is `null`.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent)]
pub struct ConsentShape {
    /// `sms` or `whatsapp`
    #[schema(value_type = String)]
    channel_kind: ChannelKind,
    #[schema(value_type = Option<String>)]
    channel_id: Option<ChannelId>,
    /// `all`, or `marketing` only
    #[schema(value_type = String)]
    topic: ConsentTopic,
    /// `unknown`, `opted_in`, `opted_out`
    #[schema(value_type = String)]
    state: ConsentState,
    /// `keyword`, `provider`, `manual`, `import`; `null` while nothing is known
    #[schema(value_type = Option<String>)]
    source: Option<ConsentSource>,
    evidence: Option<String>,
    #[schema(value_type = Option<String>)]
    at: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetConsentRequest {
    /// `sms` or `whatsapp`
    #[schema(value_type = String)]
    channel_kind: ChannelKind,
    /// One number of ours; without it all of the kind
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    channel_id: Option<ChannelId>,
    /// `opted_in` or `opted_out`
    #[schema(value_type = String)]
    state: ConsentState,
    /// How the person agreed: needed to opt somebody in
    #[serde(default)]
    evidence: Option<String>,
}

/// What is known of a contact's wishes, for SMS and for WhatsApp.
#[utoipa::path(tag = "contacts", params(("id" = String, Path)), responses((status = 200, body = ConsentsAnswer), Refusals))]
#[get("/contacts/{id}/consent")]
pub(crate) async fn get_consent(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = contact(&signed_in, &id).await?;
    shown(&signed_in, id).await
}

/// Enters what a contact said. Agents may stop; who opts a person in says how they agreed.
#[utoipa::path(tag = "contacts", params(("id" = String, Path)), request_body = SetConsentRequest, responses((status = 200, body = ConsentsAnswer), Refusals, WriteRefusals))]
#[put("/contacts/{id}/consent")]
pub(crate) async fn set_consent(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SetConsentRequest>,
) -> Result<HttpResponse, ApiError> {
    let (id, part) = may_change(&signed_in, &id).await?;
    let SetConsentRequest { channel_kind, channel_id, state, evidence } = body.into_inner();
    let evidence = evidence.map(readable);
    let roster = signed_in.site.roster();
    let business = signed_in.user.business_id;
    let ours = |id: ChannelId| {
        let channel = roster.channels.get(&id).map(|line| &line.channel);
        channel.is_some_and(|channel| channel.kind == channel_kind && channel.business_id == business)
    };
    if channel_id.is_some_and(|id| !ours(id)) {
        return Err(ApiError::invalid("channel_id", "is not a channel of this kind"));
    }
    let (topic, source) = (ConsentTopic::All, ConsentSource::Manual);
    let at = signed_in.site.now();
    let said = Consent { channel_kind, channel_id, topic, state, source, evidence, at };
    said.check_manual(part)
        .map_err(|refusal| ApiError::from(switchboard_actors::trouble::Trouble::from(refusal)))?;
    signed_in.site.actors.set_consent(Some(signed_in.user.id), id, said).await?;
    let detail = json!({"channel_kind": channel_kind, "channel_id": channel_id, "state": state});
    request.extensions_mut().insert(Note { detail, ..Note::default() });
    shown(&signed_in, id).await
}

/// The contact, and whether the caller may enter only a part of what can be said: that they want no more.
pub(super) async fn may_change(signed_in: &SignedIn, id: &str) -> Result<(ContactId, bool), ApiError> {
    let id = contact(signed_in, id).await?;
    let principal = principal(signed_in, id).await?;
    permit(Operation::ChangeConsent, principal)?;
    Ok((id, cell(Operation::ChangeConsent, principal) == Cell::Part))
}

pub(super) async fn contact(signed_in: &SignedIn, id: &str) -> Result<ContactId, ApiError> {
    let id: ContactId = id.parse().map_err(|_| ApiError::not_found())?;
    let owner = signed_in.site.actors.core.store.contact_business(id).await?;
    if owner == Some(signed_in.user.business_id) { Ok(id) } else { Err(ApiError::not_found()) }
}

/// The best part somebody has in any group that knows the contact; in their own groups where none does.
pub(super) async fn principal(signed_in: &SignedIn, contact: ContactId) -> Result<Principal, ApiError> {
    let user = &signed_in.user;
    let mut groups = signed_in.site.actors.core.store.groups_of_contact(contact).await?;
    if groups.is_empty() {
        groups = user.groups.to_vec();
    }
    let parts: Vec<Principal> = groups.into_iter().map(|group| user.principal(group)).collect();
    let best = [Principal::Admin, Principal::GroupAdmin, Principal::Member];
    Ok(best.into_iter().find(|part| parts.contains(part)).unwrap_or(match user.role {
        switchboard_engine::user::Role::Admin => Principal::Admin,
        switchboard_engine::user::Role::Agent => Principal::NonMember,
    }))
}

async fn shown(signed_in: &SignedIn, id: ContactId) -> Result<HttpResponse, ApiError> {
    let said = signed_in.site.actors.core.store.consents(id).await?;
    let scope = signed_in.site.roster().settings().consent_scope;
    let mut consents = Vec::new();
    for kind in [ChannelKind::Sms, ChannelKind::Whatsapp] {
        let about: Vec<&Consent> = said.iter().filter(|one| one.channel_kind == kind).collect();
        consents.extend(of_kind(kind, &about, scope));
    }
    Ok(HttpResponse::Ok().json(ConsentsAnswer { consents }))
}

fn of_kind(kind: ChannelKind, said: &[&Consent], scope: ConsentScope) -> Vec<ConsentShape> {
    let mut list: Vec<ConsentShape> = Vec::new();
    for topic in [ConsentTopic::All, ConsentTopic::Marketing] {
        let about = said.iter().filter(|one| one.topic == topic);
        match scope {
            ConsentScope::Sender => list.extend(about.map(|one| shape(one))),
            ConsentScope::Business => {
                let newest = about.max_by_key(|one| (one.at, one.state == ConsentState::OptedOut));
                list.extend(newest.map(|one| ConsentShape { channel_id: None, ..shape(one) }));
            }
        }
    }
    if !list.iter().any(|one| one.topic == ConsentTopic::All) {
        let (topic, state) = (ConsentTopic::All, ConsentState::Unknown);
        let nothing = ConsentShape {
            channel_kind: kind,
            channel_id: None,
            topic,
            state,
            source: None,
            evidence: None,
            at: None,
        };
        list.insert(0, nothing);
    }
    list
}

fn shape(said: &Consent) -> ConsentShape {
    let Consent { channel_kind, channel_id, topic, state, source, evidence, at } = said.clone();
    ConsentShape { channel_kind, channel_id, topic, state, source: Some(source), evidence, at: Some(at) }
}
