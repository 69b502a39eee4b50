//! A customer's phone: what tests, the load test and the page type on.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use self::handset::{Button, Handset, Message, Tick};
use crate::account::AccountState;
use crate::callbacks::{Callback, Mark, dispatch};
use crate::config::Provider;
use crate::ids::{Way, graph_id, sid, wamid};
use crate::media::Media;
use crate::whatsapp::inbound::{self, Act};
use crate::whatsapp::status::report_read;
use crate::world::World;
use crate::{http_sms, twilio, vonage};

pub(crate) mod handset;

/// A handle to one customer's phone; cheap to clone.
#[derive(Clone)]
pub struct Phone {
    pub(crate) world: Arc<World>,
    pub(crate) account: Arc<AccountState>,
    pub(crate) digits: Arc<str>,
}

/// Why a phone could not do something, or did not learn how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneError {
    /// The product did not answer in time, or could not be reached. The provider keeps trying.
    NoAnswer,
    /// SMS knows no such thing.
    Unsupported,
    /// There is no such message, or no such button below it.
    NotFound,
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAnswer => "the product did not answer the webhook",
            Self::Unsupported => "SMS has no such thing",
            Self::NotFound => "this phone has no such message or button",
        })
    }
}

impl std::error::Error for PhoneError {}

impl Phone {
    /// `+` and digits.
    pub fn number(&self) -> String {
        format!("+{}", self.digits)
    }

    /// Sets the profile name the product sees on WhatsApp.
    pub fn named(self, name: &str) -> Self {
        self.edit(|handset| name.clone_into(&mut handset.name));
        self
    }

    /// Gives the customer a business-scoped user id, for example `US.13491208655302741918`.
    pub fn with_user_id(self, user_id: &str) -> Self {
        self.edit(|handset| handset.user_id = Some(user_id.to_owned()));
        self
    }

    /// The customer adopts a username: webhooks carry the user id and an empty number.
    pub fn hiding_number(self, username: &str) -> Self {
        self.edit(|handset| {
            handset.username = Some(username.to_owned());
            handset.hides_number = true;
            handset.user_id.get_or_insert_with(|| format!("US.{}", graph_id()));
        });
        self
    }

    /// Writes a text; answers the HTTP status the product gave the webhook.
    pub async fn text(&self, body: &str) -> Result<u16, PhoneError> {
        self.act(Act::Text { body: body.to_owned(), reply_to: None }).await
    }

    /// Writes a text that quotes a message.
    pub async fn reply(&self, message_id: &str, body: &str) -> Result<u16, PhoneError> {
        self.act(Act::Text { body: body.to_owned(), reply_to: Some(message_id.to_owned()) }).await
    }

    /// Sends a file; its kind follows from the media type.
    pub async fn file(
        &self,
        mime_type: &str,
        file_name: Option<&str>,
        bytes: impl Into<Bytes>,
        caption: Option<&str>,
    ) -> Result<u16, PhoneError> {
        let media = self.world.shelf.put(Media {
            id: self.media_id(),
            account: Arc::clone(&self.account.key),
            mime_type: mime_type.to_owned(),
            file_name: file_name.map(str::to_owned),
            bytes: bytes.into(),
        });
        let voice = mime_type.contains("ogg");
        self.act(Act::File { media, caption: caption.map(str::to_owned), voice }).await
    }

    pub async fn location(&self, latitude: f64, longitude: f64, name: &str) -> Result<u16, PhoneError> {
        self.act(Act::Location { latitude, longitude, name: name.to_owned() }).await
    }

    /// Reacts to a message of the business; an empty emoji takes the reaction back.
    pub async fn react(&self, message_id: &str, emoji: &str) -> Result<u16, PhoneError> {
        self.act(Act::React { message_id: message_id.to_owned(), emoji: emoji.to_owned() }).await
    }

    /// Taps a button or list row below a message.
    pub async fn tap(&self, message_id: &str, button_id: &str) -> Result<u16, PhoneError> {
        let button = self.with(|handset| {
            let buttons = &handset.message_mut(message_id)?.buttons;
            buttons.iter().find(|button| button.id == button_id).cloned()
        });
        let button = button.ok_or(PhoneError::NotFound)?;
        self.act(Act::Tap { message_id: message_id.to_owned(), button }).await
    }

    /// Sends any WhatsApp message object, say `{"type":"order","order":{…}}`; sender, id and time are added.
    pub async fn raw(&self, message: Value) -> Result<u16, PhoneError> {
        if !message.is_object() {
            return Err(PhoneError::Unsupported);
        }
        self.act(Act::Raw(message)).await
    }

    /// What the business sent and the customer received, oldest first.
    pub fn inbox(&self) -> Vec<Message> {
        let received = |message: &&Message| !message.from_customer && message.tick != Tick::Failed;
        self.with(|handset| handset.thread.iter().filter(received).cloned().collect())
    }

    /// Everything on the screen, oldest first.
    pub fn thread(&self) -> Vec<Message> {
        self.with(|handset| handset.thread.clone())
    }

    /// The customer looks at the phone: read receipts go out (on WhatsApp). Answers how many messages were unread.
    pub fn read_all(&self) -> usize {
        let read = self.with(Handset::look);
        let count = read.len();
        if count > 0 && !self.account.provider().is_sms() {
            report_read(&self.world, &self.account, &self.digits, read);
        }
        self.world.changed();
        count
    }

    /// From now on everything is read the moment it arrives.
    pub fn set_auto_read(&self, auto_read: bool) {
        self.edit(|handset| handset.auto_read = auto_read);
        if auto_read {
            self.read_all();
        }
    }

    /// Off: sends fail with 131026 (WhatsApp) or end undelivered with 30003 (SMS).
    pub fn set_reachable(&self, reachable: bool) {
        self.edit(|handset| handset.reachable = reachable);
    }

    /// Whether the phone shows "typing…".
    pub fn sees_typing(&self) -> bool {
        self.with(|handset| handset.typing_until) > self.world.clock.micros()
    }

    /// Whether the customer texted STOP and not START since.
    pub fn opted_out(&self) -> bool {
        self.with(|handset| handset.opted_out)
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut Handset) -> R) -> R {
        self.account.with_phone(&self.digits, f)
    }

    fn media_id(&self) -> String {
        if self.account.provider().is_sms() { sid("ME") } else { graph_id() }
    }

    pub(crate) async fn act(&self, act: Act) -> Result<u16, PhoneError> {
        let provider = self.account.provider();
        let sms = provider.is_sms();
        if sms && !matches!(act, Act::Text { .. } | Act::File { .. }) {
            return Err(PhoneError::Unsupported);
        }
        let id: Arc<str> = match &act {
            Act::File { .. } if sms => sid("MM").into(),
            _ if sms => sid("SM").into(),
            _ => wamid(&self.digits, Way::FromCustomer).into(),
        };
        let now = self.world.clock.micros();
        let keeps_threads = self.account.switches().threads;
        let payload = self.with(|handset| {
            handset.owned = true;
            handset.last_inbound = Some(now);
            if keeps_threads {
                show(handset, &id, now, &act);
            }
            match provider {
                Provider::Twilio => twilio::inbound::payload(&self.world, &self.account, handset, &id, &act),
                Provider::Vonage => vonage::inbound(&self.world, &self.account, handset, &id, &act),
                Provider::HttpSms => http_sms::inbound(&self.world, &self.account, handset, &id, &act),
                Provider::CloudApi | Provider::Dialog360 => {
                    inbound::payload(&self.account, handset, &id, now / 1_000_000, &act)
                }
            }
        });
        let mark = Mark { digits: Arc::clone(&self.digits), id };
        let mut callback = Callback::message(payload, mark);
        let answer = callback.answer();
        dispatch(&self.world, &self.account, &self.digits, callback);
        self.world.changed();
        answer.await.ok().flatten().ok_or(PhoneError::NoAnswer)
    }

    fn edit(&self, f: impl FnOnce(&mut Handset)) {
        self.with(f);
        self.world.changed();
    }
}

/// Puts the customer's act on the customer's own screen.
fn show(handset: &mut Handset, id: &Arc<str>, now: u64, act: &Act) {
    let mut message = Message {
        id: Arc::clone(id),
        from_customer: true,
        kind: Cow::Borrowed("text"),
        body: "".into(),
        media: None,
        buttons: Vec::new(),
        reply_to: None,
        reaction: None,
        at_ms: now / 1_000,
        tick: Tick::Sent,
        attempt_key: None,
    };
    match act {
        Act::Text { body, reply_to } => {
            message.body = body.as_str().into();
            message.reply_to = reply_to.as_deref().map(Into::into);
        }
        Act::File { media, caption, .. } => {
            message.kind = media.kind().into();
            message.body = caption.as_deref().unwrap_or_default().into();
            message.media = Some(media.in_thread());
        }
        Act::Location { name, .. } => {
            message.kind = "location".into();
            message.body = name.as_str().into();
        }
        Act::Tap { message_id, button: Button { title, .. } } => {
            message.body = title.as_str().into();
            message.reply_to = Some(message_id.as_str().into());
        }
        Act::Raw(raw) => message.kind = raw["type"].as_str().unwrap_or("unknown").to_owned().into(),
        Act::React { message_id, emoji } => {
            if let Some(target) = handset.message_mut(message_id) {
                target.reaction = (!emoji.is_empty()).then(|| emoji.clone());
            }
            return;
        }
    }
    handset.thread.push(message);
}

/// The digits of a number in any notation.
pub(crate) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}
