//! Replay: stored events as the very frames sockets got, or would have got, when they happened.
//!
//! The row that travels with an agent's frame is today's: clients take the newest row they see, so an old event cannot turn one back.

use crate::core::Core;
use crate::fanout::{Audience, Batch, Epoch, Frame, Item};
use crate::publication::{told, visitor_frames};
use std::collections::HashMap;
use switchboard_engine::conversation::Conversation;
use switchboard_engine::ids::ConversationId;
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::{ConversationView, agent_entry};
use switchboard_schema::{Logged, Store, StoreError};

/// Events a returning socket may have missed before it is told to read everything again.
pub const MOST: i64 = 5_000;

/// Frames of every event after `position`, up to and including `upto`; `None` when there are too many.
pub async fn since(core: &Core, position: i64, upto: i64) -> Result<Option<Batch>, StoreError> {
    if upto.saturating_sub(position) > MOST {
        return Ok(None);
    }
    let mut batch = read(&core.store, core.fanout.epoch(), position, core.clock.now()).await?;
    batch.items.retain(|item| item.position.is_some_and(|at| at <= upto));
    Ok(Some(batch))
}

/// Frames of every event after `position`.
pub async fn read(store: &Store, epoch: &Epoch, position: i64, now: Timestamp) -> Result<Batch, StoreError> {
    let events = store.events_after(position, MOST as usize).await?;
    let mut ids: Vec<ConversationId> = events.iter().map(|logged| logged.conversation_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows: HashMap<ConversationId, Conversation> =
        store.conversations(ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let items = events
        .iter()
        .flat_map(|logged| items(logged, rows.get(&logged.conversation_id), epoch, now))
        .collect();
    Ok(Batch::new(items))
}

fn items(logged: &Logged, row: Option<&Conversation>, epoch: &Epoch, now: Timestamp) -> Vec<Item> {
    let Some(row) = row else { return Vec::new() };
    let position = logged.position;
    let mut items = Vec::new();
    if told(row, &logged.event) {
        let entry = agent_entry(&logged.event, row.id, &ConversationView::of(row, now).told());
        let frame = Frame::unstamped(&entry, epoch).stamp(position);
        items.push(Item { position: Some(position), audience: Audience::of(row), frame });
    }
    for (key, frame) in visitor_frames(row, &logged.event, epoch) {
        let audience = Audience::Visitor(key);
        items.push(Item { position: Some(position), audience, frame: frame.stamp(position) });
    }
    items
}
