//! What was delivered to a webhook and what was not, trying one out, and sending again.

use super::super::shapes::{ErrorAnswer, NextPage, Refusals, WriteRefusals};
use super::named;
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::ids::ConversationId;
use switchboard_engine::time::Timestamp;
use switchboard_schema::Delivery;
use utoipa::{IntoParams, ToSchema};

const PAGE: usize = 50;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesQuery {
    /// `meta.next` of the page before.
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveriesAnswer {
    /// Newest first, 50 at a time; settled ones are kept for 30 days
    deliveries: Vec<DeliveryShape>,
    meta: NextPage,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryAnswer {
    delivery: DeliveryShape,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(crate) struct DeliveryShape {
    id: String,
    #[schema(example = "message.created")]
    event: String,
    #[schema(value_type = Option<String>)]
    conversation_id: Option<ConversationId>,
    /// `queued`, `delivered`, `failed`, or `dropped`: deleted, or hidden from the webhook's owner, before it left
    state: &'static str,
    attempts: i64,
    /// HTTP status of the last attempt
    answer: Option<u16>,
    /// What went wrong with it
    problem: Option<String>,
    /// When it is tried next, while it waits
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

impl From<Delivery> for DeliveryShape {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            event: delivery.event,
            conversation_id: delivery.conversation_id,
            state: delivery.state.as_str(),
            attempts: delivery.attempt,
            answer: delivery.answer,
            problem: delivery.problem,
            due_at: delivery.finished_at.is_none().then_some(delivery.due_at),
            created_at: delivery.created_at,
            finished_at: delivery.finished_at,
        }
    }
}

/// Sends a `ping` to a webhook, once; its deliveries tell how it went.
#[utoipa::path(tag = "programs", params(("id" = String, Path)), responses(
    (status = 202, body = DeliveryAnswer),
    (status = 409, body = ErrorAnswer, description = "webhook_disabled"),
    Refusals, WriteRefusals,
))]
#[post("/webhooks/{id}/ping")]
pub(crate) async fn ping_webhook(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let webhook = named(&signed_in, &id).await?;
    if !webhook.enabled {
        return Err(ApiError::conflict("webhook_disabled", "This webhook is off. Switch it on first."));
    }
    let delivery = signed_in.site.actors.ping_webhook(&webhook).await?.into();
    Ok(HttpResponse::Accepted().json(DeliveryAnswer { delivery }))
}

/// The deliveries of a webhook.
#[utoipa::path(tag = "programs", params(("id" = String, Path), DeliveriesQuery), responses((status = 200, body = DeliveriesAnswer), Refusals))]
#[get("/webhooks/{id}/deliveries")]
pub(crate) async fn list_deliveries(
    signed_in: SignedIn,
    id: web::Path<String>,
    query: web::Query<DeliveriesQuery>,
) -> Result<HttpResponse, ApiError> {
    let webhook = named(&signed_in, &id).await?;
    let after = query.into_inner().after.map(|text| text.parse::<i64>()).transpose();
    let after = after.map_err(|_| ApiError::invalid("after", "is no id"))?;
    let store = &signed_in.site.actors.core.store;
    let mut page = store.deliveries(webhook.id, after, PAGE as i64 + 1).await?;
    let more = page.len() > PAGE;
    page.truncate(PAGE);
    let next = page.last().filter(|_| more).map(|delivery| delivery.id.to_string());
    let deliveries = page.into_iter().map(DeliveryShape::from).collect();
    Ok(HttpResponse::Ok().json(DeliveriesAnswer { deliveries, meta: NextPage { next } }))
}

/// Sends again what was settled already, under the same `webhook-id`.
#[utoipa::path(tag = "programs", params(("id" = String, Path), ("delivery_id" = String, Path)), responses(
    (status = 202, body = DeliveryAnswer), Refusals, WriteRefusals,
))]
#[post("/webhooks/{id}/deliveries/{delivery_id}/resend")]
pub(crate) async fn resend_delivery(
    signed_in: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, delivery) = path.into_inner();
    let webhook = named(&signed_in, &id).await?;
    let delivery = delivery.parse().map_err(|_| ApiError::not_found())?;
    let site = &signed_in.site;
    let now = site.actors.core.clock.now();
    let queued = site.actors.core.store.resend_delivery(webhook.id, delivery, now).await?;
    let delivery = queued.ok_or_else(ApiError::not_found)?.into();
    Ok(HttpResponse::Accepted().json(DeliveryAnswer { delivery }))
}
