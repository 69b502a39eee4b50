//! Intake: from a provider's event to the conversation it belongs to. A sharded map behind a handle, not an actor.
//!
//! One lookup in flight per sender, so that fifty first messages at once make one contact and one conversation; the database's unique
//! keys stand behind that. What fails again and again is put aside in quarantine, so that one bad payload never stops a channel.

use crate::beginning::{self, latest_of, viewers_of};
use crate::conversation::{Done, Newborn, Wish};
use crate::core::Core;
use crate::directory::Directory;
use crate::roster::Line;
use crate::telemetry;
use crate::trouble::Trouble;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use switchboard_engine::channel::Channel;
use switchboard_engine::channels::{InboundMessage, RemoteMedia};
use switchboard_engine::contact::{Contact, Identity, IdentityKind};
use switchboard_engine::conversation::{Beginning, Birth, Conversation, Receive, Refusal, Route};
use switchboard_engine::ids::{ContactId, ConversationId, GroupId, MediaId, MessageId};
use switchboard_engine::message::{Media, MediaState};
use switchboard_engine::permission::Viewer;
use switchboard_engine::widget::Answers;
use switchboard_schema::{MarkOwner, Quarantined};
use tokio::sync::OnceCell;

const SHARDS: usize = 64;
/// Senders remembered per shard before the map is started afresh.
const REMEMBERED: usize = 4_096;
/// How often one message is tried before it is put aside.
const TRIES: usize = 3;

type Key = (GroupId, IdentityKind, String);
type Slot = Arc<OnceCell<ConversationId>>;

#[derive(Clone)]
pub struct Intake {
    core: Core,
    directory: Directory,
    shards: Arc<Vec<Mutex<HashMap<Key, Slot>>>>,
}

/// A visitor's message, which has no provider.
pub struct FromVisitor {
    pub visitor: String,
    /// The marks they are known by, best first.
    pub identities: Vec<Identity>,
    pub client_id: String,
    pub text: String,
    pub media: Vec<Media>,
    pub name: Option<String>,
    /// Shown with the message; a name among it is what they call themselves.
    pub prechat: Answers,
}

/// A message on its way to its conversation, from outside or from the team.
struct Arrival<'a> {
    identities: &'a [Identity],
    /// `last_inbound_at` is ignored.
    route: Route,
    profile_name: Option<&'a str>,
    /// How long after a close it goes on with the same conversation; never for the team.
    reopen_within: Option<Duration>,
    viewer: Option<Viewer>,
    /// A broadcast makes no conversation.
    silent: bool,
    wish: Wish,
}

impl<'a> Arrival<'a> {
    fn of(receive: &'a Receive, identities: &'a [Identity]) -> Self {
        Self {
            identities,
            route: receive.route.clone(),
            profile_name: receive.profile_name.as_deref(),
            reopen_within: Some(receive.reopen_within),
            viewer: None,
            silent: false,
            wish: Wish::Receive(Box::new(receive.clone())),
        }
    }
}

impl Intake {
    pub fn new(core: Core, directory: Directory) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { core, directory, shards: Arc::new(shards) }
    }

    /// Stores a provider's message. `Ok` means durable, or put aside durably.
    pub async fn receive(
        &self,
        line: &Line,
        inbound: InboundMessage,
        reopen_within: Duration,
    ) -> Result<(), Trouble> {
        let Some(first) = inbound.from.first().cloned() else { return Err(Trouble::NotFound) };
        let channel = &line.channel;
        let receive = Receive {
            message_id: MessageId(self.core.ids.next()),
            route: route(channel, inbound.reply_address),
            provider_message_id: Some(inbound.provider_message_id),
            client_id: None,
            media: inbound.content.media.iter().map(|media| self.pending(media)).collect(),
            content: inbound.content,
            reply_to: inbound.reply_to,
            at: inbound.at,
            profile_name: inbound.profile_name,
            beginning: Beginning::default(),
            reopen_within,
        };
        let result = self.deliver(channel, &first, &Arrival::of(&receive, &inbound.from)).await;
        match result {
            Ok(done) => {
                if done.changed {
                    metrics::counter!(telemetry::INBOUND, "channel" => channel.kind.as_str()).increment(1);
                }
                Ok(())
            }
            Err(Trouble::Quarantined) => {
                tracing::error!(channel.id = %channel.id, "a message failed three times and was put aside in quarantine");
                self.put_aside(channel, &receive, "the conversation panicked on it", TRIES).await
            }
            // No contact is made of a colleague, and sending it again would not help: it waits for an operator.
            Err(Trouble::Refused(Refusal::IdentifierInUse { .. })) => {
                tracing::warn!(channel.id = %channel.id, "a message from a colleague's own number was put aside in quarantine");
                self.put_aside(channel, &receive, "its sender is a colleague, who can be no contact", 1).await
            }
            Err(trouble) => {
                metrics::counter!(telemetry::INBOUND_REFUSED, "reason" => trouble.code()).increment(1);
                Err(trouble)
            }
        }
    }

    /// Stores a webchat visitor's message.
    pub async fn receive_from_visitor(
        &self,
        channel: &Channel,
        from: FromVisitor,
        reopen_within: Duration,
    ) -> Result<Done, Trouble> {
        let invalid = |detail: &str| Refusal::Invalid { field: "visitor", detail: detail.to_owned() };
        let identity = from.identities.first().cloned().ok_or_else(|| invalid("must not be empty"))?;
        let extra = (!from.prechat.is_empty()).then(|| serde_json::json!({"prechat": from.prechat}));
        let kind = if from.media.is_empty() {
            switchboard_engine::message::MessageKind::Text
        } else {
            switchboard_engine::message::MessageKind::Media
        };
        let content =
            switchboard_engine::channels::Content { kind, text: from.text, media: Vec::new(), extra };
        let receive = Receive {
            message_id: MessageId(self.core.ids.next()),
            route: route(channel, from.visitor),
            provider_message_id: None,
            client_id: Some(from.client_id),
            content,
            media: from.media,
            reply_to: None,
            at: None,
            profile_name: from.name,
            beginning: Beginning::default(),
            reopen_within,
        };
        let done = self.deliver(channel, &identity, &Arrival::of(&receive, &from.identities)).await?;
        metrics::counter!(telemetry::INBOUND, "channel" => channel.kind.as_str())
            .increment(u64::from(done.changed));
        Ok(done)
    }

    /// The latest conversation of a visitor, open or closed, if they ever wrote.
    pub async fn conversation_of_visitor(
        &self,
        channel: &Channel,
        identities: Vec<Identity>,
    ) -> Result<Option<ConversationId>, Trouble> {
        let Some((contact, _)) = self.core.store.find_contact(channel.business_id, identities).await? else {
            return Ok(None);
        };
        Ok(self.core.store.latest_conversation_of(channel.group_id, contact.id).await?)
    }

    /// The team writes first: into the contact's open conversation, or as the first message of another. Without a viewer it is the program.
    pub(crate) async fn begin(
        &self,
        channel: &Channel,
        phone: &Identity,
        address: String,
        viewer: Option<Viewer>,
        wish: Wish,
    ) -> Result<Done, Trouble> {
        let arrival = Arrival {
            identities: std::slice::from_ref(phone),
            route: route(channel, address),
            profile_name: None,
            reopen_within: None,
            viewer,
            silent: matches!(wish, Wish::Announce(_)),
            wish,
        };
        self.deliver(channel, phone, &arrival).await
    }

    /// Forgets which conversation belongs to whom; the database knows.
    pub(crate) fn forget_all(&self) {
        for shard in self.shards.iter() {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    async fn deliver(
        &self,
        channel: &Channel,
        first: &Identity,
        arrival: &Arrival<'_>,
    ) -> Result<Done, Trouble> {
        let key = (channel.group_id, first.kind(), first.value().to_owned());
        let mut last = Trouble::Busy;
        for _ in 0..TRIES {
            let slot = self.slot(&key);
            let found = slot.get_or_try_init(|| self.find_or_begin(channel, arrival)).await;
            let conversation = *found?;
            match self.directory.ask(conversation, arrival.viewer.clone(), arrival.wish.clone()).await {
                // Closed or opened meanwhile, or memory was wrong about it: look again.
                Err(
                    trouble @ (Trouble::Refused(
                        Refusal::ConversationClosed | Refusal::OpenConversationExists { .. },
                    )
                    | Trouble::NotFound),
                ) => {
                    self.forget(&key, &slot);
                    last = trouble;
                }
                Err(Trouble::Quarantined) => last = Trouble::Quarantined,
                answer => return answer,
            }
        }
        let hidden = last == Trouble::NotFound && arrival.viewer.is_some();
        Err(if last == Trouble::Quarantined || hidden { last } else { Trouble::Busy })
    }

    async fn find_or_begin(
        &self,
        channel: &Channel,
        arrival: &Arrival<'_>,
    ) -> Result<ConversationId, Trouble> {
        let store = &self.core.store;
        let identities = arrival.identities;
        let known = store.find_contact(channel.business_id, identities.to_vec()).await?;
        let mut previous = None;
        if let Some((contact, _)) = &known {
            if let Some(present) = store.present_conversation_of(channel.group_id, contact.id).await? {
                return Ok(present);
            }
            previous = latest_of(&self.core, channel.group_id, contact.id).await?;
        }
        let now = self.core.clock.now();
        let goes_on = previous.as_ref().filter(|previous| {
            arrival.reopen_within.is_some_and(|within| previous.continues(channel.kind, within, now))
        });
        if let Some(same) = goes_on {
            return Ok(same.id);
        }
        let (contact, birth) = match known {
            Some((contact, unknown)) => (contact, Birth { new_contact: false, identities: unknown }),
            None => {
                let id = ContactId(self.core.ids.next());
                let identities = self.without_colleagues(channel, identities).await?;
                let contact = Contact::unknown(id, &identities, arrival.profile_name.map(str::to_owned));
                (contact, Birth { new_contact: true, identities })
            }
        };
        let last_inbound_at = store.care_window(channel.id, arrival.route.address.clone()).await?;
        let route = Route { last_inbound_at, ..arrival.route.clone() };
        let id = ConversationId(self.core.ids.next());
        let visible_to = if birth.new_contact {
            None
        } else {
            viewers_of(&self.core, channel.group_id, contact.id).await?
        };
        let previous = beginning::previous(previous.as_ref(), visible_to.as_deref());
        // Silence has no number: people will call it something once it is a conversation.
        let number = if arrival.silent { 0 } else { self.core.numbers.next() };
        let conversation = Conversation {
            routes: vec![route],
            visible_to,
            previous,
            ..Conversation::unborn(id, channel.business_id, channel.group_id, number, contact, now)
        };
        let conversation = if arrival.silent { conversation.silent() } else { conversation };
        self.directory.expect(Newborn { conversation, birth });
        Ok(id)
    }

    /// The marks a new contact may have. A colleague's number makes no contact at all.
    async fn without_colleagues(
        &self,
        channel: &Channel,
        marks: &[Identity],
    ) -> Result<Vec<Identity>, Trouble> {
        let (mut own, mut phone) = (Vec::with_capacity(marks.len()), false);
        for mark in marks {
            match self.core.store.owner_of_mark(channel.business_id, mark.clone()).await? {
                Some(MarkOwner::User(_)) => phone |= mark.kind() == IdentityKind::Phone,
                _ => own.push(mark.clone()),
            }
        }
        if phone || own.is_empty() {
            return Err(Refusal::IdentifierInUse { kind: "phone", owner_kind: "user" }.into());
        }
        Ok(own)
    }

    fn pending(&self, remote: &RemoteMedia) -> Media {
        Media {
            id: MediaId(self.core.ids.next()),
            kind: remote.kind,
            file_name: remote.file_name.clone(),
            mime: remote.mime.clone(),
            size: None,
            state: MediaState::Pending,
            remote_reference: Some(remote.reference.clone()),
        }
    }

    async fn put_aside(
        &self,
        channel: &Channel,
        receive: &Receive,
        error: &str,
        tries: usize,
    ) -> Result<(), Trouble> {
        metrics::counter!(telemetry::QUARANTINED).increment(1);
        let source = format!("{}:{}", channel.provider.as_str(), channel.id);
        self.quarantine(source, format!("{receive:?}"), error.to_owned(), tries).await
    }

    /// Puts aside what could not even be understood or routed, for an operator to look at.
    pub async fn keep_for_operator(&self, source: String, raw: String, error: String) -> Result<(), Trouble> {
        metrics::counter!(telemetry::QUARANTINED).increment(1);
        self.quarantine(source, raw, error, 1).await
    }

    async fn quarantine(
        &self,
        source: String,
        payload: String,
        error: String,
        tries: usize,
    ) -> Result<(), Trouble> {
        let item = Quarantined {
            id: self.core.ids.next(),
            source,
            conversation_id: None,
            payload,
            error,
            tries: i64::try_from(tries).unwrap_or(i64::MAX),
            at: self.core.clock.now(),
        };
        Ok(self.core.store.quarantine(item).await?)
    }

    fn slot(&self, key: &Key) -> Slot {
        let mut shard = self.shard(key);
        if shard.len() >= REMEMBERED && !shard.contains_key(key) {
            // Whoever is dropped is looked up again; the unique keys of the database stand behind a race that this could open.
            let spare: Vec<(Key, Slot)> = shard.drain().take(REMEMBERED / 2).collect();
            shard.extend(spare);
        }
        shard.entry(key.clone()).or_default().clone()
    }

    fn forget(&self, key: &Key, slot: &Slot) {
        let mut shard = self.shard(key);
        if shard.get(key).is_some_and(|present| Arc::ptr_eq(present, slot)) {
            shard.remove(key);
        }
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, HashMap<Key, Slot>> {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        let at = usize::try_from(hash % SHARDS as u64).unwrap_or(0);
        let shard = self.shards.get(at).or_else(|| self.shards.first());
        #[expect(clippy::expect_used, reason = "SHARDS is not zero")]
        shard.expect("shards").lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn route(channel: &Channel, address: String) -> Route {
    Route {
        channel_id: channel.id,
        kind: channel.kind,
        name: channel.name.clone(),
        address,
        last_inbound_at: None,
    }
}
