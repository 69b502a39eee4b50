//! `inbox_lists`: first and deep pages of every list, and the counts, on a full database, for an admin and for agents.

use super::{Scene, stocked};
use crate::asks::Questions;
use crate::client::api::Api;
use crate::error::Result;
use serde::Deserialize;
use std::time::Duration;

/// What a page may take.
const P99: Duration = Duration::from_millis(20);
/// Pages asked for in a second.
const RATE: f64 = 100.0;
/// A deep page is this far down.
const DEEP: usize = 20;

const LISTS: [(&str, &str, &str); 5] = [
    ("team", "team, first page", "team, deep page"),
    ("mine", "mine, first page", "mine, deep page"),
    ("unassigned", "unassigned, first page", "unassigned, deep page"),
    ("closed", "closed, first page", "closed, deep page"),
    ("all", "all, first page", "all, deep page"),
];

#[derive(Deserialize)]
struct Page {
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    next: Option<String>,
}

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let mut stage = stocked::fill(scene).await?;
    let mut askers = vec![stage.admin.again()];
    for user in &scene.options.users {
        askers.push(Api::sign_in(&stage.server.site, user, &scene.options.password).await?);
    }
    let mut paths = vec![("counts", "/api/v1/inbox/counts".to_owned())];
    for (list, first, deep) in LISTS {
        let path = format!("/api/v1/conversations?view={list}&limit=50");
        let mut at = path.clone();
        for _ in 0..DEEP {
            let page: Page = stage.admin.get(&at).await?;
            let Some(next) = page.meta.next else { break };
            at = format!("{path}&after={next}");
        }
        paths.push((first, path));
        paths.push((deep, at));
    }
    let questions = || -> Questions {
        let mut turn = paths.clone().into_iter().cycle();
        Box::new(move || turn.next().unwrap_or_default())
    };
    stocked::measure(scene, &askers, RATE, P99, questions).await
}
