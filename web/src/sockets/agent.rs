//! `/ws/agent`: a browser tab of somebody who is signed in.

use super::transport::accept;
use crate::api::shapes;
use crate::error::ApiError;
use crate::origin;
use crate::session::SignedIn;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, web};
use switchboard_actors::agent_session::{AgentSession, Hello};

/// The agents' websocket; frames are described in docs/protocol.md and among the schemas.
#[utoipa::path(tag = "sockets", responses(
    (status = 101, description = "Switching to the websocket protocol; frames: AgentCommand, AgentServerFrame"),
    (status = 401, body = shapes::ErrorAnswer, description = "not_signed_in"),
    (status = 403, body = shapes::ErrorAnswer, description = "origin_not_allowed: the Origin must be our own"),
))]
#[get("/ws/agent")]
pub(crate) async fn agent_socket(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let signed_in = SignedIn::from_request(&request, &mut Payload::None).await?;
    let site = &signed_in.site;
    if !origin::of_request(&request).is_some_and(|origin| site.origins.is_own(origin)) {
        let detail = "Only this server's own pages may open this socket.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "origin_not_allowed", detail));
    }
    if site.is_draining() {
        return Err(ApiError::busy());
    }
    let (response, out, inbound) = accept(site, &request, payload.into_inner())?;
    let profile = serde_json::to_value(shapes::User::of(&signed_in.user)).map_err(ApiError::internal)?;
    let hello = Hello { user: signed_in.user.id, session: signed_in.caller.session, profile };
    AgentSession::open(&site.actors, hello, &out, inbound).ok_or_else(ApiError::not_signed_in)?;
    Ok(response)
}
