//! Channels' wire protocols as pure functions: provider bytes -> [`Delivery`], message -> [`HttpCall`], answer -> [`SendOutcome`].
//!
//! Nothing here does I/O. A parser never loses a sibling of a bad entry and never refuses an unknown type: it keeps it.
//! Error: [`ParseError`], when the body as a whole is not what the provider sends.

use crate::consent::ConsentState;
use crate::contact::Identity;
use crate::message::{MediaKind, MessageKind};
use crate::receipt::{Failure, Receipt, Status};
use crate::template::{Filled, Quality, TemplateStatus};
use crate::time::Timestamp;

pub mod probe;
pub mod sms;
pub mod webchat;
pub mod whatsapp;

mod text;

/// Everything one callback said, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    pub events: Vec<Addressed>,
}

/// One event and the line of ours it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Addressed {
    /// WhatsApp phone number id or our E.164 number; `None` for account-wide news.
    pub address: Option<String>,
    pub event: Event,
}

/// What a provider can tell us.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Message(InboundMessage),
    Status(StatusUpdate),
    /// What WhatsApp thinks of a template has changed.
    Template(TemplateNews),
    /// What somebody chose about marketing in the provider's own app.
    Preference(Preference),
    /// Acknowledged and counted, never shown; the reason is a metric label ("whatsapp_group", "account_update").
    Ignored {
        reason: &'static str,
    },
    /// An entry that could not be understood; kept so that nobody has to guess later.
    Malformed {
        reason: String,
        raw: String,
    },
}

/// Whether somebody wants marketing messages, as they told the provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Preference {
    /// Marks of the person, best first; never empty.
    pub of: Vec<Identity>,
    pub state: ConsentState,
    /// The provider's words.
    pub detail: Option<String>,
    /// When they chose, by the provider's clock.
    pub at: Option<Timestamp>,
}

/// A message from a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundMessage {
    /// The provider's id: the dedupe key within the channel.
    pub provider_message_id: String,
    /// Marks of the sender, best first (WhatsApp user id before phone); never empty.
    pub from: Vec<Identity>,
    /// Where to answer to: digits, user id or E.164, exactly as the provider wants it back.
    pub reply_address: String,
    pub profile_name: Option<String>,
    /// The provider's clock; `None` when absent or absurd.
    pub at: Option<Timestamp>,
    pub content: Content,
    /// The provider's id of the message this one answers.
    pub reply_to: Option<String>,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    pub kind: MessageKind,
    /// Readable rendering of whatever it is: body, caption, "Order: 2 items", place name.
    pub text: String,
    pub media: Vec<RemoteMedia>,
    /// Structured rest as a JSON object: coordinates, cards, ids, the raw form of an unknown type.
    pub extra: Option<serde_json::Value>,
}

impl Content {
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: MessageKind::Text, text: text.into(), media: Vec::new(), extra: None }
    }
}

/// A file still at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteMedia {
    pub kind: MediaKind,
    /// Media id (WhatsApp) or URL (Twilio).
    pub reference: String,
    pub mime: String,
    pub file_name: Option<String>,
    /// Hex or base64 as given; `None` where the provider states none.
    pub sha256: Option<String>,
}

/// Where a file at the provider can be fetched, and what the provider says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    pub url: String,
    pub mime: String,
    /// Bytes.
    pub size: Option<u64>,
    pub sha256: Option<String>,
}

/// News about a message of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusUpdate {
    pub provider_message_id: String,
    /// Our own message id when the provider echoes it (`biz_opaque_callback_data`, query of the status callback).
    pub our_message_id: Option<String>,
    pub status: Status,
    /// The provider's clock; `None` when absent or absurd (Twilio states none).
    pub at: Option<Timestamp>,
    pub failure: Option<Failure>,
}

impl StatusUpdate {
    /// The receipt this news makes, dated `received_at` where the provider gave no date.
    pub fn receipt(self, received_at: Timestamp) -> Receipt {
        Receipt { status: self.status, at: self.at.unwrap_or(received_at), failure: self.failure }
    }
}

/// News about a registered template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateNews {
    /// The account it belongs to, as the provider names it.
    pub waba_id: Option<String>,
    pub name: String,
    pub language: String,
    pub change: TemplateChange,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateChange {
    Status {
        status: TemplateStatus,
        /// Set when the status says something of it, too.
        quality: Option<Quality>,
    },
    Quality(Quality),
    Category(String),
    /// Something else: the list must be read again.
    Other,
}

/// A message to transmit, with everything a codec needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Our message id, sent along where the provider echoes it.
    pub message_id: String,
    pub to: String,
    pub text: String,
    /// A registered template, filled in; then `text` is for people only and `media` is its header's file.
    pub template: Option<Filled>,
    /// At most one on WhatsApp (the caller splits), up to ten on MMS.
    pub media: Vec<OutgoingMedia>,
    /// The provider's id of the message this one answers.
    pub reply_to: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMedia {
    pub kind: MediaKind,
    /// Provider's media id after upload (WhatsApp) or a public URL (Twilio).
    pub reference: String,
    pub file_name: Option<String>,
}

/// An HTTP request to a provider, still to be made. Header values may hold credentials: never log them.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpCall {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What a provider's answer to a send means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    Accepted {
        provider_message_id: String,
    },
    /// Refused for good.
    Refused(Failure),
    /// Not accepted, may be tried again; `after` seconds when the provider said so.
    TryLater {
        failure: Failure,
        after: Option<u64>,
    },
    /// Our credentials do not work: the channel must stop, the message waits.
    ChannelBroken(Failure),
    /// An answer that says neither yes nor no.
    Unclear(Failure),
}

/// The body as a whole is not what this provider sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub detail: String,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ParseError {}
