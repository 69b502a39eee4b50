//! The page's own API. Every change comes back to all open pages as one "changed" event.

use std::time::Duration;

use actix_web::web::{self, Bytes, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;

use super::view;
use crate::faults::Switches;
use crate::phone::{Phone, PhoneError, digits};
use crate::refused::Refused;
use crate::simulator::Simulator;

/// A comment this often keeps proxies from closing an idle event stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Changes within this time are one event.
const CALM: Duration = Duration::from_millis(100);

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/api/state", web::get().to(state))
        .route("/api/events", web::get().to(events))
        .route("/api/phones", web::post().to(add_phone))
        .route("/api/text", web::post().to(text))
        .route("/api/file", web::post().to(file))
        .route("/api/look", web::post().to(look))
        .route("/api/tap", web::post().to(tap))
        .route("/api/react", web::post().to(react))
        .route("/api/settings", web::post().to(settings))
        .route("/api/switches", web::post().to(switches))
        .route("/api/template", web::post().to(template))
        .route("/api/clock", web::post().to(clock))
        .route("/api/media/{id}", web::get().to(media));
}

async fn state(sim: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view::state(&sim))
}

/// Server-sent events: one "changed" after anything changed.
async fn events(sim: Data<Simulator>) -> HttpResponse {
    let mut changes = sim.world.watch();
    changes.mark_changed();
    let stream = stream::unfold(changes, |mut changes| async move {
        let chunk = match tokio::time::timeout(KEEP_ALIVE, changes.changed()).await {
            Ok(Ok(())) => {
                tokio::time::sleep(CALM).await;
                let revision = *changes.borrow_and_update();
                Bytes::from(format!("event: changed\ndata: {revision}\n\n"))
            }
            Ok(Err(_)) => return None,
            Err(_) => Bytes::from_static(b": still here\n\n"),
        };
        Some((Ok::<_, actix_web::Error>(chunk), changes))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        // Compression would hold events back.
        .insert_header(("Content-Encoding", "identity"))
        .streaming(stream)
}

/// Names one phone.
#[derive(Deserialize)]
struct Whose {
    account: String,
    number: String,
}

impl Whose {
    fn phone(&self, sim: &Simulator) -> Result<Phone, Refused> {
        if !(7..=15).contains(&digits(&self.number).len()) {
            return Err(
                problem(422, "Write the number with its country code, for example +44 7700 900123.").into()
            );
        }
        sim.find_phone(&self.account, &self.number).map_err(|error| problem(404, &error.to_string()).into())
    }
}

fn problem(status: u16, text: &str) -> HttpResponse {
    let status = status.try_into().unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(json!({ "error": text }))
}

/// What the product said to a webhook.
fn told(answer: Result<u16, PhoneError>) -> HttpResponse {
    match answer {
        Ok(status) => HttpResponse::Ok().json(json!({ "product_status": status })),
        Err(PhoneError::NoAnswer) => HttpResponse::Ok().json(json!({ "product_status": null })),
        Err(error) => problem(422, &error.to_string()),
    }
}

#[derive(Deserialize)]
struct NewPhone {
    #[serde(flatten)]
    whose: Whose,
    name: String,
}

async fn add_phone(sim: Data<Simulator>, new: Json<NewPhone>) -> Result<HttpResponse, Refused> {
    let phone = new.whose.phone(&sim)?;
    let name = new.name.trim();
    let phone = if name.is_empty() { phone } else { phone.named(name) };
    sim.world.changed();
    Ok(HttpResponse::Created().json(json!({ "number": phone.number() })))
}

#[derive(Deserialize)]
struct Text {
    #[serde(flatten)]
    whose: Whose,
    body: String,
}

async fn text(sim: Data<Simulator>, text: Json<Text>) -> Result<HttpResponse, Refused> {
    Ok(told(text.whose.phone(&sim)?.text(&text.body).await))
}

#[derive(Deserialize)]
struct FileOf {
    account: String,
    number: String,
    name: String,
}

async fn file(
    sim: Data<Simulator>,
    request: HttpRequest,
    of: Query<FileOf>,
    bytes: Bytes,
) -> Result<HttpResponse, Refused> {
    // A foreign page cannot set this header without asking first.
    if !request.headers().contains_key("X-Simulator") {
        return Err(problem(403, "The page sends this request with a header of its own.").into());
    }
    let FileOf { account, number, name } = of.into_inner();
    let phone = Whose { account, number }.phone(&sim)?;
    let mime_type = request.headers().get("Content-Type").and_then(|value| value.to_str().ok());
    let mime_type = mime_type.unwrap_or("application/octet-stream");
    Ok(told(phone.file(mime_type, Some(&name), bytes, None).await))
}

async fn look(sim: Data<Simulator>, whose: Json<Whose>) -> Result<HttpResponse, Refused> {
    Ok(HttpResponse::Ok().json(json!({ "read": whose.phone(&sim)?.read_all() })))
}

#[derive(Deserialize)]
struct Tap {
    #[serde(flatten)]
    whose: Whose,
    message_id: String,
    button_id: String,
}

async fn tap(sim: Data<Simulator>, tap: Json<Tap>) -> Result<HttpResponse, Refused> {
    Ok(told(tap.whose.phone(&sim)?.tap(&tap.message_id, &tap.button_id).await))
}

#[derive(Deserialize)]
struct Reaction {
    #[serde(flatten)]
    whose: Whose,
    message_id: String,
    emoji: String,
}

async fn react(sim: Data<Simulator>, reaction: Json<Reaction>) -> Result<HttpResponse, Refused> {
    Ok(told(reaction.whose.phone(&sim)?.react(&reaction.message_id, &reaction.emoji).await))
}

#[derive(Deserialize)]
struct Settings {
    #[serde(flatten)]
    whose: Whose,
    auto_read: Option<bool>,
    reachable: Option<bool>,
}

async fn settings(sim: Data<Simulator>, settings: Json<Settings>) -> Result<HttpResponse, Refused> {
    let phone = settings.whose.phone(&sim)?;
    if let Some(auto_read) = settings.auto_read {
        phone.set_auto_read(auto_read);
    }
    if let Some(reachable) = settings.reachable {
        phone.set_reachable(reachable);
    }
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize)]
struct NewSwitches {
    account: String,
    switches: Switches,
}

async fn switches(sim: Data<Simulator>, new: Json<NewSwitches>) -> HttpResponse {
    let NewSwitches { account, switches } = new.into_inner();
    match sim.faults().set(&account, switches) {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => problem(404, &error.to_string()),
    }
}

#[derive(Deserialize)]
struct NewState {
    account: String,
    name: String,
    language: String,
    status: String,
}

async fn template(sim: Data<Simulator>, new: Json<NewState>) -> HttpResponse {
    let NewState { account, name, language, status } = new.into_inner();
    if !["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"].contains(&status.as_str()) {
        return problem(422, "A template is APPROVED, PENDING, REJECTED, PAUSED or DISABLED.");
    }
    match sim.set_template_status(&account, &name, &language, &status) {
        Ok(true) => HttpResponse::NoContent().finish(),
        Ok(false) => problem(404, "There is no such template."),
        Err(error) => problem(404, &error.to_string()),
    }
}

#[derive(Deserialize)]
struct Push {
    /// At most a month a time: a slip of the finger cannot end the simulated world.
    advance_seconds: u64,
}

async fn clock(sim: Data<Simulator>, push: Json<Push>) -> HttpResponse {
    if push.advance_seconds > 31 * 86_400 {
        return problem(422, "The clock can be pushed by at most 31 days at once.");
    }
    sim.advance_clock(Duration::from_secs(push.advance_seconds));
    HttpResponse::Ok().json(json!({ "offset_seconds": sim.clock_offset().as_secs() }))
}

/// A file in a thread. Only harmless kinds are shown in the page, the others are downloads.
async fn media(sim: Data<Simulator>, id: Path<String>) -> HttpResponse {
    let Some(media) = sim.world.shelf.get(&id) else { return problem(404, "There is no such file.") };
    let shown = matches!(media.mime_type.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp")
        || media.mime_type.starts_with("audio/")
        || media.mime_type.starts_with("video/");
    let (content_type, disposition) =
        if shown { (media.mime_type.as_str(), "inline") } else { ("application/octet-stream", "attachment") };
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header(("Content-Disposition", disposition))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(media.bytes.clone())
}
