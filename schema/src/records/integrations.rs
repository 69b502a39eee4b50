//! Other programs: the tokens they come in with, and the webhooks that tell them what happened.

use switchboard_engine::ids::{BusinessId, ConversationId, UserId};
use switchboard_engine::time::Timestamp;

/// What somebody gave another program, by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: i64,
    pub business_id: BusinessId,
    /// Whom it acts for.
    pub user_id: UserId,
    pub name: String,
    pub scopes: Vec<String>,
    pub token_hash: Vec<u8>,
    /// Its last characters.
    pub hint: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// Where to tell what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub id: i64,
    pub business_id: BusinessId,
    /// It hears what they may see.
    pub user_id: UserId,
    /// May hold a secret of the receiver's: never logged.
    pub url: String,
    pub events: Vec<String>,
    /// Sealed.
    pub secret: Vec<u8>,
    pub enabled: bool,
    /// Why it is off, when nobody switched it off.
    pub reason: Option<String>,
    /// How far in the log its deliveries have been made.
    pub position: i64,
    pub failing_since: Option<Timestamp>,
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    Queued,
    Delivered,
    Failed,
    /// There was nothing to tell any more: deleted meanwhile, or not for the owner's eyes.
    Dropped,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Delivered, Self::Failed, Self::Dropped]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// One event on its way to one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: i64,
    pub webhook_id: i64,
    pub event: String,
    /// `None`: a ping.
    pub conversation_id: Option<ConversationId>,
    /// Where the event stands in the log.
    pub position: Option<i64>,
    pub state: DeliveryState,
    /// Attempts made.
    pub attempt: i64,
    pub due_at: Timestamp,
    /// The HTTP status of the last attempt.
    pub answer: Option<u16>,
    pub problem: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub state: DeliveryState,
    /// When it is tried again, while it waits.
    pub due_at: Timestamp,
    pub answer: Option<u16>,
    pub problem: Option<String>,
    pub at: Timestamp,
}

/// What the log says of an event, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub position: i64,
    pub conversation_id: ConversationId,
    pub kind: String,
}
