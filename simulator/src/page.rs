//! The page.
use crate::Simulator;
use actix_web::web::ServiceConfig;
/// x
pub fn configure(_cfg: &mut ServiceConfig, _sim: Simulator) {}
