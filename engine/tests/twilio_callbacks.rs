//! Twilio's callbacks, as its documentation describes their forms (no payload of them is published under a free licence).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use switchboard_engine::channels::{Event, InboundMessage, StatusUpdate, sms};
use switchboard_engine::message::{MediaKind, MessageKind};
use switchboard_engine::receipt::Status;
use switchboard_engine::time::Timestamp;

const INBOUND: [(&str, &str); 8] = [
    ("ToCountry", "US"),
    ("SmsMessageSid", "SM1"),
    ("NumMedia", "0"),
    ("SmsSid", "SM1"),
    ("SmsStatus", "received"),
    ("MessageSid", "SM1"),
    ("AccountSid", "AC1"),
    ("ApiVersion", "2010-04-01"),
];

#[test]
fn a_text_message() {
    let message = inbound(&[("From", "+14158675309"), ("To", "+18005551212"), ("Body", "Hi there & 👍\r\n")]);
    assert_eq!(message.provider_message_id, "SM1");
    assert_eq!(message.from[0].value(), "+14158675309");
    assert_eq!(message.reply_address, "+14158675309");
    assert_eq!((message.content.kind, message.content.text.as_str()), (MessageKind::Text, "Hi there & 👍\n"));
    assert_eq!((message.at, message.content.extra, message.content.media), (None, None, vec![]));
}

#[test]
fn an_mms_has_its_files_and_may_have_no_text() {
    let message = inbound(&[
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Body", ""),
        ("NumMedia", "3"),
        ("MediaUrl0", "https://api.twilio.com/Media/ME0"),
        ("MediaContentType0", "image/jpeg"),
        ("MediaUrl1", "https://api.twilio.com/Media/ME1"),
        ("MediaContentType1", "text/vcard"),
        ("MediaUrl2", "https://api.twilio.com/Media/ME2"),
    ]);
    let content = message.content;
    assert_eq!((content.kind, content.text.as_str()), (MessageKind::Media, ""));
    let files: Vec<_> =
        content.media.iter().map(|m| (m.kind, m.reference.as_str(), m.mime.as_str())).collect();
    assert_eq!(
        files,
        [
            (MediaKind::Image, "https://api.twilio.com/Media/ME0", "image/jpeg"),
            (MediaKind::Document, "https://api.twilio.com/Media/ME1", "text/vcard"),
            (MediaKind::Document, "https://api.twilio.com/Media/ME2", "application/octet-stream"),
        ]
    );
}

#[test]
fn who_writes_need_not_have_an_e164_number() {
    let from = |from: &str| {
        let message = inbound(&[("From", from), ("To", "+18005551212"), ("Body", "x")]);
        (message.from[0].value().to_owned(), message.reply_address)
    };
    assert_eq!(from("12345"), ("12345".to_owned(), "12345".to_owned()));
    assert_eq!(from("+12345"), ("+12345".to_owned(), "+12345".to_owned()));
    assert_eq!(from("ACME"), ("ACME".to_owned(), "ACME".to_owned()));
    assert_eq!(
        from("whatsapp:+14158675309"),
        ("+14158675309".to_owned(), "whatsapp:+14158675309".to_owned())
    );
}

#[test]
fn twilios_own_opt_out_is_told() {
    let message =
        inbound(&[("From", "+14158675309"), ("To", "+1800"), ("Body", "stop"), ("OptOutType", "STOP")]);
    assert_eq!(message.content.extra.unwrap()["opt_out"], "stop");
    assert_eq!(message.content.text, "stop");
}

#[test]
fn status_callbacks() {
    let status = |status| update(&[("MessageSid", "SM1"), ("MessageStatus", status)]).status;
    for on_its_way in ["accepted", "scheduled", "queued", "sending", "sent"] {
        assert_eq!(status(on_its_way), Status::Sent, "{on_its_way}");
    }
    for (said, meant) in [
        ("delivered", Status::Delivered),
        ("partially_delivered", Status::Delivered),
        ("read", Status::Read),
        ("undelivered", Status::Failed),
        ("failed", Status::Failed),
        ("canceled", Status::Failed),
    ] {
        assert_eq!(status(said), meant, "{said}");
    }
}

#[test]
fn a_status_names_our_message_and_the_reason_of_a_failure() {
    let update = update(&[("SmsSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30005")]);
    assert_eq!(update.provider_message_id, "SM1");
    assert_eq!(update.our_message_id.as_deref(), Some("42"));
    let failure = update.failure.clone().unwrap();
    assert_eq!(failure.code, "30005");
    assert_eq!(failure.detail, "This number does not exist or is no longer in use.");
    assert_eq!(update.receipt(Timestamp(7)).at, Timestamp(7));
}

#[test]
fn old_accounts_say_the_status_in_another_field() {
    let update = update(&[("SmsSid", "SM1"), ("SmsStatus", "delivered"), ("From", "+1800")]);
    assert_eq!(update.status, Status::Delivered);
}

#[test]
fn what_makes_no_sense_is_kept_or_refused() {
    let event = |fields: &[(&str, &str)]| {
        let form = form(fields);
        sms::parse::webhook(&form, "").map(|delivery| delivery.events[0].event.clone())
    };
    let Ok(Event::Malformed { reason, raw }) = event(&[("MessageSid", "SM1"), ("Body", "hello")]) else {
        panic!()
    };
    assert_eq!((reason.as_str(), raw.as_str()), ("message: no From", "MessageSid=SM1&Body=hello"));
    let unknown = event(&[("MessageSid", "SM1"), ("MessageStatus", "teleported")]);
    assert!(matches!(unknown, Ok(Event::Malformed { .. })));
    let inbound = event(&[("MessageSid", "SM1"), ("MessageStatus", "received")]);
    assert_eq!(inbound, Ok(Event::Ignored { reason: "twilio_inbound_status" }));
    assert!(event(&[("hello", "world")]).is_err());
    assert!(event(&[]).is_err());
}

fn inbound(fields: &[(&str, &str)]) -> InboundMessage {
    let fields: Vec<_> = INBOUND.iter().chain(fields).copied().collect();
    let delivery = sms::parse::webhook(&form(&fields), "").unwrap();
    assert!(delivery.events[0].address.as_deref().unwrap().starts_with("+1800"));
    match delivery.events.into_iter().next().unwrap().event {
        Event::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

fn update(fields: &[(&str, &str)]) -> StatusUpdate {
    let delivery = sms::parse::webhook(&form(fields), "token=x&m=42").unwrap();
    match delivery.events.into_iter().next().unwrap().event {
        Event::Status(update) => update,
        other => panic!("{other:?}"),
    }
}

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}
