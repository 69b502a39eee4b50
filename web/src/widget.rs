//! What a shop's page and the panel in its frame load: the loader with its settings, the panel, its files.

use crate::api::shapes::{ErrorAnswer, FileForm, MediaAnswer};
use crate::assets;
use crate::error::ApiError;
use crate::files::{self, Show};
use crate::origin::allowed_origins;
use crate::proxies::household;
use crate::session::site;
use crate::site::Site;
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST};
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use switchboard_actors::roster::Line;
use switchboard_actors::visitors::{self, Visitor};
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::ids::MediaId;

fn line(site: &Site, key: &str) -> Result<Arc<Line>, ApiError> {
    site.roster().widget(key).cloned().ok_or_else(ApiError::not_found)
}

/// The script a page includes, with this widget's settings as its first line.
#[utoipa::path(tag = "widget", params(("key" = String, Path)), responses(
    (status = 200, content_type = "text/javascript", body = String),
    (status = 404, body = ErrorAnswer),
))]
#[get("/w/{key}.js", wrap = "Compress::default()")]
pub(crate) async fn get_loader(
    request: HttpRequest,
    key: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let line = line(&site, &key)?;
    let loader = switchboard_ui::get("widget/loader.js").ok_or_else(not_built)?;
    let boot = boot(&line, &own_origin(&request, &site));
    let script =
        [format!("window.__switchboard_boot={};\n", in_script(&boot)).as_bytes(), &loader.body].concat();
    Ok(HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((CACHE_CONTROL, "public, max-age=60"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .body(script))
}

/// The origin this request came to, if it is one of ours: a page under one of this machine's names gets its panel under the same.
fn own_origin(request: &HttpRequest, site: &Site) -> String {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let asked = format!("http://{host}");
    if site.origins.is_own(&asked) { asked } else { site.actors.public_url.to_string() }
}

fn not_built() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not_built",
        "This server was built without its front-end.",
    )
}

fn boot(line: &Line, origin: &str) -> Value {
    let widget = visitors::widget(line);
    let field = |name: &str| widget.get(name).cloned().unwrap_or_default();
    json!({
        "key": field("key"),
        "origin": origin,
        "colour": field("colour"),
        "label": line.setting("label").unwrap_or("Chat with us"),
        "side": field("position"),
        "locale": field("locale"),
        "title": field("title"),
        "greeting": field("greeting"),
    })
}

/// JSON that may stand in a script wherever that script is put.
fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// The panel: a page for a frame.
#[utoipa::path(tag = "widget", params(("key" = String, Path)), responses(
    (status = 200, content_type = "text/html", body = String),
    (status = 404, body = ErrorAnswer),
))]
#[get("/widget/v1/frame/{key}")]
pub(crate) async fn get_frame(
    request: HttpRequest,
    key: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let line = line(&site, &key)?;
    let frame = switchboard_ui::get("widget/frame.html").ok_or_else(not_built)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, frame_policy(&line)))
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .body(frame.body.into_owned()))
}

fn frame_policy(line: &Line) -> String {
    let mut ancestors: Vec<&str> = allowed_origins(line).collect();
    if ancestors.is_empty() {
        ancestors = vec!["*"];
    } else {
        ancestors.insert(0, "'self'");
    }
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
         connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; \
         frame-ancestors {}",
        ancestors.join(" ")
    )
}

/// A file of the panel.
#[utoipa::path(tag = "widget", params(("file" = String, Path)), responses((status = 200), (status = 404, body = ErrorAnswer)))]
#[get("/widget/assets/{file}")]
pub(crate) async fn get_widget_asset(
    request: HttpRequest,
    file: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let asset = switchboard_ui::get(&format!("widget/assets/{file}")).ok_or_else(ApiError::not_found)?;
    Ok(assets::serve(&request, &asset))
}

/// Uploads a visitor's file for a message to come.
#[utoipa::path(tag = "widget", request_body(content = FileForm, content_type = "multipart/form-data"),
    security(("visitor_token" = [])), responses(
    (status = 201, body = MediaAnswer),
    (status = 401, body = ErrorAnswer, description = "token_invalid"),
    (status = 413, body = ErrorAnswer, description = "media_too_large"),
    (status = 415, body = ErrorAnswer, description = "media_type_unsupported"),
    (status = 429, body = ErrorAnswer, description = "rate_limited"),
))]
#[post("/widget/v1/media")]
pub(crate) async fn upload_visitor_media(
    request: HttpRequest,
    form: Multipart,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let visitor = visitor(&request, &site)?;
    let address = site.source(&request).map(|from| household(from).to_string()).unwrap_or_default();
    for key in [visitor.id.clone(), address] {
        site.visitor_uploads.take(key, Instant::now()).map_err(ApiError::rate_limited)?;
    }
    files::take_upload(&site, visitor.line.channel.business_id, visitor.uploader(), form).await
}

/// A file of the visitor's own conversation.
#[utoipa::path(tag = "widget", params(("id" = String, Path)), security(("visitor_token" = [])), responses(
    (status = 200, description = "the bytes", content_type = "application/octet-stream", body = String),
    (status = 401, body = ErrorAnswer, description = "token_invalid"),
    (status = 404, body = ErrorAnswer),
))]
#[get("/widget/v1/media/{id}")]
pub(crate) async fn download_visitor_media(
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let visitor = visitor(&request, &site)?;
    let id: MediaId = id.parse().map_err(|_| ApiError::not_found())?;
    let record = site.actors.core.store.file(id).await?.ok_or_else(ApiError::not_found)?;
    let own = match record.message {
        // What was said on another line of the same conversation is not the widget's business.
        Some((message, conversation))
            if site.actors.conversation_of(&visitor).await? == Some(conversation) =>
        {
            let message = site.actors.core.store.message(message).await?;
            message.is_some_and(|message| message.channel_id == visitor.line.channel.id)
        }
        Some(_) => false,
        None => record.uploader == Some(visitor.uploader()),
    };
    if !own {
        return Err(ApiError::not_found());
    }
    files::send(&request, &site, &record, Show::Inline).await
}

/// The visitor's own conversation as a text file, where the business allows it (setting `visitor_transcripts`).
#[utoipa::path(tag = "widget", security(("visitor_token" = [])), responses(
    (status = 200, description = "the file", content_type = "text/plain", body = String),
    (status = 401, body = ErrorAnswer, description = "token_invalid"),
    (status = 404, body = ErrorAnswer, description = "nothing was said yet, or the business does not offer it"),
))]
#[get("/widget/v1/transcript")]
pub(crate) async fn download_transcript(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let visitor = visitor(&request, &site)?;
    if !site.roster().settings().visitor_transcripts {
        return Err(ApiError::not_found());
    }
    let conversation = site.actors.conversation_of(&visitor).await?.ok_or_else(ApiError::not_found)?;
    let state = site.actors.directory.look(conversation, None).await?;
    crate::api::transcripts::of_visitor(&site, &state, visitor.line.channel.id).await
}

/// The visitor of the bearer token. It names no widget: the one whose key signed it is found.
fn visitor(request: &HttpRequest, site: &Site) -> Result<Visitor, ApiError> {
    let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    let roster = site.roster();
    let mut widgets = roster.channels.values().filter(|line| line.channel.kind == ChannelKind::Webchat);
    widgets.find_map(|line| site.actors.visitor_of(line.clone(), token)).ok_or_else(|| {
        ApiError::new(StatusCode::UNAUTHORIZED, "token_invalid", "This token is not a visitor's.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_cannot_end_the_script_they_stand_in() {
        let boot = json!({"title": "</script><script>alert(1)\u{2028}"});
        assert_eq!(in_script(&boot), "{\"title\":\"\\u003c/script>\\u003cscript>alert(1)\\u2028\"}");
    }
}
