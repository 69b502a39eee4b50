//! What a channel must have: the credentials and settings of each provider, and what they may be.

use super::connect::CreateChannelRequest;
use crate::api::setup::widget_key;
use crate::error::ApiError;
use crate::origin::is_source;
use actix_web::http::header::HeaderName;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::str::FromStr;
use switchboard_engine::channel::Provider;
use switchboard_engine::channels::sms::gateway::{BodyFormat, TOKEN_HEADERS};
use switchboard_engine::channels::sms::vonage::signature::Method;
use switchboard_engine::text::is_name;
use switchboard_engine::widget::Prechat;

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
    "check_url",
    "mms",
    "messages_per_second",
];

/// How a widget looks and behaves; see [`switchboard_engine::widget`].
const WIDGET_SETTINGS: &[&str] = &[
    "title",
    "greeting",
    "colour",
    "position",
    "locale",
    "label",
    "offline_text",
    "allowed_origins",
    "prechat",
];

/// What a provider cannot work without, and what may be set.
fn needs(provider: Provider) -> (&'static [&'static str], &'static [&'static str]) {
    match provider {
        Provider::Widget => (&[], WIDGET_SETTINGS),
        Provider::CloudApi => (
            &["access_token", "app_secret", "verify_token"],
            &[
                "base_url",
                "api_version",
                "accept_any_number",
                "waba_id",
                "profile_logo_done",
                "messages_per_second",
            ],
        ),
        Provider::Dialog360 => (
            &["api_key", "webhook_secret"],
            &["base_url", "webhook_header", "accept_any_number", "profile_logo_done", "messages_per_second"],
        ),
        Provider::Twilio => (&["account_sid", "auth_token"], &["base_url", "mms", "messages_per_second"]),
        Provider::Vonage => (
            &["api_key", "api_secret", "signature_secret"],
            &["base_url", "signature_method", "messages_per_second"],
        ),
        Provider::HttpSms => (&["token", "webhook_secret"], GATEWAY_SETTINGS),
    }
}

pub(super) fn checked(mut body: CreateChannelRequest) -> Result<CreateChannelRequest, ApiError> {
    let mut wrong = BTreeMap::new();
    if body.provider.kind() != body.kind {
        wrong.insert("provider", format!("does not carry {}", body.kind.as_str()));
    }
    let name = body.name.trim().to_owned();
    body.name = name;
    if !is_name(&body.name, 100) {
        wrong.insert("name", "must be one line of 1 to 100 characters".to_owned());
    }
    body.address = match address(body.provider, body.address.trim()) {
        Ok(address) => address,
        Err(problem) => {
            wrong.insert("address", problem.to_owned());
            String::new()
        }
    };
    if let Some(problem) = credentials_problem(body.provider, &body.credentials) {
        wrong.insert("credentials", problem);
    }
    if let Some(problem) = settings_problem(body.provider, &body.settings) {
        wrong.insert("settings", problem);
    }
    if wrong.is_empty() { Ok(body) } else { Err(ApiError::invalid_fields(wrong)) }
}

/// What is wrong with a whole set of credentials.
pub(super) fn credentials_problem(provider: Provider, credentials: &Map<String, Value>) -> Option<String> {
    let (secrets, _) = needs(provider);
    if let Some(unknown) = credentials.keys().find(|name| !secrets.contains(&name.as_str())) {
        return Some(match secrets {
            [] => format!("{unknown} is not needed: this kind of channel has no credentials"),
            _ => format!("{unknown} is not one of {}", secrets.join(", ")),
        });
    }
    let given = |name: &&&str| {
        credentials
            .get(**name)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty() && text.len() <= 1_000)
    };
    let missing: Vec<&str> = secrets.iter().filter(|name| !given(name)).copied().collect();
    (!missing.is_empty()).then(|| format!("needs {}", missing.join(", ")))
}

/// What is wrong with a whole set of settings.
pub(super) fn settings_problem(provider: Provider, settings: &Map<String, Value>) -> Option<String> {
    let (_, known) = needs(provider);
    let wrong = settings.iter().find_map(|(name, value)| setting_problem(known, name, value));
    let lacks = provider == Provider::HttpSms && !settings.contains_key("send_url");
    wrong.or_else(|| lacks.then(|| "needs send_url".to_owned()))
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
        ("accept_any_number" | "mms" | "profile_logo_done", value) => value.is_boolean(),
        // 0: no limit of ours.
        ("messages_per_second", value) => value.as_f64().is_some_and(|rate| (0.0..=1_000.0).contains(&rate)),
        ("signature_method", Value::String(method)) => Method::parse(method).is_some(),
        ("body_format", Value::String(format)) => BodyFormat::parse(format).is_some(),
        ("token_header", Value::String(name)) => TOKEN_HEADERS.contains(&name.to_lowercase().as_str()),
        ("secret_header" | "webhook_header", Value::String(name)) => HeaderName::from_str(name).is_ok(),
        ("allowed_origins", Value::Array(list)) => {
            list.len() <= 100 && list.iter().all(|one| one.as_str().is_some_and(is_source))
        }
        ("base_url" | "send_url" | "check_url", Value::String(url)) => {
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
        ("prechat", value) => return Prechat::read(value).err(),
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

    fn problems(body: Value) -> Vec<String> {
        match checked(serde_json::from_value(body).unwrap()) {
            Ok(_) => Vec::new(),
            Err(error) => error.fields.into_keys().map(Into::into).collect(),
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
    fn a_channel_may_say_how_fast_it_sends() {
        let problem = |rate: Value| {
            let settings = Map::from_iter([("messages_per_second".to_owned(), rate)]);
            settings_problem(Provider::Twilio, &settings)
        };
        assert_eq!([problem(json!(0)), problem(json!(0.5)), problem(json!(80))], [None, None, None]);
        for wrong in [json!(-1), json!(1_001), json!("80"), json!(null)] {
            assert!(
                problem(wrong.clone()).is_some_and(|text| text.contains("messages_per_second")),
                "{wrong}"
            );
        }
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
