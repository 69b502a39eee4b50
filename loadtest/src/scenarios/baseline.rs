//! `baseline`: the bare group commit of the same rows: no HTTP, no actors, no sockets. What a storm reaches is told as a share of it.

use super::Scene;
use crate::console;
use crate::error::{Context, Result};
use crate::hook::{TEXT, phone};
use crate::marker::{Kind, Marker};
use crate::run::Tally;
use crate::stage::Database;
use hdrhistogram::Histogram;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use switchboard_engine::channel::{Channel, ChannelKind, Provider};
use switchboard_engine::channels::Content;
use switchboard_engine::contact::{Contact, Identity, IdentityKind};
use switchboard_engine::conversation::{Beginning, Birth, Command, Conversation, Receive, Route};
use switchboard_engine::ids::{BusinessId, ChannelId, ContactId, ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;
use switchboard_schema::{
    Append, Business, ChannelRecord, ChannelState, ChannelStatus, Group, NewUser, Options as StoreOptions,
    SetUp, Store, UserStatus,
};

pub(super) fn run(scene: &mut Scene<'_>) -> Result<()> {
    let measured = measure(scene.options, scene.folder)?;
    for Measured { in_flight, rate, latency } in measured {
        scene.report.add(&format!("{in_flight} in flight"), rate, "msg/s");
        scene.report.latency(&format!("{in_flight} in flight:"), &latency);
    }
    Ok(())
}

/// The same on the same disk, right after a storm: in flight, messages per second.
pub(super) async fn beside(scene: &Scene<'_>) -> Result<Vec<(usize, f64)>> {
    let (options, folder) = (scene.options.clone(), scene.folder.join("baseline"));
    let measured = tokio::task::spawn_blocking(move || measure(&options, &folder)).await??;
    Ok(measured.into_iter().map(|one| (one.in_flight, one.rate)).collect())
}

struct Measured {
    in_flight: usize,
    rate: f64,
    latency: Histogram<u64>,
}

/// Ids of the rows everything hangs on; those of messages start above.
const BUSINESS: BusinessId = BusinessId(1);
const GROUP: GroupId = GroupId(2);
const CHANNEL: ChannelId = ChannelId(3);
static IDS: AtomicI64 = AtomicI64::new(1000);

fn measure(options: &crate::options::Options, folder: &Path) -> Result<Vec<Measured>> {
    std::fs::create_dir_all(folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    runtime.block_on(async {
        let mut measured = Vec::new();
        for &in_flight in &options.in_flight {
            // A fresh database each, so that none pays for the rows of another.
            let place = folder.join(format!("flight-{in_flight}"));
            std::fs::create_dir_all(&place)?;
            let database = Database::open(options, &place).await?;
            let sqlite = format!("sqlite://{}", place.join("baseline.db").display());
            let store =
                Store::open(StoreOptions::new(database.url().unwrap_or(sqlite), handle.clone())).await?;
            set_up(&store).await.context("preparing the database")?;
            console::note(&format!("{in_flight} in flight"));
            measured.push(flight(&store, options, in_flight).await?);
            store.close().await;
            drop(store);
        }
        Ok(measured)
    })
}

async fn set_up(store: &Store) -> Result<()> {
    if store.business().await?.is_some() {
        return Ok(());
    }
    let now = now();
    let business = Business::new(BUSINESS, "Load test".to_owned(), "GB", "Europe/London", now);
    let admin = NewUser {
        id: UserId(4),
        first_name: "Load".to_owned(),
        last_name: "Test".to_owned(),
        email: "load@demo.test".to_owned(),
        role: Role::Admin,
        status: UserStatus::Active,
        password_hash: None,
        must_change_password: false,
        locale: None,
        time_zone: None,
    };
    let group = Group::new(GROUP, "Support");
    store.create_business(SetUp { business, admin, group }).await?;
    let channel = Channel {
        id: CHANNEL,
        business_id: BUSINESS,
        group_id: GROUP,
        kind: ChannelKind::Whatsapp,
        provider: Provider::CloudApi,
        name: "WhatsApp".to_owned(),
        address: "106540352242922".to_owned(),
    };
    let settings = serde_json::json!({});
    let status = ChannelStatus::Connected;
    store
        .create_channel(ChannelRecord {
            channel,
            status,
            credentials: None,
            settings,
            created_at: now,
            state: ChannelState::default(),
        })
        .await?;
    Ok(())
}

/// Keeps so many appends in flight, each task with its own conversations.
async fn flight(store: &Store, options: &crate::options::Options, in_flight: usize) -> Result<Measured> {
    let each = (options.senders as usize).div_ceil(in_flight).max(1);
    let begin = Instant::now() + options.warm_up;
    let end = begin + options.duration;
    let writers: Vec<_> = (0..in_flight)
        .map(|nth| {
            let first = (nth * each) as u32;
            let writer = Writer { store: store.clone(), first, each: each as u32, begin, end };
            tokio::spawn(writer.write())
        })
        .collect();
    let mut latency = Tally::default().ack;
    for writer in writers {
        latency.add(writer.await??).context("latencies")?;
    }
    Ok(Measured { in_flight, rate: latency.len() as f64 / options.duration.as_secs_f64(), latency })
}

struct Writer {
    store: Store,
    first: u32,
    each: u32,
    begin: Instant,
    end: Instant,
}

impl Writer {
    async fn write(self) -> Result<Histogram<u64>> {
        let mut latency = Tally::default().ack;
        let mut conversations: Vec<Arc<Conversation>> =
            (self.first..self.first + self.each).map(|sender| Arc::new(unborn(sender))).collect();
        for turn in 0_usize.. {
            let sender = turn % conversations.len().max(1);
            let Some(state) = conversations.get_mut(sender) else { break };
            let started = Instant::now();
            if started >= self.end {
                break;
            }
            *state = append(&self.store, state, self.first + sender as u32, turn as u32).await?;
            let done = Instant::now();
            if (self.begin..self.end).contains(&done) {
                latency.saturating_record(done.duration_since(started).as_micros() as u64);
            }
        }
        Ok(latency)
    }
}

/// One message of a customer, decided by the engine and stored.
async fn append(store: &Store, state: &Conversation, sender: u32, nth: u32) -> Result<Arc<Conversation>> {
    let marker = Marker { run: 0, kind: Kind::Inbound, number: nth, sender, nth };
    let mark = Identity::new(IdentityKind::Phone, format!("+{}", phone(sender)));
    let birth = Birth { new_contact: true, identities: mark.into_iter().collect() };
    let receive = Receive {
        message_id: MessageId(IDS.fetch_add(1, Ordering::Relaxed)),
        route: route(sender),
        provider_message_id: Some(format!("wamid.{sender}.{nth}")),
        client_id: None,
        content: Content::text(marker.text(TEXT)),
        media: Vec::new(),
        reply_to: None,
        at: Some(now()),
        profile_name: Some(format!("Load {sender}")),
        reopen_within: Duration::ZERO,
        beginning: Beginning { birth: state.is_unborn().then_some(birth), awakening: None },
    };
    let outcome = state
        .handle(&Command::Receive(Box::new(receive)), now())
        .map_err(|refusal| crate::error::Error(format!("the engine refused: {}", refusal.code())))?;
    let next = Arc::new(outcome.next);
    store.append(Append::of(state, next.clone(), outcome.changes, outcome.events, Box::new(()))).await?;
    Ok(next)
}

fn unborn(sender: u32) -> Conversation {
    let mark = Identity::new(IdentityKind::Phone, format!("+{}", phone(sender)));
    let identities: Vec<Identity> = mark.into_iter().collect();
    let contact = ContactId(IDS.fetch_add(1, Ordering::Relaxed));
    let id = ConversationId(IDS.fetch_add(1, Ordering::Relaxed));
    let contact = Contact::unknown(contact, &identities, None);
    Conversation::unborn(id, BUSINESS, GROUP, i64::from(sender) + 1, contact, now())
}

fn route(sender: u32) -> Route {
    Route {
        channel_id: CHANNEL,
        kind: ChannelKind::Whatsapp,
        name: "WhatsApp".to_owned(),
        address: phone(sender),
        last_inbound_at: None,
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(since.as_micros() as i64)
}
