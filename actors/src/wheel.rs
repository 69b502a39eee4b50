//! The wheel: one task for everything that happens at a moment: held messages are released, 24-hour windows end.
//!
//! What is due stands in the database; the wheel sleeps until the next of it and is woken when the clock is pushed or something new is
//! held. So nothing is lost with a crash, and a thousand conversations cost no timer.

use crate::Actors;
use crate::conversation::{Wish, tell_window};
use crate::trouble::Trouble;
use std::time::Duration;
use switchboard_engine::care_window;
use switchboard_engine::time::Timestamp;
use switchboard_schema::StoreError;

/// Longest sleep: a net below a lost hint.
const LONGEST: Duration = Duration::from_secs(30);
/// After trouble with the database.
const AGAIN: Duration = Duration::from_secs(1);
/// Rows taken up at once.
const MOST: usize = 500;

/// Runs for as long as the program does.
pub(crate) async fn turn(actors: Actors) {
    let core = &actors.core;
    // Clients that come back read the windows anew; only what ends from here on is told.
    let mut told = core.clock.now();
    loop {
        let now = core.clock.now();
        let wait = match work(&actors, &mut told, now).await {
            Ok(Some(next)) => next.since(core.clock.now()).min(LONGEST),
            Ok(None) => LONGEST,
            Err(trouble) => {
                tracing::warn!(%trouble, "the wheel could not turn, trying again");
                AGAIN
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = core.clock.pushed() => {}
            () = core.wheel.notified() => {}
        }
    }
}

/// Does what is due and answers when the next thing is.
async fn work(actors: &Actors, told: &mut Timestamp, now: Timestamp) -> Result<Option<Timestamp>, Trouble> {
    let store = &actors.core.store;
    let mut stuck = false;
    for held in store.held_until(now, MOST).await? {
        let wish = Wish::Reconsider { message_id: held.message_id };
        match actors.directory.ask(held.conversation_id, None, wish).await {
            Ok(_) | Err(Trouble::NotFound) => {}
            Err(trouble) => {
                tracing::warn!(%trouble, "a held message could not be released, trying again");
                stuck = true;
            }
        }
    }
    *told = end_windows(actors, *told, now).await?;
    if stuck {
        return Ok(Some(now.plus(AGAIN)));
    }
    let held = store.next_held().await?;
    let window = store.next_window(told.minus(care_window::LENGTH)).await?;
    let window = window.map(|at| at.plus(care_window::LENGTH));
    Ok([held, window].into_iter().flatten().min())
}

/// Tells of every window that ended after `told`; answers up to when that is done.
async fn end_windows(actors: &Actors, told: Timestamp, now: Timestamp) -> Result<Timestamp, StoreError> {
    let (core, mut told) = (&actors.core, told);
    loop {
        let (after, upto) = (told.minus(care_window::LENGTH), now.minus(care_window::LENGTH));
        let ended = core.store.windows_between(after, upto, MOST).await?;
        let full = ended.len() == MOST;
        let (first, last) = (ended.first().cloned(), ended.last().cloned());
        let (first, last) = (first.map(|one| one.last_inbound_at), last.map(|one| one.last_inbound_at));
        // Others may have ended at the very moment of the last row of a full page: they come with the next.
        let cut = last.filter(|_| full && first != last);
        for window in ended.iter().filter(|one| cut.is_none_or(|cut| one.last_inbound_at < cut)) {
            let conversations =
                core.store.conversations_on(window.channel_id, window.address.clone()).await?;
            for id in conversations {
                let Ok(conversation) = actors.directory.look(id, None).await else { continue };
                let route = conversation
                    .routes
                    .iter()
                    .find(|route| route.channel_id == window.channel_id && route.address == window.address);
                // It may have been opened again meanwhile.
                if let Some(route) =
                    route.filter(|route| route.last_inbound_at <= Some(window.last_inbound_at))
                {
                    tell_window(core, &conversation, route, now);
                }
            }
        }
        match (full, cut.or(last)) {
            (true, Some(upto)) => {
                let done = if cut.is_some() { upto.minus(Duration::from_micros(1)) } else { upto };
                told = done.plus(care_window::LENGTH);
            }
            _ => return Ok(now.max(told)),
        }
    }
}
