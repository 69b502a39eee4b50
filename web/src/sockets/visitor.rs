//! `/ws/visitor`: a panel of the webchat widget. Which widget it is, its first frame tells; whether that page may show it, we.

use super::transport::accept;
use crate::api::shapes;
use crate::error::ApiError;
use crate::origin;
use crate::proxies::household;
use crate::session::site;
use crate::site::Site;
use actix_web::{HttpRequest, HttpResponse, get, web};
use std::net::IpAddr;
use std::time::Instant;
use switchboard_actors::roster::Line;
use switchboard_actors::visitor_session::{Door, VisitorSession};

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
    let origin = origin::of_request(&request).map(ToOwned::to_owned);
    let from = site.source(&request).map(household);
    let porter = Porter { site: site.clone(), origin, from };
    VisitorSession::open(&site.actors, &out, Box::new(porter), inbound);
    Ok(response)
}

/// Knows the page a socket comes from, and the limits.
struct Porter {
    site: web::Data<Site>,
    origin: Option<String>,
    from: Option<IpAddr>,
}

impl Door for Porter {
    fn admits(&self, line: &Line) -> bool {
        self.site.origins.admits(self.origin.as_deref(), line)
    }

    fn newcomer(&self) -> Result<(), u64> {
        self.from.map_or(Ok(()), |from| self.site.quotas.visitors.take(from, Instant::now()))
    }

    fn message(&self, visitor: &str) -> Result<(), u64> {
        self.site.quotas.visitor_messages.take(visitor.to_owned(), Instant::now())
    }
}
