//! What the tests share: a business to write to, and one macro that runs a test on both databases.

use std::sync::Arc;
use switchboard_engine::channel::{Channel, ChannelKind, Provider};
use switchboard_engine::channels::Content;
use switchboard_engine::contact::{Contact, Identity, IdentityKind};
use switchboard_engine::conversation::{
    Beginning, Birth, Close, Command, Conversation, Receive, Reply, Route,
};
use switchboard_engine::ids::{BusinessId, ChannelId, ContactId, ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::{Member, Role};
use switchboard_schema::testing::TestDatabase;
use switchboard_schema::{
    Append, Business, ChannelRecord, ChannelState, ChannelStatus, Group, NewUser, Position, SetUp, Store,
    StoreError, UserStatus,
};
use tokio::runtime::Runtime;

/// `on_both! { what_is_promised => check; }` makes two tests of `async fn check(t: Fixture)`.
#[macro_export]
macro_rules! on_both {
    ($($name:ident => $test:ident;)*) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::support::run($crate::support::sqlite(), super::$test); })*
        }
        mod postgres {
            $(#[test] fn $name() { $crate::support::run($crate::support::postgres(), super::$test); })*
        }
    };
}

/// A database, open and set up.
pub(crate) struct Fixture {
    pub(crate) database: TestDatabase,
    pub(crate) store: Store,
    pub(crate) handle: tokio::runtime::Handle,
}

pub(crate) fn sqlite() -> TestDatabase {
    TestDatabase::sqlite()
}

pub(crate) fn postgres() -> TestDatabase {
    TestDatabase::postgres()
}

pub(crate) fn run<F: Future<Output = ()>>(database: TestDatabase, test: impl FnOnce(Fixture) -> F) {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle().clone();
    runtime.block_on(async move {
        let store = database.open(handle.clone()).await;
        set_up(&store).await;
        test(Fixture { database, store, handle }).await;
    });
}

pub(crate) const BUSINESS: BusinessId = BusinessId(1);
pub(crate) const GROUP: GroupId = GroupId(10);
pub(crate) const ADA: UserId = UserId(100);
pub(crate) const ANN: UserId = UserId(101);
pub(crate) const BOB: UserId = UserId(102);
pub(crate) const WHATSAPP: ChannelId = ChannelId(1000);
pub(crate) const SMS: ChannelId = ChannelId(1001);
pub(crate) const WIDGET: ChannelId = ChannelId(1002);
pub(crate) const NOW: Timestamp = Timestamp(1_767_607_200_000_000);

pub(crate) async fn set_up(store: &Store) {
    store.create_business(first_business("ada@demo.test")).await.unwrap();
    for (id, first, role) in [(ANN, "Ann", Role::Agent), (BOB, "Bob", Role::Agent)] {
        let user = user(id, first, &format!("{}@demo.test", first.to_lowercase()), role);
        store.create_user(BUSINESS, user, NOW).await.unwrap();
        store.add_member(GROUP, id, NOW).await.unwrap();
    }
    for (id, provider) in
        [(WHATSAPP, Provider::CloudApi), (SMS, Provider::Twilio), (WIDGET, Provider::Widget)]
    {
        store.create_channel(channel(id, provider)).await.unwrap();
    }
}

pub(crate) fn first_business(email: &str) -> SetUp {
    SetUp {
        business: Business::new(BUSINESS, "Acme".to_owned(), "GB", "Europe/London", NOW),
        admin: user(ADA, "Ada", email, Role::Admin),
        group: Group::new(GROUP, "General"),
    }
}

pub(crate) fn user(id: UserId, first: &str, email: &str, role: Role) -> NewUser {
    NewUser {
        id,
        first_name: first.into(),
        last_name: "Lee".into(),
        email: email.into(),
        role,
        status: UserStatus::Active,
        password_hash: Some("hash".into()),
        must_change_password: false,
        locale: None,
        time_zone: None,
    }
}

pub(crate) fn channel(id: ChannelId, provider: Provider) -> ChannelRecord {
    ChannelRecord {
        channel: Channel {
            id,
            business_id: BUSINESS,
            group_id: GROUP,
            kind: provider.kind(),
            provider,
            name: format!("Line {id}"),
            address: format!("address-{id}"),
        },
        status: ChannelStatus::Connected,
        credentials: Some(vec![1, 2, 3]),
        settings: serde_json::json!({"colour": "teal"}),
        created_at: NOW,
        state: ChannelState::default(),
    }
}

pub(crate) fn member(id: UserId) -> Member {
    let name = match id {
        ADA => "Ada Lee",
        ANN => "Ann Lee",
        _ => "Bob Lee",
    };
    let role = if id == ADA { Role::Admin } else { Role::Agent };
    Member { id, name: name.into(), role, leads: Vec::new() }
}

/// A conversation that waits for its first message, of contact `n`.
pub(crate) fn unborn(n: i64) -> Conversation {
    let phone = Identity::new(IdentityKind::Phone, format!("+44740{n:07}")).unwrap();
    let contact = Contact::unknown(ContactId(n), &[phone], None);
    Conversation::unborn(ConversationId(n), BUSINESS, GROUP, n, contact, NOW)
}

pub(crate) fn route(channel: ChannelId, contact: i64) -> Route {
    let kind = match channel {
        WHATSAPP => ChannelKind::Whatsapp,
        SMS => ChannelKind::Sms,
        _ => ChannelKind::Webchat,
    };
    Route {
        channel_id: channel,
        kind,
        name: format!("Line {channel}"),
        address: format!("44740{contact:07}"),
        last_inbound_at: None,
    }
}

/// Message `id` of the customer, with everything a first message brings if it is one.
pub(crate) fn receive(state: &Conversation, id: i64, text: &str) -> Command {
    let phone = Identity::new(IdentityKind::Phone, state.contact.phone.clone().unwrap_or_default());
    let birth = Birth { new_contact: true, identities: phone.into_iter().collect() };
    Command::Receive(Box::new(Receive {
        message_id: MessageId(id),
        route: route(WHATSAPP, state.contact.id.0),
        provider_message_id: Some(format!("wamid.{id}")),
        client_id: None,
        content: Content::text(text),
        media: Vec::new(),
        reply_to: None,
        at: Some(Timestamp(NOW.0 + id)),
        profile_name: Some("Jo".into()),
        beginning: Beginning { birth: state.is_unborn().then_some(birth), awakening: None },
        reopen_within: std::time::Duration::ZERO,
    }))
}

pub(crate) fn reply(by: UserId, id: i64, text: &str) -> Command {
    Command::Reply(Box::new(Reply {
        message_id: MessageId(id),
        by: member(by),
        client_id: format!("client-{id}"),
        text: text.into(),
        attachments: Vec::new(),
        files: 0,
        attends: true,
        newer: 0,
        beginning: Beginning::default(),
        template: None,
        route: None,
        around: switchboard_engine::sending::Circumstances::default(),
    }))
}

pub(crate) fn close(by: UserId) -> Command {
    Command::Close(Close { by: member(by), note: None, pending: None, queued: Vec::new() })
}

/// Decides, stores, and moves the state on, as a conversation actor does.
pub(crate) async fn apply(
    store: &Store,
    state: &mut Conversation,
    command: Command,
) -> Result<Position, StoreError> {
    let (next, append) = decide(state, &command, NOW);
    let position = store.append(append).await?;
    *state = next;
    Ok(position)
}

pub(crate) fn decide(state: &Conversation, command: &Command, now: Timestamp) -> (Conversation, Append) {
    let outcome = state.handle(command, now).unwrap();
    let next = outcome.next.clone();
    let append =
        Append::of(state, Arc::new(outcome.next), outcome.changes, outcome.events, Box::new(state.id));
    (next, append)
}
