//! The state of one customer's phone in its relation to one business number.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use crate::limits::Pace;

/// One customer's phone. `phone.rs` has the handle others use.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one customer")]
pub(crate) struct Handset {
    /// Digits only.
    pub(crate) number: Arc<str>,
    pub(crate) name: String,
    /// WhatsApp's business-scoped user id.
    pub(crate) user_id: Option<String>,
    pub(crate) username: Option<String>,
    /// The customer adopted a username: webhooks carry the user id and an empty number.
    pub(crate) hides_number: bool,
    /// Made on purpose, not by the product dialling a number.
    pub(crate) owned: bool,
    /// False: the number is not on WhatsApp, or the handset is off the network.
    pub(crate) reachable: bool,
    pub(crate) auto_read: bool,
    pub(crate) opted_out: bool,
    /// When the customer last wrote, in microseconds of the simulator's clock.
    pub(crate) last_inbound: Option<u64>,
    pub(crate) typing_until: u64,
    pub(crate) pair: Pace,
    pub(crate) thread: Vec<Message>,
}

/// One bubble in a phone's thread.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    pub id: Arc<str>,
    /// True: the customer wrote it; false: the business did.
    pub from_customer: bool,
    /// `text`, `image`, `template`, `interactive`, …; `sms` or `mms`.
    pub kind: Cow<'static, str>,
    /// Text, caption or rendered template.
    pub body: Arc<str>,
    pub media: Option<MessageMedia>,
    pub buttons: Vec<Button>,
    pub reply_to: Option<Arc<str>>,
    /// The other side's reaction.
    pub reaction: Option<String>,
    /// Milliseconds since 1970 by the simulator's clock.
    pub at_ms: u64,
    /// For the customer's own messages: what their ticks show. For the business's: what was reported to it.
    pub tick: Tick,
    /// Echoed in status callbacks.
    #[serde(skip)]
    pub attempt_key: Option<Arc<str>>,
}

/// A file in a thread; its bytes are on the simulator's shelf.
#[derive(Clone, Debug, Serialize)]
pub struct MessageMedia {
    pub id: String,
    pub mime_type: String,
    pub file_name: Option<String>,
    pub size: usize,
}

/// Something a customer can tap below a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Button {
    /// The reply id, or the payload of a template's quick reply.
    pub id: String,
    pub title: String,
    /// `button_reply`, `list_reply` or `quick_reply`.
    pub kind: &'static str,
}

/// The life of a message, in order; it never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tick {
    /// The network has it; the product has not confirmed the webhook.
    Sent,
    Delivered,
    Read,
    Failed,
}

impl Handset {
    pub(crate) fn new(number: Arc<str>) -> Self {
        let tail = number.get(number.len().saturating_sub(4)..).unwrap_or_default();
        Self {
            name: format!("Customer {tail}"),
            user_id: None,
            username: None,
            hides_number: false,
            owned: false,
            reachable: true,
            auto_read: false,
            opted_out: false,
            last_inbound: None,
            typing_until: 0,
            pair: Pace::default(),
            thread: Vec::new(),
            number,
        }
    }

    pub(crate) fn message_mut(&mut self, id: &str) -> Option<&mut Message> {
        self.thread.iter_mut().rev().find(|message| &*message.id == id)
    }

    /// Raises a message's tick; lower values are ignored.
    pub(crate) fn raise(&mut self, id: &str, tick: Tick) {
        if let Some(message) = self.message_mut(id) {
            message.tick = message.tick.max(tick);
        }
    }

    /// The product marked `id` read: that message and all the customer wrote before it.
    pub(crate) fn read_up_to(&mut self, id: &str) -> bool {
        let Some(position) = self.thread.iter().rposition(|message| &*message.id == id) else { return false };
        for message in self.thread.iter_mut().take(position + 1).filter(|message| message.from_customer) {
            message.tick = message.tick.max(Tick::Read);
        }
        true
    }

    /// The customer looks at the phone: what becomes read by that.
    pub(crate) fn look(&mut self) -> Vec<Message> {
        let unread = |message: &&mut Message| !message.from_customer && message.tick < Tick::Read;
        self.thread
            .iter_mut()
            .filter(unread)
            .map(|message| {
                message.tick = Tick::Read;
                message.clone()
            })
            .collect()
    }
}
