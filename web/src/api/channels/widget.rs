//! The webchat widget: how it looks, what it asks, which pages may show it. A change is live with the next page that loads it.

use super::change::save;
use super::{ChannelAnswer, ChannelShape, managed, present};
use crate::api::shapes::{Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::origin::is_source;
use crate::session::SignedIn;
use actix_web::{HttpResponse, post, put, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use switchboard_actors::roster::Line;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::text::readable;
use switchboard_engine::widget::Prechat;
use utoipa::ToSchema;

/// The whole configuration; what is left out is as it is by default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WidgetRequest {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    greeting: Option<String>,
    /// `#0f766e`
    #[serde(default)]
    colour: Option<String>,
    /// `left` or `right`
    #[serde(default)]
    position: Option<String>,
    /// What the launcher is called for screen readers.
    #[serde(default)]
    label: Option<String>,
    /// `en`, `de`, `fr`, `es`, `ar`
    #[serde(default)]
    locale: Option<String>,
    /// Shown under the greeting while nobody has to be there.
    #[serde(default)]
    offline_text: Option<String>,
    /// `https://shop.example`, `https://*.shop.example`, `http://localhost:*`; none means any page.
    #[serde(default)]
    allowed_origins: Vec<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    prechat: Option<Value>,
}

#[derive(Serialize, ToSchema)]
pub struct IdentitySecretAnswer {
    /// Shown this once. Sign the user id with it: hex HMAC-SHA256.
    identity_secret: String,
}

/// Configures a widget.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), request_body = WidgetRequest,
    responses((status = 200, body = ChannelAnswer), Refusals, WriteRefusals))]
#[put("/channels/{id}/widget")]
pub(crate) async fn configure_widget(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<WidgetRequest>,
) -> Result<HttpResponse, ApiError> {
    let line = widget(&signed_in, &id)?;
    let settings = settings(body.into_inner())?;
    let site = &signed_in.site;
    save(site, line.channel.id, |record| record.settings = settings).await?;
    tracing::info!(channel.id = %line.channel.id, user.id = %signed_in.user.id, "a widget was configured");
    Ok(HttpResponse::Ok().json(ChannelShape::answer(&*present(site, line.channel.id)?, site)))
}

/// Makes a new secret with which the website proves who its visitor is; the one before is worth nothing from here on.
#[utoipa::path(tag = "channels", params(("id" = String, Path)),
    responses((status = 201, body = IdentitySecretAnswer), Refusals, WriteRefusals))]
#[post("/channels/{id}/widget/identity_secret")]
pub(crate) async fn make_identity_secret(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let line = widget(&signed_in, &id)?;
    let identity_secret = hex::encode(rand::random::<[u8; 32]>());
    let (site, id) = (&signed_in.site, line.channel.id);
    let sealed = site.actors.vault.seal_json("channel", id.0, &json!({"identity_secret": identity_secret}));
    save(site, id, |record| record.credentials = Some(sealed)).await?;
    tracing::info!(channel.id = %id, user.id = %signed_in.user.id, "a widget got a new identity secret");
    Ok(HttpResponse::Created().json(IdentitySecretAnswer { identity_secret }))
}

fn widget(signed_in: &SignedIn, id: &str) -> Result<Arc<Line>, ApiError> {
    let line = managed(signed_in, id)?;
    if line.channel.kind == ChannelKind::Webchat { Ok(line) } else { Err(ApiError::not_found()) }
}

fn settings(body: WidgetRequest) -> Result<Value, ApiError> {
    let mut wrong: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut settings = serde_json::Map::new();
    for (name, text, most) in [
        ("title", body.title, 80),
        ("greeting", body.greeting, 500),
        ("label", body.label, 80),
        ("offline_text", body.offline_text, 500),
    ] {
        let Some(text) = text.map(|text| readable(text).trim().to_owned()).filter(|text| !text.is_empty())
        else {
            continue;
        };
        if text.chars().count() > most {
            wrong.insert(name, format!("must have at most {most} characters"));
        }
        settings.insert(name.to_owned(), text.into());
    }
    let mut choice =
        |name: &'static str, given: Option<String>, fits: &dyn Fn(&str) -> bool, wanted: &str| {
            if let Some(given) = given {
                if !fits(&given) {
                    wrong.insert(name, format!("must be {wanted}"));
                }
                settings.insert(name.to_owned(), given.into());
            }
        };
    choice("colour", body.colour, &is_colour, "like #0f766e");
    choice("position", body.position, &|side| matches!(side, "left" | "right"), "left or right");
    choice("locale", body.locale, &|locale| LOCALES.contains(&locale), "one of en, de, fr, es, ar");
    if body.allowed_origins.len() > 100 || !body.allowed_origins.iter().all(|origin| is_source(origin)) {
        wrong.insert("allowed_origins", "must be at most 100 of the form https://shop.example".to_owned());
    }
    if !body.allowed_origins.is_empty() {
        settings.insert("allowed_origins".to_owned(), body.allowed_origins.into());
    }
    if let Some(form) = body.prechat {
        if let Err(problem) = Prechat::read(&form) {
            wrong.insert("prechat", problem);
        }
        settings.insert("prechat".to_owned(), form);
    }
    if wrong.is_empty() { Ok(Value::Object(settings)) } else { Err(ApiError::invalid_fields(wrong)) }
}

const LOCALES: [&str; 5] = ["en", "de", "fr", "es", "ar"];

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
}
