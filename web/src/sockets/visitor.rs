//! `/ws/visitor`: a panel of the webchat widget. Which widget it is, its first frame tells; whether that page may show it, we.

use super::transport::accept;
use crate::api::shapes;
use crate::error::ApiError;
use crate::origin;
use crate::session::site;
use actix_web::{HttpRequest, HttpResponse, get, web};
use switchboard_actors::visitor_session::VisitorSession;

/// The visitors' websocket; frames are described in docs/protocol.md and among the schemas.
#[utoipa::path(tag = "sockets", responses(
    (status = 101, description = "Switching to the websocket protocol; frames: VisitorCommand, VisitorServerFrame"),
    (status = 400, body = shapes::ErrorAnswer, description = "websocket_expected"),
))]
#[get("/ws/visitor")]
pub(crate) async fn visitor_socket(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    if site.is_draining() {
        return Err(ApiError::busy());
    }
    let (response, out, inbound) = accept(&site, &request, payload.into_inner())?;
    let from = origin::of_request(&request).map(ToOwned::to_owned);
    let judge = site.clone();
    let admits = Box::new(move |line: &_| judge.origins.admits(from.as_deref(), line));
    VisitorSession::open(&site.actors, &out, admits, inbound);
    Ok(response)
}
