//! The tally of the inboxes: pushes the counts of lists to whoever sees them, a moment after a commit moved them.
//!
//! The journal's writer only notes which counts moved; a task gathers them for a moment and reads the kept counts once per group. What the
//! whole group sees goes out once for all of it; whoever has counts of their own gets them right after, in the same batch.

use crate::fanout::{Audience, Batch, Fanout, Item, text_frame};
use crate::roster::{Roster, RosterHandle};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::lists::{Holder, List, Place};
use switchboard_engine::wire::Ephemeral;
use switchboard_schema::{Committed, Counts, Kept, Store};
use tokio::sync::Notify;

/// Counts that move within this time go out together.
const GATHER: Duration = Duration::from_millis(30);

/// Which counts have moved since they were last told.
#[derive(Default)]
pub(crate) struct Tally {
    moved: Mutex<BTreeMap<GroupId, BTreeSet<Holder>>>,
    news: Notify,
}

impl Tally {
    /// Notes what a batch moved. Runs on the journal's writer: it must not wait.
    pub(crate) fn note(&self, committed: &[Committed]) {
        let mut places = committed.iter().flat_map(|one| &one.moved).peekable();
        if places.peek().is_none() {
            return;
        }
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        for Place { group, holder, .. } in places {
            moved.entry(*group).or_default().insert(*holder);
        }
        drop(moved);
        self.news.notify_one();
    }

    fn take(&self) -> BTreeMap<GroupId, BTreeSet<Holder>> {
        std::mem::take(&mut *self.moved.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells until it is aborted.
pub(crate) async fn run(tally: Arc<Tally>, store: Store, fanout: Fanout, roster: RosterHandle) {
    loop {
        tally.news.notified().await;
        tokio::time::sleep(GATHER).await;
        let mut items = Vec::new();
        let moved = tally.take();
        match store.kept_counts(moved.keys().copied().collect()).await {
            Ok(kept) => {
                let roster = roster.get();
                items.extend(
                    moved.iter().flat_map(|(group, holders)| frames(&roster, *group, holders, &kept)),
                );
            }
            Err(error) => {
                tracing::warn!(%error, "counts could not be read; they go out with the next change");
            }
        }
        if !items.is_empty() {
            fanout.publish(Batch::new(items));
        }
    }
}

#[derive(Serialize)]
struct News {
    group_id: GroupId,
    counts: BTreeMap<&'static str, i64>,
}

/// What everybody sees, then what some see besides.
fn frames(roster: &Roster, group: GroupId, moved: &BTreeSet<Holder>, kept: &[Kept]) -> Vec<Item> {
    let Some(business) = roster.groups.iter().find(|one| one.id == group).map(|one| one.business_id) else {
        return Vec::new();
    };
    let of_all = moved.contains(&Holder::Everybody);
    let mut items = Vec::new();
    if of_all {
        let counts = counts(kept, group, None);
        items.extend(item(Audience::Group { business, group, visible_to: None }, group, &counts, |list| {
            !list.is_own()
        }));
    }
    for user in roster.users.values().filter(|user| user.active && user.sees(group)) {
        let own = |one: &&Kept| one.place.group == group && one.place.holder == Holder::User(user.id);
        let restricted = kept.iter().filter(own).any(|one| !one.place.list.is_own());
        if moved.contains(&Holder::User(user.id)) || (of_all && restricted) {
            let counts = counts(kept, group, Some(user.id));
            items.extend(item(Audience::User(user.id), group, &counts, |_| true));
        }
    }
    items
}

fn counts(kept: &[Kept], group: GroupId, user: Option<UserId>) -> Counts {
    let mut counts = Counts::default();
    let theirs =
        |holder| holder == Holder::Everybody || user.is_some_and(|user| holder == Holder::User(user));
    for Kept { place, total } in
        kept.iter().filter(|one| one.place.group == group && theirs(one.place.holder))
    {
        counts.add(place.list, *total);
    }
    counts
}

fn item(audience: Audience, group_id: GroupId, of: &Counts, shown: impl Fn(List) -> bool) -> Option<Item> {
    let lists = List::ALL.into_iter().filter(|list| shown(*list));
    let mut counts: BTreeMap<&'static str, i64> = lists.map(|list| (list.as_str(), of.of(list))).collect();
    counts.insert("all", of.all);
    let frame =
        Ephemeral { t: "counts.updated", req: None, conversation_id: None, d: News { group_id, counts } };
    let text = serde_json::to_string(&frame).ok()?;
    Some(Item { position: None, audience, frame: text_frame(text.as_bytes()) })
}
