//! Reading: timelines, the log, lists, counts, people, files, the outbox and what waits besides.

use crate::on_both;
use crate::support::*;
use switchboard_engine::contact::{Identity, IdentityKind};
use switchboard_engine::conversation::{
    Advance, Attachment, Attend, Command, Conversation, EventKind, FileArrived, Mark, Read, ReadState,
};
use switchboard_engine::ids::{ContactId, ConversationId, GroupId, MediaId, MessageId, UserId};
use switchboard_engine::message::{Media, MediaKind, MediaState};
use switchboard_engine::receipt::{Failure, Receipt, Status};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;
use switchboard_schema::{
    Constraint, Counts, FileRecord, Filter, Group, Inbox, Membership, NewUpload, Page, Quarantined, Session,
    Store, StoreError, StoredBytes, Uploader, View,
};

on_both! {
    a_timeline_folds_receipts_into_messages => timeline;
    the_log_is_read_from_any_position => log;
    lists_are_paged_by_activity => lists;
    contacts_are_recognised_by_any_mark => recognition;
    receipts_find_their_message_or_wait => receipts;
    the_outbox_hands_each_message_out_once => outbox;
    files_wait_for_their_message => files;
    people_sign_in_and_out => people;
    odd_characters_survive_or_are_left_out => odd_characters;
    facts_are_known => facts;
    the_quarantine_keeps_what_failed => quarantine;
}

async fn talk(store: &Store, n: i64) -> Conversation {
    let mut state = unborn(n);
    let hello = receive(&state, n * 100, "Hello");
    apply(store, &mut state, hello).await.unwrap();
    apply(store, &mut state, reply(ANN, n * 100 + 1, "Hi")).await.unwrap();
    state
}

fn advance(state: &Conversation, status: Status, provider_id: Option<&str>) -> Command {
    let failure = (status == Status::Failed).then(|| Failure { code: "131026".into(), detail: "No".into() });
    Command::Advance(Advance {
        message: state.recent_outbound.back().unwrap().clone(),
        receipt: Receipt { status, at: NOW, failure },
        provider_message_id: provider_id.map(Into::into),
    })
}

async fn timeline(t: Fixture) {
    let mut state = talk(&t.store, 1).await;
    for (status, id) in [(Status::Sending, None), (Status::Sent, Some("out.1")), (Status::Delivered, None)] {
        let news = advance(&state, status, id);
        apply(&t.store, &mut state, news).await.unwrap();
    }
    apply(&t.store, &mut state, close(ANN)).await.unwrap();
    let all = t.store.timeline(state.id, Page::Newest, 50).await.unwrap();
    let seqs: Vec<i64> = all.iter().map(|event| event.seq).collect();
    // 1 created, 2 message, 3 assigned, 4 message, 5-7 receipts, 8 closed.
    assert_eq!(seqs, [1, 2, 3, 4, 8]);
    let EventKind::Message(sent) = &all[3].kind else { panic!("{:?}", all[3]) };
    assert_eq!((sent.status, sent.provider_message_id.as_deref()), (Some(Status::Delivered), Some("out.1")));
    assert_eq!((sent.sent_at, sent.delivered_at, sent.read_at), (Some(NOW), Some(NOW), None));
    assert_eq!(sent.sender_name.as_deref(), Some("Ann Lee"));
    let part = async |page, limit| {
        let events = t.store.timeline(state.id, page, limit).await.unwrap();
        events.iter().map(|event| event.seq).collect::<Vec<_>>()
    };
    assert_eq!(part(Page::Newest, 2).await, [4, 8]);
    assert_eq!(part(Page::Before(4), 2).await, [2, 3]);
    assert_eq!(part(Page::After(1), 2).await, [2, 3]);
    assert_eq!(t.store.message_by_client_id(state.id, "client-101".into()).await, Ok(Some((**sent).clone())));
    assert_eq!(t.store.inbound_count_upto(state.id, 8).await, Ok(1));
    assert_eq!(t.store.inbound_count_upto(state.id, 1).await, Ok(0));
}

async fn log(t: Fixture) {
    let mut state = talk(&t.store, 1).await;
    let failed = advance(&state, Status::Failed, None);
    apply(&t.store, &mut state, failed).await.unwrap();
    let all = t.store.events_after(0, 100).await.unwrap();
    assert_eq!(all.iter().map(|entry| entry.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let EventKind::Status { failure, status, .. } = &all[4].event.kind else { panic!("{:?}", all[4]) };
    assert_eq!(
        (*status, failure.as_ref().map(|failure| failure.code.as_str())),
        (Status::Failed, Some("131026"))
    );
    assert_eq!(t.store.events_after(3, 1).await, Ok(vec![all[3].clone()]));
    assert_eq!(t.store.events_after(5, 10).await, Ok(vec![]));
    assert_eq!((t.store.min_position().await, t.store.max_position().await), (Ok(1), Ok(5)));
}

async fn lists(t: Fixture) {
    let mut states = Vec::new();
    for n in 1..=9 {
        let mut state = unborn(n);
        let hello = receive(&state, n, "Hello");
        let at = Timestamp(NOW.0 + n * 1_000_000);
        let (next, append) = decide(&state, &hello, at);
        t.store.append(append).await.unwrap();
        state = next;
        states.push(state);
    }
    for state in &mut states[..3] {
        let attend = Command::Attend(Attend { by: member(ANN) });
        apply(&t.store, state, attend).await.unwrap();
    }
    let close = close(ANN);
    apply(&t.store, &mut states[0], close).await.unwrap();
    let mark = Mark::Upto { seq: 2, inbound: 1 };
    let read = Command::Read(Read { by: member(ANN), mark, current: ReadState::default() });
    apply(&t.store, &mut states[1], read).await.unwrap();

    let list = async |view, after, limit| {
        let (filter, groups) = (Filter::default(), vec![GroupId(9), GROUP]);
        let inbox = Inbox { view, groups, viewer: ANN, matching: None, filter, after, limit };
        t.store.inbox(inbox).await.unwrap()
    };
    let ids = |rows: &[(Conversation, ReadState)]| rows.iter().map(|(row, _)| row.id.0).collect::<Vec<_>>();
    assert_eq!(ids(&list(View::Team, None, 50).await), [9, 8, 7, 6, 5, 4, 3, 2]);
    assert_eq!(ids(&list(View::Unassigned, None, 50).await), [9, 8, 7, 6, 5, 4]);
    assert_eq!(ids(&list(View::Closed, None, 50).await), [1]);
    assert_eq!(ids(&list(View::All, None, 50).await), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let mine = list(View::Mine, None, 50).await;
    assert_eq!(ids(&mine), [3, 2]);
    assert_eq!(mine[1].1, ReadState { last_read_seq: 2, read_inbound_count: 1, forced_unread: false });
    assert_eq!(mine[1].0.assignees[0].name, "Ann Lee");
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = list(View::All, after, 2).await;
        let Some((last, _)) = page.last() else { break };
        after = Some((last.last_activity_at, last.id));
        seen.extend(ids(&page));
    }
    assert_eq!(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let counts = t.store.counts(vec![GROUP], ANN).await;
    let wanted =
        Counts { team: 8, mine: 2, unassigned: 6, pending: 8, closed: 1, all: 9, ..Counts::default() };
    assert_eq!(counts, Ok(wanted));
    assert_eq!(t.store.counts(vec![GroupId(9)], ANN).await, Ok(Counts::default()));
    assert_eq!(t.store.wrong_counts().await, Ok(0));
    t.database.run("UPDATE inbox_count SET total = total + 1 WHERE list = 'mine'");
    assert_eq!(t.store.wrong_counts().await, Ok(1));
    t.store.rebuild_counts().await.unwrap();
    assert_eq!((t.store.wrong_counts().await, t.store.counts(vec![GROUP], ANN).await), (Ok(0), counts));
    assert_eq!(t.store.read_state(ConversationId(2), BOB).await, Ok(ReadState::default()));
    assert_eq!(t.store.last_number(BUSINESS).await, Ok(9));
}

async fn recognition(t: Fixture) {
    let state = talk(&t.store, 1).await;
    let phone = Identity::new(IdentityKind::Phone, state.contact.phone.clone().unwrap()).unwrap();
    let hidden = Identity::new(IdentityKind::WhatsappUser, "US.1").unwrap();
    let mail = Identity::new(IdentityKind::Email, "jo@x.example").unwrap();
    let marks = vec![hidden.clone(), phone, mail.clone()];
    let (contact, new) = t.store.find_contact(BUSINESS, marks).await.unwrap().unwrap();
    assert_eq!((contact.id, contact.email.as_deref()), (state.contact.id, Some("jo@x.example")));
    assert_eq!(new, [hidden.clone(), mail]);
    assert_eq!(t.store.find_contact(BUSINESS, vec![hidden.clone()]).await, Ok(None));

    // A second conversation of a known contact brings the new marks along.
    let close = close(ADA);
    let mut first = t.store.load_conversation(state.id).await.unwrap().unwrap();
    apply(&t.store, &mut first, close).await.unwrap();
    let mut second = unborn(2);
    second.contact = contact;
    let mut hello = receive(&second, 500, "Me again");
    if let Command::Receive(receive) = &mut hello {
        receive.beginning.birth =
            Some(switchboard_engine::conversation::Birth { new_contact: false, identities: new });
    }
    apply(&t.store, &mut second, hello).await.unwrap();
    assert_eq!(t.store.load_conversation(second.id).await, Ok(Some(second.clone())));
    let (contact, new) = t.store.find_contact(BUSINESS, vec![hidden]).await.unwrap().unwrap();
    assert_eq!((contact, new.len()), (second.contact.clone(), 0));
    assert_eq!(t.store.open_conversation_of(GROUP, ContactId(1)).await, Ok(Some(second.id)));
}

async fn receipts(t: Fixture) {
    let mut state = talk(&t.store, 1).await;
    let receipt = |status, at| Receipt { status, at: Timestamp(at), failure: None };
    let park = async |status, at| {
        t.store.park_receipt(WHATSAPP, "out.1".into(), receipt(status, at), NOW).await.unwrap()
    };
    assert_eq!(park(Status::Read, 30).await, None);
    assert_eq!(park(Status::Delivered, 20).await, None);
    assert_eq!(park(Status::Delivered, 20).await, None);
    let sent = advance(&state, Status::Sent, Some("out.1"));
    apply(&t.store, &mut state, sent).await.unwrap();
    let found = t.store.message_by_provider_id(WHATSAPP, "out.1".into()).await.unwrap().unwrap();
    assert_eq!((found.0, &found.1), (state.id, state.recent_outbound.back().unwrap()));
    assert_eq!(park(Status::Sent, 10).await.map(|(id, _)| id), Some(state.id));
    let taken = t.store.take_receipts(WHATSAPP, "out.1".into()).await.unwrap();
    assert_eq!(taken, [receipt(Status::Sent, 10), receipt(Status::Delivered, 20), receipt(Status::Read, 30)]);
    assert_eq!(t.store.take_receipts(WHATSAPP, "out.1".into()).await, Ok(vec![]));
    assert_eq!(t.store.message_by_provider_id(SMS, "out.1".into()).await, Ok(None));
    assert_eq!(t.store.message_by_provider_id(WHATSAPP, "wamid.100".into()).await, Ok(None), "not ours");
    assert_eq!(t.store.outbound(MessageId(101)).await, Ok(Some(found)));
    t.store.park_receipt(SMS, "stranger".into(), receipt(Status::Sent, 1), NOW).await.unwrap();
    assert_eq!(t.store.forget_receipts(Timestamp(NOW.0 + 1)).await, Ok(1));
    let window = t.store.care_window(WHATSAPP, state.routes[0].address.clone()).await;
    assert_eq!(window, Ok(state.routes[0].last_inbound_at));
}

async fn outbox(t: Fixture) {
    let mut state = talk(&t.store, 1).await;
    let id = MessageId(101);
    let due = t.store.outbox_due(NOW, 10).await.unwrap();
    assert_eq!(
        due.iter().map(|row| (row.message_id, row.channel_id, row.attempt)).collect::<Vec<_>>(),
        [(id, WHATSAPP, 0)]
    );
    assert_eq!(t.store.outbox_due(Timestamp(NOW.0 - 1), 10).await, Ok(vec![]));
    let claims = [t.store.outbox_claim(id, NOW), t.store.outbox_claim(id, NOW)];
    let mut claims = futures_util::future::join_all(claims).await;
    claims.sort_by_key(|claim| claim.clone().unwrap());
    assert_eq!(claims, [Ok(None), Ok(Some(1))]);
    assert_eq!(t.store.outbox_stale(NOW).await.unwrap().len(), 1);
    let later = Timestamp(NOW.0 + 5);
    assert_eq!(t.store.outbox_release(id, later).await, Ok(true));
    assert_eq!(t.store.outbox_release(id, later).await, Ok(false));
    assert_eq!(t.store.outbox_stale(later).await, Ok(vec![]));
    assert_eq!(t.store.outbox_claim(id, later).await, Ok(Some(2)));
    let sent = advance(&state, Status::Sent, Some("out.1"));
    apply(&t.store, &mut state, sent).await.unwrap();
    assert_eq!(t.store.outbox_claim(id, later).await, Ok(None));
    assert_eq!(t.store.outbox_stale(later).await, Ok(vec![]));
    assert_eq!(t.store.message(id).await.unwrap().unwrap().status, Some(Status::Sent));
}

fn upload(id: i64, by: Uploader) -> NewUpload {
    NewUpload {
        media: Media {
            id: MediaId(id),
            kind: MediaKind::Image,
            file_name: Some("cat.png".into()),
            mime: "image/png".into(),
            size: Some(10),
            state: MediaState::Ready,
            remote_reference: None,
        },
        business_id: BUSINESS,
        uploader: by,
        sha256: "ab".into(),
        storage_key: format!("key-{id}"),
        at: NOW,
    }
}

async fn files(t: Fixture) {
    let mut state = talk(&t.store, 1).await;
    let cat = upload(50, Uploader::User(ANN));
    t.store.create_upload(cat.clone()).await.unwrap();
    t.store.create_upload(upload(51, Uploader::Contact(state.contact.id))).await.unwrap();
    let mut waiting = FileRecord {
        media: cat.media.clone(),
        business_id: BUSINESS,
        message: None,
        uploader: Some(Uploader::User(ANN)),
        sha256: Some("ab".into()),
        storage_key: Some("key-50".into()),
    };
    assert_eq!(t.store.file(MediaId(50)).await, Ok(Some(waiting.clone())));
    let with_cat = |id| {
        let Command::Reply(mut reply) = reply(ANN, id, "") else { unreachable!() };
        reply.attachments = vec![Attachment { media: cat.media.clone() }];
        Command::Reply(reply)
    };
    apply(&t.store, &mut state, with_cat(110)).await.unwrap();
    waiting.message = Some((MessageId(110), state.id));
    assert_eq!(t.store.file(MediaId(50)).await, Ok(Some(waiting)));
    let twice = apply(&t.store, &mut state, with_cat(111)).await;
    assert_eq!(twice, Err(StoreError::Conflict { constraint: Constraint::MediaInUse }));
    assert_eq!(t.store.forget_uploads(Timestamp(NOW.0 + 1)).await, Ok(vec!["key-51".to_owned()]));

    // A file of the customer, still at the provider.
    let mut photo = receive(&state, 120, "");
    let pending = Media {
        state: MediaState::Pending,
        remote_reference: Some("m-1".into()),
        id: MediaId(60),
        size: None,
        ..cat.media
    };
    if let Command::Receive(receive) = &mut photo {
        receive.media = vec![pending.clone()];
    }
    apply(&t.store, &mut state, photo).await.unwrap();
    let waiting = t.store.pending_files(10).await.unwrap();
    assert_eq!(
        waiting.iter().map(|file| (&file.media, file.message_id, file.channel_id)).collect::<Vec<_>>(),
        [(&pending, MessageId(120), WHATSAPP)]
    );
    let bytes = StoredBytes {
        storage_key: "key-60".into(),
        sha256: "cd".into(),
        size: 77,
        mime: "image/webp".into(),
        kind: MediaKind::Sticker,
    };
    assert_eq!(t.store.set_file_stored(MediaId(60), bytes).await, Ok(true));
    let arrived = Media {
        state: MediaState::Ready,
        size: Some(77),
        mime: "image/webp".into(),
        kind: MediaKind::Sticker,
        ..pending
    };
    let command = Command::FileArrived(FileArrived { message_id: MessageId(120), media: arrived.clone() });
    apply(&t.store, &mut state, command).await.unwrap();
    assert_eq!(t.store.message(MessageId(120)).await.unwrap().unwrap().media, [arrived]);
    assert_eq!(t.store.pending_files(10).await, Ok(vec![]));
    assert_eq!(t.store.file(MediaId(60)).await.unwrap().unwrap().storage_key.as_deref(), Some("key-60"));
    assert_eq!(t.store.file(MediaId(999)).await, Ok(None));
}

async fn people(t: Fixture) {
    let (ann, hash) = t.store.find_user_by_email(" Ann@Demo.TEST ".into()).await.unwrap().unwrap();
    assert_eq!(
        (ann.id, ann.role, hash.as_deref(), ann.name().as_str()),
        (ANN, Role::Agent, Some("hash"), "Ann Lee")
    );
    assert_eq!(t.store.find_user_by_email("nobody@demo.test".into()).await, Ok(None));
    assert_eq!(t.store.set_password(ANN, "new".into(), true, NOW).await, Ok(true));
    let (ann, hash) = t.store.find_user_by_email("ann@demo.test".into()).await.unwrap().unwrap();
    assert_eq!((hash.as_deref(), ann.must_change_password), (Some("new"), true));
    t.store.set_user_seen(ANN, NOW).await.unwrap();
    assert_eq!(t.store.users_by_ids(vec![ANN, UserId(7)]).await.unwrap()[0].last_seen_at, Some(NOW));
    assert_eq!(t.store.users(BUSINESS).await.unwrap().len(), 3);

    let sales = Group::new(GroupId(11), "Sales");
    t.store.create_group(BUSINESS, sales.clone(), NOW).await.unwrap();
    t.store.add_member(sales.id, BOB, NOW).await.unwrap();
    t.store.add_member(sales.id, BOB, NOW).await.unwrap();
    let of_bob = || async {
        let all = t.store.memberships(BUSINESS).await.unwrap();
        all.into_iter()
            .filter(|one| one.user_id == BOB)
            .map(|one| (one.group_id, one.role))
            .collect::<Vec<_>>()
    };
    assert_eq!(of_bob().await, [(GROUP, Role::Agent), (sales.id, Role::Agent)]);
    let groups = t.store.groups(BUSINESS).await.unwrap();
    assert!(groups[0].is_first && !groups[1].is_first);
    assert_eq!(groups[1], Group { position: 1, ..sales.clone() });
    let leader = Membership { group_id: sales.id, user_id: BOB, role: Role::Admin };
    t.store.set_member(leader, NOW).await.unwrap();
    assert_eq!(of_bob().await[1], (sales.id, Role::Admin));
    assert_eq!(t.store.remove_member(sales.id, BOB).await, Ok(true));
    assert_eq!(of_bob().await.len(), 1);

    let hour = 3_600_000_000;
    let session = |token: u8, expires: i64| Session {
        token_hash: vec![token; 32],
        user_id: ANN,
        created_at: NOW,
        last_used_at: NOW,
        expires_at: Timestamp(NOW.0 + expires),
        user_agent: Some("test".into()),
    };
    t.store.create_session(session(1, hour)).await.unwrap();
    t.store.create_session(session(2, 10)).await.unwrap();
    let later = Timestamp(NOW.0 + 10);
    let (found, user) = t.store.find_session(vec![1; 32], later).await.unwrap().unwrap();
    assert_eq!((found, user.id), (session(1, hour), ANN));
    assert_eq!(t.store.find_session(vec![2; 32], later).await, Ok(None), "expired");
    assert_eq!(t.store.end_expired_sessions(later).await.map(|ended| ended.len()), Ok(1));
    t.store.touch_session(vec![1; 32], later, Timestamp(NOW.0 + 2 * hour)).await.unwrap();
    let (found, _) = t.store.find_session(vec![1; 32], Timestamp(NOW.0 + hour)).await.unwrap().unwrap();
    assert_eq!(found.last_used_at, later);
    t.store.delete_session(vec![1; 32]).await.unwrap();
    assert_eq!(t.store.find_session(vec![1; 32], later).await, Ok(None));
    assert_eq!(t.store.delete_sessions_of(ANN).await, Ok(0));
    let lines = t.store.channels().await.unwrap();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], channel(WHATSAPP, switchboard_engine::channel::Provider::CloudApi));
    let mut line = t.store.channel(WHATSAPP).await.unwrap().unwrap();
    line.channel.name.push_str(" renamed");
    line.credentials = Some(vec![4]);
    line.state.registration = switchboard_engine::channel::Registration::Pending;
    line.state.phone = Some("+15550783881".to_owned());
    assert_eq!(t.store.update_channel(line.clone(), NOW).await, Ok(true));
    let reason = Failure { code: "c".to_owned(), detail: "d".to_owned() };
    line.status = switchboard_schema::ChannelStatus::Degraded;
    line.state.reason = Some(reason.clone());
    line.state.times = switchboard_schema::ChannelTimes { callback: Some(NOW), ..Default::default() };
    let condition =
        switchboard_engine::channel::health::Condition { status: line.status, reason: Some(reason) };
    t.store.set_channel_condition(WHATSAPP, condition, line.state.times).await.unwrap();
    assert_eq!(t.store.channel(WHATSAPP).await, Ok(Some(line)));
    assert_eq!(t.store.reseal_channel(WHATSAPP, vec![9], vec![5]).await, Ok(false), "they changed meanwhile");
    assert_eq!(t.store.reseal_channel(WHATSAPP, vec![4], vec![5]).await, Ok(true));
    assert_eq!(t.store.channel(WHATSAPP).await.unwrap().unwrap().credentials, Some(vec![5]));
}

async fn odd_characters(t: Fixture) {
    let mut state = unborn(1);
    let hello = receive(&state, 1, "nul \0 and 👩‍👩‍👧 and \u{202e}");
    apply(&t.store, &mut state, hello).await.unwrap();
    let stored = t.store.message(MessageId(1)).await.unwrap().unwrap();
    assert_eq!(stored.text, "nul \u{fffd} and 👩‍👩‍👧 and \u{202e}");
}

async fn facts(t: Fixture) {
    assert_eq!(t.store.write_probe(NOW).await, Ok(()));
    assert_eq!(t.store.epoch().len(), 16);
    let settings = t.store.durability().await.unwrap();
    if t.database.is_postgres() {
        assert!(settings.contains(&("fsync".into(), "off".into())));
        let mut options = t.database.options(t.handle.clone());
        options.allow_unsafe_durability = false;
        t.store.close().await;
        let refused = Store::open(options).await.err();
        assert_eq!(refused, Some(StoreError::UnsafeDurability("fsync = off".into())));
    } else {
        assert_eq!(settings, [("journal_mode".into(), "wal".into()), ("synchronous".into(), "full".into())]);
    }
}

async fn quarantine(t: Fixture) {
    let item = |id| Quarantined {
        id,
        source: "whatsapp".into(),
        conversation_id: (id == 2).then_some(ConversationId(1)),
        payload: "{}".into(),
        error: "no".into(),
        tries: 3,
        at: Timestamp(NOW.0 + id),
    };
    t.store.quarantine(item(1)).await.unwrap();
    t.store.quarantine(item(2)).await.unwrap();
    assert_eq!(t.store.quarantined(10).await, Ok(vec![item(2), item(1)]));
    assert_eq!(t.store.release_quarantined(2).await, Ok(true));
    assert_eq!(t.store.release_quarantined(2).await, Ok(false));
    assert_eq!(t.store.quarantined(10).await, Ok(vec![item(1)]));
}
