//! How many conversations wait where.

use super::shapes::Refusals;
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::ids::GroupId;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CountsQuery {
    /// One group; without it all that the user may see.
    group_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct CountsAnswer {
    counts: Counts,
}

/// How many conversations each list holds.
#[derive(Serialize, ToSchema)]
pub struct Counts {
    team: i64,
    mine: i64,
    sent: i64,
    unassigned: i64,
    pending: i64,
    snoozed: i64,
    closed: i64,
    all: i64,
}

/// Counts of the lists.
#[utoipa::path(tag = "conversations", params(CountsQuery), responses((status = 200, body = CountsAnswer), Refusals))]
#[get("/inbox/counts")]
pub(crate) async fn get_counts(
    signed_in: SignedIn,
    query: web::Query<CountsQuery>,
) -> Result<HttpResponse, ApiError> {
    let groups = groups(&signed_in, query.group_id.as_deref())?;
    let counts = counts_of(&signed_in, groups).await?;
    let switchboard_schema::Counts { team, mine, sent, unassigned, pending, snoozed, closed, all } = counts;
    let counts = Counts { team, mine, sent, unassigned, pending, snoozed, closed, all };
    Ok(HttpResponse::Ok().json(CountsAnswer { counts }))
}

/// How many conversations of these groups the user's lists hold.
pub(super) async fn counts_of(
    signed_in: &SignedIn,
    groups: Vec<GroupId>,
) -> Result<switchboard_schema::Counts, ApiError> {
    Ok(signed_in.site.actors.core.store.counts(groups, signed_in.user.id).await?)
}

/// The groups a question is about: the one named, if the user may see it, or all they may see.
pub(super) fn groups(signed_in: &SignedIn, named: Option<&str>) -> Result<Vec<GroupId>, ApiError> {
    let user = &signed_in.user;
    let roster = signed_in.site.roster();
    let own =
        roster.groups.iter().filter(|group| group.business_id == user.business_id && user.sees(group.id));
    let mut own = own.map(|group| group.id);
    let Some(named) = named else { return Ok(own.collect()) };
    let wanted: GroupId = named.parse().map_err(|_| ApiError::not_found())?;
    own.find(|group| *group == wanted).map(|group| vec![group]).ok_or_else(ApiError::not_found)
}
