//! What one commit has to tell, addressed.

use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;
use switchboard_engine::conversation::Conversation;
use switchboard_engine::ids::{BusinessId, GroupId, UserId};

/// A webchat visitor's id: the address of their route.
pub type VisitorKey = Arc<str>;

/// Frames of one commit batch, in position order.
#[derive(Debug)]
pub struct Batch {
    pub items: Vec<Item>,
    /// When it was handed to the workers.
    pub at: Instant,
    /// Something was deleted in it: what was said of that before is not said again.
    pub withdraws: bool,
}

#[derive(Debug)]
pub struct Item {
    /// `None` for what is never replayed.
    pub position: Option<i64>,
    pub audience: Audience,
    /// A finished, unmasked websocket frame, shared by all its receivers.
    pub frame: Bytes,
}

/// Who may see a frame. Decided again for every frame at delivery, so that a change of membership takes effect at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Members of the group, and admins of the business; with a list, only those of them who are on it.
    Group {
        business: BusinessId,
        group: GroupId,
        visible_to: Option<Arc<[UserId]>>,
    },
    /// Everybody of the team.
    Business(BusinessId),
    User(UserId),
    /// One user, about a conversation, if they may see it.
    Reader {
        user: UserId,
        business: BusinessId,
        group: GroupId,
        visible_to: Option<Arc<[UserId]>>,
    },
    Visitor(VisitorKey),
}

impl Audience {
    /// Whoever may see a conversation.
    pub fn of(conversation: &Conversation) -> Self {
        Self::Group {
            business: conversation.business_id,
            group: conversation.group_id,
            visible_to: conversation.visible_to.clone(),
        }
    }

    /// One user, as far as they may see a conversation.
    pub fn reader(user: UserId, conversation: &Conversation) -> Self {
        Self::Reader {
            user,
            business: conversation.business_id,
            group: conversation.group_id,
            visible_to: conversation.visible_to.clone(),
        }
    }
}

impl Batch {
    pub fn new(items: Vec<Item>) -> Self {
        Self { items, at: Instant::now(), withdraws: false }
    }

    pub fn last_position(&self) -> Option<i64> {
        self.items.iter().rev().find_map(|item| item.position)
    }

    pub fn first_position(&self) -> Option<i64> {
        self.items.iter().find_map(|item| item.position)
    }

    pub fn bytes(&self) -> usize {
        self.items.iter().map(|item| item.frame.len()).sum()
    }
}
