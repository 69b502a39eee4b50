//! What the benches share: one customer, one WhatsApp line, one callback, the state before and after.
//!
//! Run one with `cargo bench -p switchboard-benches --bench engine`. Absolute times depend on the machine; compare within one run.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use switchboard_engine::channel::{Channel, ChannelKind, Provider};
use switchboard_engine::channels::Content;
use switchboard_engine::contact::{Contact, Identity, IdentityKind};
use switchboard_engine::conversation::{
    Beginning, Birth, Command, Conversation, Outcome, Receive, Refusal, Route,
};
use switchboard_engine::ids::{BusinessId, ChannelId, ContactId, ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;
use switchboard_schema::{
    Business, ChannelRecord, ChannelState, ChannelStatus, Group, NewUser, SetUp, Store, StoreError,
    UserStatus,
};

pub const BUSINESS: BusinessId = BusinessId(1);
pub const GROUP: GroupId = GroupId(2);
pub const CHANNEL: ChannelId = ChannelId(3);
pub const NOW: Timestamp = Timestamp(1_767_607_200_000_000);
pub const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";
/// A text of the length peers were measured with.
pub const TEXT: &str = "Hello, I ordered last Tuesday and the parcel has still not arrived. Could you please look up where \
    it is and tell me when I can expect it? My order number is in the mail I sent you. Thank you very much, Jo";

/// A callback with one text message, and its signature header.
pub fn callback() -> (String, Vec<u8>) {
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550783881","phone_number_id":"106540352242922"}},"contacts":[{{"profile":{{"name":"Jo"}},"wa_id":"447400123456"}}],"messages":[{{"from":"447400123456","id":"wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRB","timestamp":"1767607200","text":{{"body":"{TEXT}"}},"type":"text"}}]}},"field":"messages"}}]}}]}}"#
    );
    let mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).map(|mac| mac.chain_update(&body));
    let digest = mac.map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default();
    (format!("sha256={digest}"), body.into_bytes())
}

fn phone(customer: i64) -> String {
    format!("447400{customer:06}")
}

fn identities(customer: i64) -> Vec<Identity> {
    Identity::new(IdentityKind::Phone, format!("+{}", phone(customer))).into_iter().collect()
}

fn route(customer: i64) -> Route {
    Route {
        channel_id: CHANNEL,
        kind: ChannelKind::Whatsapp,
        name: "WhatsApp".to_owned(),
        address: phone(customer),
        last_inbound_at: None,
    }
}

/// A conversation before its first message.
pub fn unborn(customer: i64) -> Conversation {
    let contact = Contact::unknown(ContactId(2_000_000 + customer), &identities(customer), None);
    Conversation::unborn(ConversationId(1_000_000 + customer), BUSINESS, GROUP, customer + 1, contact, NOW)
}

/// The customer's `nth` message to this conversation.
pub fn receive(state: &Conversation, customer: i64, nth: i64) -> Command {
    let birth = Birth { new_contact: true, identities: identities(customer) };
    Command::Receive(Box::new(Receive {
        message_id: MessageId(10_000_000 + customer * 1_000_000 + nth),
        route: route(customer),
        provider_message_id: Some(format!("wamid.{customer}.{nth}")),
        client_id: None,
        content: Content::text(TEXT),
        media: Vec::new(),
        reply_to: None,
        at: Some(NOW),
        profile_name: Some("Jo".to_owned()),
        reopen_within: std::time::Duration::ZERO,
        beginning: Beginning { birth: state.is_unborn().then_some(birth), awakening: None },
    }))
}

/// Decides the `nth` message.
pub fn decide(state: &Conversation, customer: i64, nth: i64) -> Result<Outcome, Refusal> {
    state.handle(&receive(state, customer, nth), NOW)
}

/// A conversation with so many messages.
pub fn grown(customer: i64, messages: i64) -> Result<Conversation, Refusal> {
    (0..messages).try_fold(unborn(customer), |state, nth| Ok(decide(&state, customer, nth)?.next))
}

/// The rows everything hangs on.
pub async fn set_up(store: &Store) -> Result<(), StoreError> {
    let business = Business::new(BUSINESS, "Bench".to_owned(), "GB", "Europe/London", NOW);
    let admin = NewUser {
        id: UserId(4),
        first_name: "Ada".to_owned(),
        last_name: "Lee".to_owned(),
        email: "ada@bench.test".to_owned(),
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
    let status = ChannelStatus::Connected;
    let settings = serde_json::json!({});
    store
        .create_channel(ChannelRecord {
            channel,
            status,
            credentials: None,
            settings,
            created_at: NOW,
            state: ChannelState::default(),
        })
        .await
}
