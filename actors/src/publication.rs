//! What a commit will tell, prepared before it: frames built on the conversation's own thread, stamped and sent by the journal's.

use crate::fanout::{Audience, Batch, Epoch, Fanout, Frame, Item, VisitorKey};
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::conversation::{Conversation, ConversationStatus, Event, EventKind};
use switchboard_engine::ids::ChannelId;
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::{ConversationView, agent_entry, visitor_entry};
use switchboard_schema::Committed;

/// Frames of one outcome, one entry per event.
#[derive(Debug)]
pub struct Publication {
    audience: Audience,
    frames: Vec<Frames>,
    /// The conversation is deleted by it.
    deletes: bool,
}

#[derive(Debug)]
struct Frames {
    /// `None`: what happens to a deleted conversation is told to nobody.
    agent: Option<Frame>,
    visitors: Vec<(VisitorKey, Frame)>,
}

impl Publication {
    pub fn of(next: &Conversation, events: &[Event], epoch: &Epoch, now: Timestamp) -> Self {
        let row = ConversationView::of(next, now).told();
        let frames = events
            .iter()
            .map(|event| Frames {
                agent: told(next, event).then(|| Frame::unstamped(&agent_entry(event, next.id, &row), epoch)),
                visitors: visitor_frames(next, event, epoch),
            })
            .collect();
        #[cfg_attr(not(feature = "sabotage"), expect(unused_mut, reason = "only a sabotage changes it"))]
        let mut audience = Audience::of(next);
        #[cfg(feature = "sabotage")]
        crate::conversation::sabotage::loosen(next, events, &mut audience);
        let deletes = events.iter().any(|event| matches!(event.kind, EventKind::Deleted { .. }));
        Self { audience, frames, deletes }
    }
}

/// Of a deleted conversation the team hears that it is, and then nothing; of a silent one nothing at all.
pub(crate) fn told(next: &Conversation, event: &Event) -> bool {
    match next.status {
        ConversationStatus::Open | ConversationStatus::Closed => true,
        ConversationStatus::Deleted => matches!(event.kind, EventKind::Deleted { .. }),
        ConversationStatus::Silent => false,
    }
}

/// A visitor sees what was said on the widget, never what was said on another line of the same conversation.
pub(crate) fn visitor_frames(next: &Conversation, event: &Event, epoch: &Epoch) -> Vec<(VisitorKey, Frame)> {
    let webchat = next.routes.iter().filter(|route| route.kind == ChannelKind::Webchat);
    let concerned = webchat.filter(|route| on_channel(&event.kind, route.channel_id));
    let mut frames = Vec::new();
    for route in concerned {
        if let Some(entry) = visitor_entry(event, next.id) {
            frames.push((route.address.as_str().into(), Frame::unstamped(&entry, epoch)));
        }
    }
    frames
}

/// Receipts and files name no channel; the widget ignores those of messages it does not hold.
fn on_channel(kind: &EventKind, channel: ChannelId) -> bool {
    match kind {
        EventKind::Message(message) => message.channel_id == channel,
        _ => true,
    }
}

/// Stamps the frames of a committed batch and sends them on. Runs on the journal's writer.
pub fn publish(fanout: &Fanout, committed: Vec<Committed>) {
    let mut items = Vec::with_capacity(committed.len());
    let mut withdraws = false;
    for Committed { first_position, payload, .. } in committed {
        let Ok(publication) = payload.downcast::<Publication>() else { continue };
        let Publication { audience, frames, deletes } = *publication;
        withdraws |= deletes;
        for (position, frames) in (first_position..).zip(frames) {
            if let Some(agent) = frames.agent {
                let frame = agent.stamp(position);
                items.push(Item { position: Some(position), audience: audience.clone(), frame });
            }
            for (key, frame) in frames.visitors {
                let audience = Audience::Visitor(key);
                items.push(Item { position: Some(position), audience, frame: frame.stamp(position) });
            }
        }
    }
    if !items.is_empty() {
        fanout.publish(Batch { withdraws, ..Batch::new(items) });
    }
}
