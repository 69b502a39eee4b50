//! Reply: attending by answering, the closed window, repeats of a client id, limits of each channel.

use super::*;
use crate::care_window::WindowState;
use crate::ids::TemplateId;
use crate::message::MessageKind;
use crate::template::Filled;
use crate::template::fill::Parameters;

#[test]
fn a_reply_is_stored_and_queued_before_anything_leaves() {
    let mine = after(&begun(ChannelKind::Whatsapp), [Command::Attend(Attend { by: ann() })]);
    let state = check(
        &mine,
        &replied(2, &ann(), "Hi"),
        seconds(5),
        &["#4 out \"Hi\" queued", "+ queued 2 on 6", "+ message 2", "> transmit 2 on 6"],
    );
    assert_eq!(state.last_message.as_ref().unwrap().status, Some(Status::Queued));
    assert_eq!(state.waiting_since, None);
    assert_eq!(state.inbound_count, 1);
}

#[test]
fn on_webchat_stored_is_sent() {
    let mine = after(&begun(ChannelKind::Webchat), [Command::Attend(Attend { by: ann() })]);
    check(&mine, &replied(2, &ann(), "Hi"), seconds(5), &["#4 out \"Hi\" sent", "+ message 2"]);
}

#[test]
fn answering_an_unassigned_conversation_attends_it() {
    check(
        &begun(ChannelKind::Webchat),
        &replied(2, &ann(), "Hi"),
        seconds(5),
        &[
            "#3 assigned Ann* by Ann (Attend), was nobody",
            "#4 out \"Hi\" sent",
            "= assignees Ann*",
            "+ message 2",
        ],
    );
}

#[test]
fn answering_beside_an_owner_changes_no_owner() {
    let bobs = after(&begun(ChannelKind::Webchat), [Command::Attend(Attend { by: bob() })]);
    let state = check(&bobs, &replied(2, &ann(), "Hi"), seconds(5), &["#4 out \"Hi\" sent", "+ message 2"]);
    assert_eq!(state.owner().unwrap().user_id, bob().id);
}

/// To see it go red: let `CareWindow::at` answer `Open` always.
#[test]
fn after_24_hours_whatsapp_refuses_and_the_others_do_not() {
    let last_moment = Timestamp(hours(24).0 - 1);
    let cases = [
        (ChannelKind::Whatsapp, last_moment, "#4 out \"Hi\" queued"),
        (ChannelKind::Whatsapp, hours(24), "refused window_closed"),
        (ChannelKind::Sms, hours(99), "#4 out \"Hi\" queued"),
        (ChannelKind::Webchat, hours(99), "#4 out \"Hi\" sent"),
    ];
    for (kind, now, first_line) in cases {
        let mine = after(&begun(kind), [Command::Attend(Attend { by: ann() })]);
        let result = mine.handle(&replied(2, &ann(), "Hi"), now);
        assert_eq!(story(&result).first().unwrap(), first_line, "{kind:?}");
    }
    let closed = begun(ChannelKind::Whatsapp).handle(&replied(2, &ann(), "Hi"), hours(30)).unwrap_err();
    assert_eq!(closed, Refusal::WindowClosed { closed_at: Some(hours(24)) });
}

#[test]
fn the_customers_next_message_opens_the_window_again() {
    let state = begun(ChannelKind::Whatsapp);
    let state = state.handle(&received(ChannelKind::Whatsapp, 2, "back"), hours(30)).unwrap().next;
    assert!(state.handle(&replied(3, &ann(), "Hi"), hours(53)).is_ok());
}

#[test]
fn a_repeated_client_id_is_the_same_message_or_a_mistake() {
    let state = after(&begun(ChannelKind::Sms), [replied(2, &ann(), "Hi")]);
    let again = Reply { message_id: MessageId(3), client_id: "c2".to_owned(), ..reply(3, &ann(), "Hi") };
    let again = check(&state, &Command::Reply(Box::new(again)), seconds(9), &[]);
    let other = Reply { client_id: "c2".to_owned(), ..reply(3, &ann(), "Bye") };
    check(&again, &Command::Reply(Box::new(other.clone())), seconds(9), &["refused client_id_reused"]);
    // Whoever repeats after the conversation was closed still learns what became of the first.
    let closed = after(&again, [close(ann())]);
    check(&closed, &replied(2, &ann(), "Hi"), seconds(9), &[]);
    check(&closed, &replied(3, &ann(), "Hi"), seconds(9), &["refused conversation_closed"]);
}

#[test]
fn what_a_channel_cannot_carry_is_refused_by_field() {
    use ChannelKind::{Sms, Webchat, Whatsapp};
    let long = |n| "x".repeat(n);
    let files = |n: i64, kind| {
        (1..=n).map(|id| Attachment { media: file(id, kind, MediaState::Ready) }).collect::<Vec<_>>()
    };
    let id = |client_id: &str| client_id.to_owned();
    let cases = [
        (Sms, id("c"), long(1_600), files(0, MediaKind::Image), None),
        (Sms, id("c"), long(1_601), files(0, MediaKind::Image), Some("text")),
        (Whatsapp, id("c"), long(4_096), files(0, MediaKind::Image), None),
        (Whatsapp, id("c"), long(4_097), files(0, MediaKind::Image), Some("text")),
        (Webchat, id("c"), long(8_000), files(0, MediaKind::Image), None),
        (Webchat, id("c"), long(8_001), files(0, MediaKind::Image), Some("text")),
        // Characters, not bytes.
        (Sms, id("c"), "é".repeat(1_600), files(0, MediaKind::Image), None),
        (Sms, id("c"), " \n".to_owned(), files(0, MediaKind::Image), Some("text")),
        (Sms, id("c"), String::new(), files(1, MediaKind::Image), None),
        (Sms, id("c"), String::new(), files(10, MediaKind::Image), None),
        (Sms, id("c"), String::new(), files(11, MediaKind::Image), Some("media_ids")),
        (Whatsapp, id("c"), String::new(), files(1, MediaKind::Image), None),
        (Whatsapp, id("c"), String::new(), files(2, MediaKind::Image), Some("media_ids")),
        // A caption is shorter than a text, and some files have none.
        (Whatsapp, id("c"), long(1_024), files(1, MediaKind::Document), None),
        (Whatsapp, id("c"), long(1_025), files(1, MediaKind::Document), Some("text")),
        (Whatsapp, id("c"), long(1), files(1, MediaKind::Audio), Some("text")),
        (Whatsapp, id("c"), long(1), files(1, MediaKind::Sticker), Some("text")),
        (Whatsapp, id("c"), String::new(), files(1, MediaKind::Audio), None),
        (Webchat, id("c"), long(2_000), files(1, MediaKind::Audio), None),
        (Sms, id(""), long(1), files(0, MediaKind::Image), Some("client_id")),
        (Sms, long(64), long(1), files(0, MediaKind::Image), None),
        (Sms, long(65), long(1), files(0, MediaKind::Image), Some("client_id")),
    ];
    for (kind, client_id, text, attachments, refused) in cases {
        let size = (text.len(), attachments.len());
        let asked = Reply { client_id, text, attachments, ..reply(2, &ann(), "") };
        let field = match begun(kind).handle(&Command::Reply(Box::new(asked)), seconds(1)) {
            Ok(_) => None,
            Err(Refusal::Invalid { field, .. }) => Some(field),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(field, refused, "{kind:?} {size:?}");
    }
}

#[test]
fn a_caption_that_does_not_fit_names_the_way_out() {
    let attachments = vec![Attachment { media: file(1, MediaKind::Audio, MediaState::Ready) }];
    let asked = Reply { attachments, ..reply(2, &ann(), "Listen") };
    let refusal =
        begun(ChannelKind::Whatsapp).handle(&Command::Reply(Box::new(asked)), seconds(1)).unwrap_err();
    assert!(refusal.to_string().contains("send the text separately"), "{refusal}");
}

#[test]
fn nobody_answers_where_there_is_no_line() {
    let mut state = begun(ChannelKind::Sms);
    state.routes.clear();
    check(&state, &replied(2, &ann(), "Hi"), seconds(1), &["refused channel_not_connected"]);
}

#[test]
fn only_the_newest_outbound_messages_are_remembered() {
    let count = MEMORY as i64 + 2;
    let state = (2..=count).fold(begun(ChannelKind::Webchat), |s, id| after(&s, [replied(id, &ann(), "x")]));
    assert_eq!(state.recent_outbound.len(), MEMORY);
    assert_eq!(state.recent_outbound.front().unwrap().id, MessageId(3));
}

/// To see it go red: let `check` look at the window for templates, or `append` move a route's `last_inbound_at`.
#[test]
fn s4_11_a_template_needs_no_window_and_opens_none() {
    let filled = |channel| {
        Box::new(Filled {
            id: TemplateId(3),
            name: "welcome".to_owned(),
            language: "en_GB".to_owned(),
            category: "utility".to_owned(),
            header: None,
            footer: None,
            buttons: Vec::new(),
            parameters: Parameters::default(),
            text: "Welcome!".to_owned(),
            channel_id: Some(ChannelId(channel)),
            header_media: None,
        })
    };
    let asked = |channel| Reply { template: Some(filled(channel)), ..reply(2, &ann(), "Welcome!") };
    let mine = after(&begun(ChannelKind::Whatsapp), [Command::Attend(Attend { by: ann() })]);
    let sent = mine.handle(&Command::Reply(Box::new(asked(6))), hours(30));
    assert_eq!(story(&sent).first().unwrap(), "#4 out \"Welcome!\" queued");
    let next = sent.unwrap().next;
    assert_eq!(next.window(hours(30)).unwrap().state, WindowState::Closed);
    assert_eq!(next.last_message.as_ref().unwrap().kind, MessageKind::Template);
}

#[test]
fn s2_05_a_text_with_a_gap_is_refused() {
    let mine = after(&begun(ChannelKind::Webchat), [Command::Attend(Attend { by: ann() })]);
    let refused = mine.handle(&replied(2, &ann(), "Hi [contact-firstname] of [contact-company]"), seconds(5));
    let vars = vec!["contact-firstname".to_owned(), "contact-company".to_owned()];
    assert_eq!(refused.unwrap_err(), Refusal::TemplateVarsMissing { vars });
}
