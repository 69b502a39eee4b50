//! Reads a WhatsApp webhook: every message and status of every entry and change. A bad one is kept apart and never loses its siblings.

use super::content;
use super::loose::{Loose, mend_surrogates, object};
use super::preference;
use super::status;
use super::templates;
use crate::channels::{Addressed, Delivery, Event, InboundMessage, ParseError};
use crate::contact::{Identity, IdentityKind};
use crate::phone;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Everything `raw` says, in its order. Check its signature first. Refuses only what is not a WhatsApp webhook at all.
pub fn webhook(raw: &[u8]) -> Result<Delivery, ParseError> {
    let text = mend_surrogates(String::from_utf8_lossy(raw));
    let body: Body<'_> =
        object(&text).map_err(|error| ParseError { detail: format!("WhatsApp webhook: {error}") })?;
    let mut delivery = Delivery::default();
    for entry in body.entry {
        read_entry(entry, &mut delivery);
    }
    Ok(delivery)
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    entry: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    /// The WhatsApp business account.
    #[serde(borrow, default)]
    id: Loose<'a>,
    #[serde(borrow)]
    changes: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow, default)]
    field: Loose<'a>,
    #[serde(borrow)]
    value: &'a RawValue,
}

fn read_entry(raw: &RawValue, delivery: &mut Delivery) {
    match object::<Entry<'_>>(raw.get()) {
        Ok(entry) => {
            let account = entry.id.text();
            entry.changes.into_iter().for_each(|change| read_change(change, account.as_ref(), delivery));
        }
        Err(error) => delivery.events.push(malformed(None, "entry", &error, raw)),
    }
}

fn read_change(raw: &RawValue, account: Option<&String>, delivery: &mut Delivery) {
    let change: Change<'_> = match object(raw.get()) {
        Ok(change) => change,
        Err(error) => return delivery.events.push(malformed(None, "change", &error, raw)),
    };
    if let Some(event) = template_news(&change, account) {
        return delivery.events.push(Addressed { address: None, event });
    }
    if let Some(reason) = ignored_field(change.field.as_str()) {
        return delivery.events.push(Addressed { address: None, event: Event::Ignored { reason } });
    }
    match object::<Value<'_>>(change.value.get()) {
        Ok(value) => value.read(delivery),
        Err(error) => delivery.events.push(malformed(None, "value", &error, change.value)),
    }
}

/// News about a template, which concerns an account and not a number.
fn template_news(change: &Change<'_>, account: Option<&String>) -> Option<Event> {
    let field = change.field.as_str();
    if !field.contains("template") {
        return None;
    }
    let value = serde_json::from_str(change.value.get()).unwrap_or_default();
    templates::event(field, account.cloned(), &value)
}

/// The metric label of a field we do not use; `None` for messages and what people prefer.
fn ignored_field(field: &str) -> Option<&'static str> {
    const KNOWN: [&str; 13] = [
        "account_alerts",
        "account_review_update",
        "account_update",
        "business_capability_update",
        "calls",
        "flows",
        "history",
        "message_echoes",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "smb_message_echoes",
    ];
    match field {
        "messages" | "user_preferences" | "" => None,
        other => Some(KNOWN.into_iter().find(|known| *known == other).unwrap_or("whatsapp_unknown_field")),
    }
}

/// What a change of the field "messages" holds. Lists stay raw so that each of their items fails alone.
#[derive(Deserialize)]
struct Value<'a> {
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    contacts: Option<&'a RawValue>,
    #[serde(borrow, default)]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    statuses: Option<&'a RawValue>,
    #[serde(borrow, default)]
    user_preferences: Option<&'a RawValue>,
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    phone_number_id: Loose<'a>,
}

impl Value<'_> {
    fn read(&self, delivery: &mut Delivery) {
        let metadata: Metadata<'_> = self.metadata.and_then(|raw| object(raw.get()).ok()).unwrap_or_default();
        let address = metadata.phone_number_id.text();
        let before = delivery.events.len();
        let mut push = |event| delivery.events.push(Addressed { address: address.clone(), event });

        let senders = senders(self.contacts);
        each(self.messages, &mut push, |raw| message(raw, &senders));
        each(self.statuses, &mut push, status::event);
        each(self.user_preferences, &mut push, preference::event);
        if self.errors.is_some() {
            push(Event::Ignored { reason: "whatsapp_account_error" });
        }
        if delivery.events.len() == before {
            delivery.events.push(Addressed { address, event: Event::Ignored { reason: "whatsapp_empty" } });
        }
    }
}

/// Pushes one event per item of `list`; a list that is none is itself malformed.
fn each(list: Option<&RawValue>, push: &mut impl FnMut(Event), event: impl Fn(&RawValue) -> Event) {
    let Some(raw) = list else { return };
    match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        Ok(items) => items.into_iter().for_each(|item| push(event(item))),
        Err(error) => push(Event::Malformed { reason: format!("list: {error}"), raw: raw.get().to_owned() }),
    }
}

/// One of `contacts[]`: the sender of a message as WhatsApp knows them.
#[derive(Deserialize)]
struct Sender<'a> {
    #[serde(borrow, default)]
    wa_id: Loose<'a>,
    #[serde(borrow, default)]
    user_id: Loose<'a>,
    #[serde(borrow, default)]
    profile: Option<Profile<'a>>,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow, default)]
    name: Loose<'a>,
    #[serde(borrow, default)]
    username: Loose<'a>,
}

impl Sender<'_> {
    fn name(&self) -> Option<String> {
        let profile = self.profile.as_ref()?;
        profile.name.text().or_else(|| profile.username.text())
    }
}

fn senders(raw: Option<&RawValue>) -> Vec<Sender<'_>> {
    let items: Vec<&RawValue> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    items.into_iter().filter_map(|raw| object(raw.get()).ok()).collect()
}

/// The fields every message has, and those of the common text message.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow, default)]
    id: Loose<'a>,
    #[serde(borrow, default)]
    from: Loose<'a>,
    #[serde(borrow, default)]
    from_user_id: Loose<'a>,
    #[serde(borrow, default)]
    group_id: Loose<'a>,
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Loose<'a>,
    #[serde(borrow, default)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) referral: Option<&'a RawValue>,
}

/// What a message refers to.
#[derive(Default, Deserialize)]
pub(super) struct Context<'a> {
    #[serde(borrow, default)]
    id: Loose<'a>,
    #[serde(borrow, default)]
    pub(super) forwarded: Loose<'a>,
    #[serde(borrow, default)]
    pub(super) frequently_forwarded: Loose<'a>,
    #[serde(borrow, default)]
    pub(super) referred_product: Option<&'a RawValue>,
}

fn message(raw: &RawValue, senders: &[Sender<'_>]) -> Event {
    let malformed = |reason: String| Event::Malformed { reason, raw: raw.get().to_owned() };
    let head: Head<'_> = match object(raw.get()) {
        Ok(head) => head,
        Err(error) => return malformed(format!("message: {error}")),
    };
    if !head.group_id.is_blank() {
        return Event::Ignored { reason: "whatsapp_group" };
    }
    let Some(provider_message_id) = head.id.text() else { return malformed("message: no id".to_owned()) };
    let sender = sender_of(&head, senders);
    let from = identities(&head, sender);
    let Some(reply_address) = reply_address(&head, sender) else {
        return malformed("message: no sender".to_owned());
    };
    let context: Context<'_> = head.context.and_then(|raw| object(raw.get()).ok()).unwrap_or_default();
    let said = content::of(&head, &context, raw);
    Event::Message(InboundMessage {
        provider_message_id,
        from,
        reply_address,
        profile_name: sender.and_then(Sender::name),
        at: head.timestamp.moment(),
        content: said.content,
        reply_to: said.refers_to.or_else(|| context.id.text()),
    })
}

/// The contact who wrote: by user id, by phone, else the only one there is.
fn sender_of<'s, 'a>(head: &Head<'_>, senders: &'s [Sender<'a>]) -> Option<&'s Sender<'a>> {
    let same = |a: &Loose<'_>, b: &Loose<'_>| !a.is_blank() && a.as_str() == b.as_str();
    senders
        .iter()
        .find(|sender| same(&sender.user_id, &head.from_user_id))
        .or_else(|| senders.iter().find(|sender| same(&sender.wa_id, &head.from)))
        .or_else(|| senders.first().filter(|_| senders.len() == 1))
}

/// The sender's marks, best first. A contact under another phone than the message's lends no user id: two people would become one.
fn identities(head: &Head<'_>, sender: Option<&Sender<'_>>) -> Vec<Identity> {
    let phone = phone_of(head, sender);
    let user_id = user_id_of(head, sender);
    let user = user_id.and_then(|id| Identity::new(IdentityKind::WhatsappUser, id));
    [user, phone.and_then(number_or_id)].into_iter().flatten().collect()
}

/// The mark a `wa_id` is: mostly a number, else WhatsApp's own id for somebody, whatever that is.
pub(super) fn number_or_id(wa_id: String) -> Option<Identity> {
    match phone::from_digits(&wa_id) {
        Some(e164) => Identity::new(IdentityKind::Phone, e164.into_string()),
        None => Identity::new(IdentityKind::WhatsappUser, wa_id),
    }
}

/// Meta advises to answer to the phone where there is one.
fn reply_address(head: &Head<'_>, sender: Option<&Sender<'_>>) -> Option<String> {
    phone_of(head, sender).or_else(|| user_id_of(head, sender))
}

fn phone_of(head: &Head<'_>, sender: Option<&Sender<'_>>) -> Option<String> {
    head.from.text().or_else(|| sender.and_then(|sender| sender.wa_id.text()))
}

fn user_id_of(head: &Head<'_>, sender: Option<&Sender<'_>>) -> Option<String> {
    let theirs = |sender: &&Sender<'_>| {
        head.from.is_blank() || sender.wa_id.is_blank() || sender.wa_id.as_str() == head.from.as_str()
    };
    head.from_user_id.text().or_else(|| sender.filter(theirs).and_then(|sender| sender.user_id.text()))
}

fn malformed(address: Option<String>, what: &str, error: &str, raw: &RawValue) -> Addressed {
    let reason = format!("{what}: {error}");
    Addressed { address, event: Event::Malformed { reason, raw: raw.get().to_owned() } }
}
