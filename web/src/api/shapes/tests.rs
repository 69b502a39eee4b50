//! The document and what is really said must be the same.

use super::*;
use serde_json::json;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::contact::{Contact as Customer, Identity, IdentityKind};
use switchboard_engine::conversation as rules;
use switchboard_engine::ids::{BusinessId, ChannelId, ContactId, ConversationId, MediaId, MessageId};
use switchboard_engine::message as said;
use switchboard_engine::receipt::{Failure as Reason, Status};
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::{ConversationView, MessageView};

fn message() -> said::Message {
    let file = said::Media {
        id: MediaId(5),
        kind: said::MediaKind::Image,
        file_name: Some("a.png".to_owned()),
        mime: "image/png".to_owned(),
        size: Some(1),
        state: said::MediaState::Ready,
        remote_reference: None,
    };
    said::Message {
        id: MessageId(1),
        conversation_id: ConversationId(2),
        seq: 3,
        channel_id: ChannelId(4),
        direction: said::Direction::Out,
        kind: said::MessageKind::Media,
        sender: said::Sender::User(UserId(6)),
        sender_name: Some("Ann Lee".to_owned()),
        text: "Hi".to_owned(),
        media: vec![file],
        extra: Some(json!({"a": 1})),
        client_id: Some("c".to_owned()),
        provider_message_id: None,
        reply_to: None,
        status: Some(Status::Failed),
        failure: Some(Reason { code: "x".to_owned(), detail: "y".to_owned() }),
        hold: None,
        attempt: 1,
        at: Timestamp(0),
        sent_at: Some(Timestamp(0)),
        delivered_at: None,
        read_at: None,
    }
}

fn conversation() -> rules::Conversation {
    let mark = Identity::new(IdentityKind::Phone, "+447400123456").unwrap();
    let contact = Customer::unknown(ContactId(9), &[mark], Some("Jo".to_owned()));
    let (id, business, group) = (ConversationId(2), BusinessId(1), GroupId(1));
    rules::Conversation {
        assignees: vec![rules::Assignee { user_id: UserId(6), name: "Ann Lee".to_owned(), owner: true }],
        visible_to: Some([UserId(6)].into()),
        routes: vec![rules::Route {
            channel_id: ChannelId(4),
            kind: ChannelKind::Whatsapp,
            name: "W".to_owned(),
            address: "447400123456".to_owned(),
            last_inbound_at: Some(Timestamp(0)),
        }],
        last_seq: 3,
        version: 1,
        inbound_count: 1,
        last_inbound_seq: 2,
        last_message: Some(rules::Preview {
            message_id: MessageId(1),
            text: "Hi".to_owned(),
            direction: said::Direction::Out,
            kind: said::MessageKind::Text,
            status: Some(Status::Sent),
            at: Timestamp(0),
        }),
        waiting_since: Some(Timestamp(0)),
        ..rules::Conversation::unborn(id, business, group, 1001, contact, Timestamp(0))
    }
}

/// The described shape takes what is written, and knows every field of it.
#[test]
fn what_is_described_is_what_is_written() {
    let view = serde_json::to_string(&ConversationView::of(&conversation(), Timestamp(0))).unwrap();
    let described: Conversation = serde_json::from_str(&view).unwrap();
    assert_eq!(
        (described.id.as_str(), described.number, described.window.state.as_str()),
        ("2", 1001, "open")
    );
    let view = serde_json::to_string(&MessageView::for_agent(&message(), "Jo")).unwrap();
    let described: Message = serde_json::from_str(&view).unwrap();
    assert_eq!(
        (described.media[0].mime.as_str(), described.status.as_deref()),
        ("image/png", Some("failed"))
    );
    let read = serde_json::to_string(&rules::ReadState::default()).unwrap();
    assert!(!serde_json::from_str::<ReadState>(&read).unwrap().forced_unread);
}
