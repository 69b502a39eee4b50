//! Media over the Graph API: upload, look up, download, and fetching what the product only linked to.

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::HttpResponse;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde_json::json;

use super::error::GraphError;
use super::status::{Receipt, report_all};
use crate::account::AccountState;
use crate::ids::graph_id;
use crate::lock::lock;
use crate::media::{Media, Ticket};
use crate::phone::handset::Tick;
use crate::world::World;

/// Nothing a provider takes is larger.
const LARGEST: usize = 100 << 20;

/// The media `id` if it belongs to this account.
pub(super) fn own(world: &World, account: &AccountState, id: &str) -> Result<Arc<Media>, GraphError> {
    world.shelf.get(id).filter(|media| media.account == account.key).ok_or_else(|| {
        GraphError::new(100, format!("{id} is not a valid whatsapp business account media attachment ID"))
    })
}

/// `POST …/media`, authenticated.
pub(crate) async fn upload(world: &World, account: &AccountState, form: Multipart) -> HttpResponse {
    match read_form(account, form).await {
        Ok(media) if media.bytes.len() > media.limit() => {
            let details =
                format!("File is larger than the {} bytes allowed for {}", media.limit(), media.kind());
            GraphError::new(131_053, details).answer()
        }
        Ok(media) => HttpResponse::Ok().json(json!({ "id": world.shelf.put(media).id })),
        Err(error) => error.answer(),
    }
}

async fn read_form(account: &AccountState, mut form: Multipart) -> Result<Media, GraphError> {
    let broken = |_| GraphError::new(100, "The multipart body is broken");
    let (mut product, mut declared, mut file) = (None, None, None);
    while let Some(part) = form.next().await {
        let mut part = part.map_err(broken)?;
        let name = part.name().unwrap_or_default().to_owned();
        let file_name =
            part.content_disposition().and_then(|header| header.get_filename().map(str::to_owned));
        let part_type = part.content_type().map(ToString::to_string);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = part.next().await {
            bytes.extend_from_slice(&chunk.map_err(broken)?);
            if bytes.len() > LARGEST {
                return Err(GraphError::new(131_053, "File is too large"));
            }
        }
        match name.as_str() {
            "messaging_product" => product = Some(bytes.freeze()),
            "type" => declared = Some(String::from_utf8_lossy(&bytes).into_owned()),
            "file" => file = Some((file_name, part_type, bytes.freeze())),
            _ => {}
        }
    }
    if product.as_deref() != Some(b"whatsapp") {
        return Err(GraphError::new(100, "The parameter messaging_product is required."));
    }
    let Some((file_name, part_type, bytes)) = file else {
        return Err(GraphError::new(100, "The parameter file is required."));
    };
    let mime_type = part_type.or(declared).unwrap_or_else(|| "application/octet-stream".to_owned());
    Ok(Media { id: graph_id(), account: Arc::clone(&account.key), mime_type, file_name, bytes })
}

/// `GET …/{media_id}`: where to download it, valid for five minutes.
pub(crate) fn describe(world: &World, media: &Media, host: &str) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "messaging_product": "whatsapp",
        "url": format!("{host}/whatsapp_business/attachments/?{}", world.shelf.ticket(&media.id, &world.clock)),
        "mime_type": media.mime_type,
        "sha256": media.sha256_hex(),
        "file_size": media.bytes.len().to_string(),
        "id": media.id,
    }))
}

/// The file behind a download URL, if the URL is genuine and fresh and the caller owns the file.
pub(crate) fn download(world: &World, ticket: &Ticket, owns: impl FnOnce(&Media) -> bool) -> HttpResponse {
    if world.shelf.get(&ticket.mid).is_some_and(|media| !owns(&media)) {
        return GraphError::bad_token();
    }
    world.shelf.redeem(ticket, &world.clock).map_or_else(
        || HttpResponse::NotFound().finish(),
        |media| HttpResponse::Ok().content_type(media.mime_type.as_str()).body(media.bytes.clone()),
    )
}

/// Fetches a linked file in the background, then reports sent and delivered, or failed with 131053.
pub(super) fn fetch_then_report(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    receipt: Receipt,
    link: String,
    file_name: Option<String>,
) {
    let (world, account) = (Arc::clone(world), Arc::clone(account));
    world.runtime.clone().spawn(async move {
        let failure = match fetch(&world, &link).await {
            Ok((mime_type, bytes)) => {
                let id = graph_id();
                let media = Media { id, account: Arc::clone(&account.key), mime_type, file_name, bytes };
                let shown = world.shelf.put(media).in_thread();
                account.with_known_phone(&receipt.digits, |handset| {
                    if let Some(message) = handset.message_mut(&receipt.id) {
                        message.media = Some(shown);
                    }
                });
                None
            }
            Err(reason) => {
                account.with_known_phone(&receipt.digits, |handset| handset.raise(&receipt.id, Tick::Failed));
                Some(GraphError::new(131_053, format!("Downloading media from weblink failed with {reason}")))
            }
        };
        world.changed();
        let switches = account.switches();
        drop(report_all(&world, &account, &switches, &receipt, failure.as_ref()));
    });
}

/// Downloads a link of the product; the error says why not.
pub(crate) async fn fetch(world: &World, link: &str) -> Result<(String, Bytes), String> {
    let answer = world.client.get(link).timeout(world.callback_timeout).send().await;
    let response = answer.map_err(|_| "a connection error".to_owned())?;
    if !response.status().is_success() {
        let status = response.status();
        let reason = status.canonical_reason().unwrap_or_default();
        return Err(format!("http code {}, status message {reason}", status.as_u16()));
    }
    let declared = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    let mime_type = declared.unwrap_or("application/octet-stream").to_owned();
    let bytes = response.bytes().await.map_err(|_| "an interrupted download".to_owned())?;
    Ok((mime_type, bytes))
}

/// Ends the review of a new template a moment later and tells the product.
pub(crate) fn review_template(world: &Arc<World>, account: &Arc<AccountState>, id: &str) {
    let Some(value) = lock(&account.templates).review(id) else { return };
    let wait = std::time::Duration::from_millis(200);
    tell_of_template(world, account, "message_template_status_update", value, wait);
}

/// Posts news about a template to the product.
pub(crate) fn tell_of_template(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    field: &'static str,
    value: serde_json::Value,
    wait: std::time::Duration,
) {
    use crate::callbacks::{Callback, Payload, dispatch};
    let payload = Payload::WhatsApp { field, value };
    if account.switches().callbacks {
        dispatch(world, account, field, Callback::status(payload).after(wait));
    }
    world.changed();
}
