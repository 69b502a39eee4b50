//! Business hours: of the business, and of groups that keep their own.

use super::shapes::{Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, put, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use switchboard_engine::business_hours::{BusinessHours, Schedule};
use switchboard_engine::ids::GroupId;
use utoipa::ToSchema;

#[derive(Deserialize, Serialize, ToSchema)]
pub struct HoursAnswer {
    hours: Hours,
}

/// When it is open. A week without any interval: always.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The group keeps the hours of the business.
    #[serde(default)]
    inherit: bool,
    /// IANA name; the business's where it is left out
    #[serde(default)]
    time_zone: Option<String>,
    /// `mon` to `sun`, each a list of `["09:00", "17:00"]`; a day that is missing is closed
    #[serde(default)]
    #[schema(value_type = Object)]
    weekly: BTreeMap<String, Vec<(String, String)>>,
    /// Closed days, `2026-12-25`
    #[serde(default)]
    holidays: BTreeSet<String>,
}

impl Hours {
    fn of(schedule: Option<&Schedule>, inherit: bool, time_zone: &str) -> Self {
        let Schedule { time_zone, weekly, holidays } = schedule
            .cloned()
            .unwrap_or_else(|| Schedule { time_zone: time_zone.to_owned(), ..Schedule::default() });
        Self { inherit, time_zone: Some(time_zone), weekly, holidays }
    }

    /// What to store; `None`: nothing of its own.
    fn schedule(self, time_zone: &str) -> Result<Option<Schedule>, ApiError> {
        let unset = self.weekly.values().all(Vec::is_empty);
        if self.inherit || unset && self.holidays.is_empty() {
            return Ok(None);
        }
        let Self { weekly, holidays, .. } = self;
        let time_zone = self.time_zone.unwrap_or_else(|| time_zone.to_owned());
        let hours = BusinessHours::new(Schedule { time_zone, weekly, holidays })
            .map_err(|(field, detail)| ApiError::invalid(field, detail))?;
        Ok(Some(hours.schedule().clone()))
    }
}

/// The hours of the business.
#[utoipa::path(tag = "business", responses((status = 200, body = HoursAnswer), Refusals))]
#[get("/business/hours")]
pub(crate) async fn get_business_hours(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    shown(&signed_in, None)
}

/// Sets them. What is held for them is planned anew.
#[utoipa::path(tag = "business", request_body = HoursAnswer, responses((status = 200, body = HoursAnswer), Refusals, WriteRefusals))]
#[put("/business/hours")]
pub(crate) async fn set_business_hours(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<HoursAnswer>,
) -> Result<HttpResponse, ApiError> {
    let hours = body.into_inner().hours;
    if hours.inherit {
        return Err(ApiError::invalid("inherit", "is for groups; the business has nothing to inherit from"));
    }
    set(&request, &signed_in, None, hours).await
}

/// The hours of a group; its own, or with `inherit` those of the business.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), responses((status = 200, body = HoursAnswer), Refusals))]
#[get("/groups/{id}/hours")]
pub(crate) async fn get_group_hours(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    shown(&signed_in, Some(group(&signed_in, &id)?))
}

/// Sets them. What is held for them is planned anew.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), request_body = HoursAnswer, responses((status = 200, body = HoursAnswer), Refusals, WriteRefusals))]
#[put("/groups/{id}/hours")]
pub(crate) async fn set_group_hours(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<HoursAnswer>,
) -> Result<HttpResponse, ApiError> {
    let group = group(&signed_in, &id)?;
    set(&request, &signed_in, Some(group), body.into_inner().hours).await
}

fn group(signed_in: &SignedIn, id: &str) -> Result<GroupId, ApiError> {
    let id: GroupId = id.parse().map_err(|_| ApiError::not_found())?;
    let known = signed_in.site.roster().group(signed_in.user.business_id, id).is_some();
    if known { Ok(id) } else { Err(ApiError::not_found()) }
}

fn shown(signed_in: &SignedIn, group: Option<GroupId>) -> Result<HttpResponse, ApiError> {
    let roster = signed_in.site.roster();
    let business = roster.business.as_ref().ok_or_else(ApiError::not_found)?;
    let (found, inherit) = match group {
        None => (roster.hours.as_ref(), false),
        Some(group) => (roster.hours_of(group), !roster.group_hours.contains_key(&group)),
    };
    let schedule = found.map(|hours| hours.schedule());
    let hours = Hours::of(schedule, inherit, &business.time_zone);
    Ok(HttpResponse::Ok().json(HoursAnswer { hours }))
}

async fn set(
    request: &HttpRequest,
    signed_in: &SignedIn,
    group: Option<GroupId>,
    hours: Hours,
) -> Result<HttpResponse, ApiError> {
    let site = &signed_in.site;
    let zone = site.roster().business.as_ref().map(|business| business.time_zone.clone());
    let schedule = hours.schedule(&zone.unwrap_or_default())?;
    let detail = json!({"hours": schedule});
    site.actors.set_hours(signed_in.user.business_id, group, schedule).await?;
    request.extensions_mut().insert(Note { group, detail, ..Note::default() });
    shown(signed_in, group)
}
