//! Channels: the connected lines. Their secrets go in and never come out.

use super::setup::widget_key;
use super::shapes::{Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::origin::is_source;
use crate::session::SignedIn;
use actix_web::http::header::HeaderName;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::str::FromStr;
use switchboard_engine::channel::{Channel, ChannelKind, Provider};
use switchboard_engine::channels::sms::gateway::{BodyFormat, TOKEN_HEADERS};
use switchboard_engine::channels::sms::vonage::signature::Method;
use switchboard_engine::ids::{ChannelId, GroupId};
use switchboard_engine::permission::Operation;
use switchboard_schema::{ChannelRecord, ChannelStatus};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateChannelRequest {
    #[schema(value_type = String, example = "whatsapp")]
    kind: ChannelKind,
    /// `widget`, `cloud_api`, `dialog360`, `twilio`, `vonage` or `http_sms`
    #[schema(value_type = String, example = "cloud_api")]
    provider: Provider,
    name: String,
    #[schema(value_type = String)]
    group_id: GroupId,
    /// WhatsApp phone number id, our number (E.164); empty for webchat, whose key is made here.
    #[serde(default)]
    address: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// `access_token`, `app_secret`, `verify_token` (Cloud API); `api_key`, `webhook_secret` (360dialog); `account_sid`, `auth_token` (Twilio);
    /// `api_key`, `api_secret`, `signature_secret` (Vonage); `token`, `webhook_secret` (HTTP gateway)
    #[serde(default)]
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Channel)]
pub struct ChannelShape {
    #[schema(value_type = String)]
    id: ChannelId,
    #[schema(value_type = String)]
    kind: ChannelKind,
    #[schema(value_type = String)]
    provider: Provider,
    name: String,
    #[schema(value_type = String)]
    group_id: GroupId,
    /// For webchat its widget key.
    address: String,
    #[schema(example = "connected")]
    status: &'static str,
    /// What the provider must call; `null` for webchat.
    webhook_url: Option<String>,
    #[schema(value_type = Object)]
    settings: Value,
}

#[derive(Serialize, ToSchema)]
pub struct ChannelsAnswer {
    channels: Vec<ChannelShape>,
}

#[derive(Serialize, ToSchema)]
pub struct ChannelAnswer {
    channel: ChannelShape,
}

impl ChannelShape {
    fn of(record: ChannelRecord, public_url: &str) -> Self {
        let Channel { id, kind, provider, name, group_id, address, .. } = record.channel;
        let webhook_url = webhook_url(public_url, kind, id);
        let (status, settings) = (record.status.as_str(), record.settings);
        Self { id, kind, provider, name, group_id, address, status, webhook_url, settings }
    }
}

/// Where the provider of a channel must send its callbacks.
pub fn webhook_url(public_url: &str, kind: ChannelKind, id: ChannelId) -> Option<String> {
    match kind {
        ChannelKind::Webchat => None,
        ChannelKind::Whatsapp => Some(format!("{public_url}/hooks/whatsapp/{id}")),
        ChannelKind::Sms => Some(format!("{public_url}/hooks/sms/{id}")),
    }
}

/// Channels of the groups this user may see.
#[utoipa::path(tag = "channels", responses((status = 200, body = ChannelsAnswer), Refusals))]
#[get("/channels")]
pub(crate) async fn list_channels(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let records = site.actors.core.store.channels().await?.into_iter();
    let visible =
        records.filter(|one| one.channel.business_id == user.business_id && user.sees(one.channel.group_id));
    let channels = visible.map(|record| ChannelShape::of(record, &site.actors.public_url)).collect();
    Ok(HttpResponse::Ok().json(ChannelsAnswer { channels }))
}

/// Connects a line: admins, and admins of its group.
#[utoipa::path(tag = "channels", request_body = CreateChannelRequest, responses((status = 201, body = ChannelAnswer), Refusals, WriteRefusals))]
#[post("/channels")]
pub(crate) async fn create_channel(
    signed_in: SignedIn,
    body: web::Json<CreateChannelRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let body = body.into_inner();
    let group = body.group_id;
    user.may(Operation::ManageChannels, group)?;
    if site.roster().group(user.business_id, group).is_none_or(|known| known.archived) {
        return Err(ApiError::invalid("group_id", "is not a group of this business"));
    }
    let CreateChannelRequest { kind, provider, name, address, settings, credentials, .. } = checked(body)?;
    let id = ChannelId(site.actors.core.ids.next());
    let sealed = site.actors.vault.seal_json("channel", id.0, &Value::Object(credentials));
    let record = ChannelRecord {
        channel: Channel {
            id,
            business_id: user.business_id,
            group_id: group,
            kind,
            provider,
            name,
            address,
        },
        status: ChannelStatus::Connected,
        credentials: Some(sealed),
        settings: Value::Object(settings),
        created_at: site.now(),
    };
    site.actors.core.store.create_channel(record.clone()).await?;
    site.actors.reload().await?;
    tracing::info!(channel.id = %id, channel.kind = kind.as_str(), user.id = %user.id, "a channel was connected");
    let channel = ChannelShape::of(record, &site.actors.public_url);
    Ok(HttpResponse::Created().json(ChannelAnswer { channel }))
}

/// How an HTTP gateway wants to be called, and how it calls us.
const GATEWAY_SETTINGS: &[&str] = &[
    "send_url",
    "body_format",
    "token_header",
    "id_path",
    "to_field",
    "from_field",
    "text_field",
    "reference_field",
    "callback_field",
    "media_field",
    "secret_header",
    "mms",
];

/// What a provider cannot work without, and what may be set.
fn needs(provider: Provider) -> (&'static [&'static str], &'static [&'static str]) {
    match provider {
        Provider::Widget => {
            (&[], &["title", "greeting", "colour", "position", "locale", "label", "allowed_origins"])
        }
        Provider::CloudApi => (
            &["access_token", "app_secret", "verify_token"],
            &["base_url", "api_version", "accept_any_number", "waba_id"],
        ),
        Provider::Dialog360 => {
            (&["api_key", "webhook_secret"], &["base_url", "webhook_header", "accept_any_number"])
        }
        Provider::Twilio => (&["account_sid", "auth_token"], &["base_url"]),
        Provider::Vonage => {
            (&["api_key", "api_secret", "signature_secret"], &["base_url", "signature_method"])
        }
        Provider::HttpSms => (&["token", "webhook_secret"], GATEWAY_SETTINGS),
    }
}

fn checked(mut body: CreateChannelRequest) -> Result<CreateChannelRequest, ApiError> {
    let mut wrong = BTreeMap::new();
    if body.provider.kind() != body.kind {
        wrong.insert("provider", format!("does not carry {}", body.kind.as_str()));
    }
    let name = body.name.trim().to_owned();
    body.name = name;
    if body.name.is_empty() || body.name.chars().count() > 100 {
        wrong.insert("name", "must have 1 to 100 characters".to_owned());
    }
    body.address = match address(body.provider, body.address.trim()) {
        Ok(address) => address,
        Err(problem) => {
            wrong.insert("address", problem.to_owned());
            String::new()
        }
    };
    let (secrets, settings) = needs(body.provider);
    let given = |name: &&&str| {
        body.credentials.get(**name).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
    };
    let missing: Vec<&str> = secrets.iter().filter(|name| !given(name)).copied().collect();
    if !missing.is_empty() {
        wrong.insert("credentials", format!("needs {}", missing.join(", ")));
    }
    if let Some(unknown) = body.credentials.keys().find(|name| !secrets.contains(&name.as_str())) {
        wrong.insert("credentials", format!("{unknown} is not one of {}", secrets.join(", ")));
    }
    if let Some(problem) =
        body.settings.iter().find_map(|(name, value)| setting_problem(settings, name, value))
    {
        wrong.insert("settings", problem);
    }
    if body.provider == Provider::HttpSms && !body.settings.contains_key("send_url") {
        wrong.entry("settings").or_insert_with(|| "needs send_url".to_owned());
    }
    if wrong.is_empty() { Ok(body) } else { Err(ApiError::invalid_fields(wrong)) }
}

fn address(provider: Provider, given: &str) -> Result<String, &'static str> {
    let digits = |text: &str, most: usize| {
        (5..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match provider {
        Provider::Widget if given.is_empty() => Ok(widget_key()),
        Provider::Widget => Err("must be empty: the widget's key is made here"),
        Provider::CloudApi | Provider::Dialog360 if digits(given, 32) => Ok(given.to_owned()),
        Provider::CloudApi | Provider::Dialog360 => Err("must be the phone number id: digits only"),
        Provider::Twilio | Provider::Vonage | Provider::HttpSms
            if given.strip_prefix('+').is_some_and(|number| digits(number, 15)) =>
        {
            Ok(given.to_owned())
        }
        Provider::Twilio => Err("must be a number like +442079460000"),
        Provider::Vonage | Provider::HttpSms if is_sender_name(given) => Ok(given.to_owned()),
        Provider::Vonage | Provider::HttpSms => Err(
            "must be a number like +442079460000, a short code or a sender name of up to 11 letters and digits",
        ),
    }
}

/// Letters and digits, as networks show them.
fn is_sender_name(text: &str) -> bool {
    (3..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn setting_problem(known: &[&str], name: &str, value: &Value) -> Option<String> {
    if !known.contains(&name) {
        return Some(format!("{name} is not one of {}", known.join(", ")));
    }
    let fits = match (name, value) {
        ("accept_any_number" | "mms", value) => value.is_boolean(),
        ("signature_method", Value::String(method)) => Method::parse(method).is_some(),
        ("body_format", Value::String(format)) => BodyFormat::parse(format).is_some(),
        ("token_header", Value::String(name)) => TOKEN_HEADERS.contains(&name.to_lowercase().as_str()),
        ("secret_header", Value::String(name)) => HeaderName::from_str(name).is_ok(),
        ("allowed_origins", Value::Array(list)) => {
            list.len() <= 100 && list.iter().all(|one| one.as_str().is_some_and(is_source))
        }
        ("base_url" | "send_url", Value::String(url)) => {
            url.starts_with("http://") || url.starts_with("https://")
        }
        ("waba_id", Value::String(id)) => {
            (5..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
        }
        ("colour", Value::String(colour)) => {
            colour.len() == 7
                && colour.starts_with('#')
                && colour.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
        }
        ("position", Value::String(side)) => matches!(side.as_str(), "left" | "right"),
        (_, Value::String(text)) => text.len() <= 500,
        _ => false,
    };
    (!fits).then(|| format!("{name} has a value that makes no sense"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(body: Value) -> Vec<&'static str> {
        match checked(serde_json::from_value(body).unwrap()) {
            Ok(_) => Vec::new(),
            Err(error) => error.fields.keys().copied().collect(),
        }
    }

    #[test]
    fn a_channel_needs_what_its_provider_needs() {
        let good = json!({"kind": "whatsapp", "provider": "cloud_api", "name": "W", "group_id": "1", "address": "123456789",
            "credentials": {"access_token": "a", "app_secret": "b", "verify_token": "c"}});
        assert!(problems(good).is_empty());
        let bad = json!({"kind": "sms", "provider": "cloud_api", "name": " ", "group_id": "1", "address": "+44",
            "credentials": {"access_token": ""}, "settings": {"base_url": "ftp://x"}});
        assert_eq!(problems(bad), ["address", "credentials", "name", "provider", "settings"]);
    }

    #[test]
    fn a_widget_gets_its_key_here() {
        let widget = json!({"kind": "webchat", "provider": "widget", "name": "Site", "group_id": "1",
            "settings": {"allowed_origins": ["https://shop.example"], "colour": "#0f766e"}});
        let made = checked(serde_json::from_value(widget).unwrap()).ok().unwrap();
        assert_eq!(made.address.len(), 32);
        let chosen = json!({"kind": "webchat", "provider": "widget", "name": "Site", "group_id": "1", "address": "mine",
            "settings": {"allowed_origins": ["https://shop.example; script-src *"]}});
        assert_eq!(problems(chosen), ["address", "settings"]);
    }
}
