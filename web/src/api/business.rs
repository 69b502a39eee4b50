//! The business itself: its name and place, and what its admins chose.

use super::shapes::{Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::{ApiError, Fields};
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, patch};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use switchboard_engine::business::Settings;
use switchboard_engine::business_hours::is_time_zone;
use switchboard_engine::ids::BusinessId;
use switchboard_engine::json;
use switchboard_engine::place::{is_country, is_currency};
use switchboard_engine::text::is_name;
use switchboard_schema::Business;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct BusinessAnswer {
    business: BusinessShape,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BusinessDetails)]
pub struct BusinessShape {
    #[schema(value_type = String)]
    id: BusinessId,
    name: String,
    /// ISO 3166, two letters
    country: String,
    /// IANA name
    time_zone: String,
    /// ISO 4217, three letters
    currency: Option<String>,
    #[schema(value_type = Object)]
    settings: Settings,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBusinessRequest {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    country: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
    #[serde(default)]
    currency: Option<String>,
    /// Only the switches to change; docs/protocol.md lists them.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// The business and its switches.
#[utoipa::path(tag = "business", responses((status = 200, body = BusinessAnswer), Refusals))]
#[get("/business")]
pub(crate) async fn get_business(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(answer(&current(&signed_in)?)))
}

/// Changes what is named, leaves the rest.
#[utoipa::path(tag = "business", request_body = ChangeBusinessRequest, responses((status = 200, body = BusinessAnswer), Refusals, WriteRefusals))]
#[patch("/business")]
pub(crate) async fn change_business(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<ChangeBusinessRequest>,
) -> Result<HttpResponse, ApiError> {
    let changed = apply(current(&signed_in)?, body.into_inner())?;
    let site = &signed_in.site;
    let detail = json!({"name": changed.name, "country": changed.country, "time_zone": changed.time_zone,
        "currency": changed.currency, "settings": changed.settings});
    if !site.actors.core.store.change_business(changed.clone(), site.now()).await? {
        return Err(ApiError::not_found());
    }
    site.actors.reload().await?;
    site.actors.plan_anew().await?;
    request.extensions_mut().insert(Note { detail, ..Note::default() });
    Ok(HttpResponse::Ok().json(answer(&changed)))
}

fn current(signed_in: &SignedIn) -> Result<Business, ApiError> {
    signed_in.site.roster().business.clone().ok_or_else(ApiError::not_found)
}

fn answer(business: &Business) -> BusinessAnswer {
    let Business { id, name, country, time_zone, currency, settings, .. } = business.clone();
    BusinessAnswer { business: BusinessShape { id, name, country, time_zone, currency, settings } }
}

fn apply(mut business: Business, body: ChangeBusinessRequest) -> Result<Business, ApiError> {
    let mut wrong = Fields::new();
    if let Some(name) = body.name {
        name.trim().clone_into(&mut business.name);
        if !is_name(&business.name, 100) {
            wrong.insert("name".into(), "must be one line of 1 to 100 characters".to_owned());
        }
    }
    if let Some(country) = body.country {
        business.country = country.trim().to_uppercase();
        if !is_country(&business.country) {
            wrong.insert("country".into(), "must be a country's code of two letters, like GB".to_owned());
        }
    }
    if let Some(zone) = body.time_zone {
        if !is_time_zone(&zone) {
            wrong.insert("time_zone".into(), "is not a zone we know; it looks like Europe/London".to_owned());
        }
        business.time_zone = zone;
    }
    if let Some(currency) = body.currency {
        let currency = currency.trim().to_uppercase();
        if !is_currency(&currency) {
            wrong
                .insert("currency".into(), "must be a currency's code of three letters, like GBP".to_owned());
        }
        business.currency = Some(currency);
    }
    match with(&business.settings, body.settings) {
        Ok(settings) => business.settings = settings,
        Err((setting, problem)) => {
            wrong.insert(setting, problem);
        }
    }
    if wrong.is_empty() { Ok(business) } else { Err(ApiError::invalid_fields(wrong)) }
}

/// The settings with some of them changed; else which is wrong, and how.
fn with(settings: &Settings, changes: Map<String, Value>) -> Result<Settings, (Cow<'static, str>, String)> {
    let wrong = |name: &str, problem: String| (format!("settings.{name}").into(), problem);
    let Ok(Value::Object(mut all)) = serde_json::to_value(settings) else {
        return Err(("settings".into(), "cannot be changed".to_owned()));
    };
    for (name, value) in changes {
        if !all.contains_key(&name) {
            let names: Vec<&str> = all.keys().map(String::as_str).collect();
            return Err(wrong(&name, format!("is not one of {}", names.join(", "))));
        }
        all.insert(name, value);
    }
    let settings: Settings =
        json::read_value(Value::Object(all)).map_err(|misfit| wrong(&misfit.field, misfit.detail))?;
    if settings.reopen_within_hours > 24 * 365 {
        return Err(wrong("reopen_within_hours", "must be at most 8760".to_owned()));
    }
    if settings.retention_days > 36_500 {
        return Err(wrong("retention_days", "must be at most 36500".to_owned()));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_switches_change() {
        let changes = |value: Value| value.as_object().cloned().unwrap();
        let settings = with(&Settings::default(), changes(json!({"reopen_within_hours": 3}))).unwrap();
        assert_eq!(settings, Settings { reopen_within_hours: 3, ..Settings::default() });
        for (change, field, problem) in [
            (json!({"free_beer": true}), "free_beer", "is not one of"),
            (json!({"require_opt_in": "yes"}), "require_opt_in", "must be true or false"),
            (json!({"retention_days": 1.5}), "retention_days", "must be a whole number"),
            (json!({"reopen_within_hours": 9_999}), "reopen_within_hours", "must be at most 8760"),
        ] {
            let (setting, told) = with(&settings, changes(change)).unwrap_err();
            assert_eq!(setting, format!("settings.{field}"));
            assert!(told.starts_with(problem), "{told}");
        }
    }
}
