//! The 24-hour rule to the second, templates that begin a conversation, and what time does to what waits.

use crate::people::{Agent, id};
use crate::provider::failed;
use crate::templates::{CUSTOMER, body, usual};
use crate::world::{Kind, SMS_NUMBER, WHATSAPP_ID, World, eventually};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_engine::ids::MessageId;
use switchboard_engine::time::Timestamp;

both!(
    s2_14_the_window_shuts_24_hours_after_the_last_word,
    s2_14_the_window_belongs_to_the_pair_of_numbers,
    s2_14_a_retry_is_judged_by_the_window_of_the_pair,
    s2_14_whatever_the_customer_does_opens_it_and_nothing_else,
    s4_12_a_reply_to_a_template_opens_the_window_for_a_day,
    s0_29_a_template_begins_a_conversation,
    s0_29_nobody_is_written_to_who_does_not_want_it,
    s0_28_templates_are_read_every_quarter_of_an_hour,
    what_waited_for_a_day_is_not_sent,
);

const HOUR: Duration = Duration::from_hours(1);
const START: &str = "/api/v1/conversations";

impl World {
    /// Both clocks, ours and the providers', so far ahead of the wall.
    fn set_ahead(&self, by: Duration) {
        self.server.clock.set_ahead(by);
        self.simulator.advance_clock(by.saturating_sub(self.simulator.clock_offset()));
    }

    /// Sets our clock to a moment.
    fn set_clock(&self, to: Timestamp) {
        self.server.clock.set_ahead(Duration::ZERO);
        self.server.clock.set_ahead(to.since(self.server.clock.now()));
    }
}

fn expiry(row: &Value) -> Timestamp {
    serde_json::from_value(row["window"]["expires_at"].clone()).unwrap()
}

async fn state(by: &Agent, conversation: &str) -> Value {
    by.conversation(conversation).await["window"]["state"].clone()
}

/// To see it go red: leave `fresh` out of `gate::line` and `line_to`, or `refreshed` out of `decide`.
async fn s2_14_the_window_belongs_to_the_pair_of_numbers(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let old = world.fresh(&ann).await;
    let change = |conversation: &str, how: &str| format!("{START}/{conversation}/{how}");
    ann.post(&change(&old, "attend"), json!({})).await.expect(200);
    ann.post(&change(&old, "close"), json!({})).await.expect(200);
    world.set_ahead(25 * HOUR);
    let ann = world.ann().await;
    assert_eq!(state(&ann, &old).await, "closed");
    world.phone(CUSTOMER).text("Something else").await.unwrap();
    let new = eventually("the new conversation", || async { ann.list("team").await.pop() }).await;
    ann.post(&change(&id(&new), "attend"), json!({})).await.expect(200);
    ann.post(&change(&id(&new), "close"), json!({})).await.expect(200);
    // They wrote a moment ago: it does not matter in which of the two.
    let back = ann.post(&change(&old, "reopen"), json!({})).await.expect(200)["conversation"].clone();
    assert_eq!(back["window"]["state"], "open", "{back}");
    ann.write(&old, "c1", "Where were we?").await.expect(201);
}

/// The line went to another group, and the customer writes there. To see it go red: leave `Wish::Retry` out of `decide`.
async fn s2_14_a_retry_is_judged_by_the_window_of_the_pair(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let old = world.fresh(&ann).await;
    world.simulator.faults().change(WHATSAPP_ID, |faults| faults.callbacks = false).unwrap();
    let lost = ann.say(&old, "Lost").await;
    ann.status(&old, &lost, "sent").await;
    let wamid = world.simulator.journal()[0].id.to_string();
    world.call_back(&failed(&wamid, 131_026)).await;
    ann.status(&old, &lost, "failed").await;
    let line = format!("/api/v1/channels/{}/move", world.whatsapp);
    ada.post(&line, json!({"group_id": "3"})).await.expect(200);
    world.set_ahead(25 * HOUR);
    let (ada, ann) = (world.ada().await, world.ann().await);
    let again = format!("/api/v1/messages/{lost}/retry");
    ann.post(&again, json!({})).await.refused(422, "window_closed");
    world.phone(CUSTOMER).text("Are you there?").await.unwrap();
    eventually("the conversation of the other group", || async {
        let rows = ada.get("/api/v1/conversations?view=team&group_id=3").await.expect(200);
        (!rows["conversations"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    ann.post(&again, json!({})).await.expect(200);
}

async fn s2_14_the_window_shuts_24_hours_after_the_last_word(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = world.fresh(&ann).await;
    let shuts = expiry(&ann.conversation(&conversation).await);
    // On a slow machine the second may be over before the server looks at its clock; then it was right to refuse.
    let mut in_time = None;
    for attempt in 0..20 {
        world.set_clock(shuts.minus(Duration::from_secs(1)));
        let answer = ann.write(&conversation, &format!("last-{attempt}"), "In the last second").await;
        if answer.status == 201 {
            in_time = Some(answer);
            break;
        }
        answer.refused(422, "window_closed");
        assert!(world.server.clock.now() >= shuts, "refused too early");
    }
    in_time.expect("one of them is in time");
    let left = ann.messages(&conversation).await.pop().unwrap();
    assert_eq!(left["text"], "In the last second");
    world.set_clock(shuts);
    let refused = ann.write(&conversation, "late", "Too late").await;
    refused.refused(422, "window_closed");
    assert_eq!(refused.json()["error"]["allowed"], json!(["template"]));
    let media =
        ann.upload("a.png", "image/png", crate::groups::png()).await.expect(201)["media"]["id"].clone();
    let file = json!({"client_id": "file", "media_ids": [media]});
    ann.post(&format!("{START}/{conversation}/messages"), file).await.refused(422, "window_closed");
}

/// To see it go red: let `Receive::open_window` look at the kind of the message, or let a send move `last_inbound_at`.
async fn s2_14_whatever_the_customer_does_opens_it_and_nothing_else(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = world.fresh(&ann).await;
    let message = ann.say(&conversation, "Hi").await;
    ann.status(&conversation, &message, "delivered").await;
    let wamid = world.simulator.journal()[0].id.to_string();
    let phone = world.phone(CUSTOMER);
    let mut last = expiry(&ann.conversation(&conversation).await);
    for (day, what) in ["a reaction", "a button", "a place", "a picture"].into_iter().enumerate() {
        // Our own last word, an hour before the end, moves nothing.
        let ahead = HOUR * (25 * u32::try_from(day + 1).unwrap());
        world.set_clock(last.minus(HOUR));
        ann.write(&conversation, &format!("c{day}"), "Anything else?").await.expect(201);
        assert_eq!(expiry(&ann.conversation(&conversation).await), last, "before {what}");
        world.set_ahead(ahead);
        assert_eq!(state(&ann, &conversation).await, "closed", "before {what}");
        let done = match what {
            "a reaction" => phone.react(&wamid, "👍").await,
            "a button" => {
                phone.raw(json!({"type": "button", "button": {"payload": "yes", "text": "Yes"}})).await
            }
            "a place" => phone.location(51.5, -0.1, "Here").await,
            _ => phone.file("image/png", None, crate::groups::png(), None).await,
        };
        assert_eq!(done, Ok(200), "{what}");
        let row = ann.conversation(&conversation).await;
        assert_eq!(row["window"]["state"], "open", "{what}");
        last = expiry(&row);
        ann.write(&conversation, &format!("d{day}"), "Thank you").await.expect(201);
    }
    // Closing and reopening is our affair; the window is the customer's.
    let act = |what: &str| format!("{START}/{conversation}/{what}");
    ann.post(&act("close"), json!({"pending": "send"})).await.expect(200);
    ann.post(&act("reopen"), json!({})).await.expect(200);
    let row = ann.conversation(&conversation).await;
    assert_eq!((row["window"]["state"].clone(), expiry(&row)), (json!("open"), last));
    ann.write(&conversation, "after", "Still open").await.expect(201);
}

async fn template_to(
    world: &World,
    by: &Agent,
    client_id: &str,
    name: &str,
    phone: &str,
) -> crate::answer::Answer {
    let template = world.template(name).await["id"].clone();
    let body = json!({"group_id": "2", "channel_id": world.whatsapp, "phone": phone, "client_id": client_id,
        "template": {"id": template}});
    by.post(START, body).await
}

async fn s4_12_a_reply_to_a_template_opens_the_window_for_a_day(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    world.provide(usual()).await;
    let begun = template_to(&world, &ann, "t0", "welcome", CUSTOMER).await.expect(201);
    let conversation = id(&begun["conversation"]);
    ann.status(&conversation, &id(&begun["message"]), "delivered").await;
    assert_eq!(state(&ann, &conversation).await, "closed", "a template opens nothing");
    let sent: Timestamp = serde_json::from_value(begun["message"]["at"].clone()).unwrap();
    let mut sockets = [ann.listen().await, bob.listen().await];
    world.set_ahead(HOUR * 3);
    assert_eq!(world.phone(CUSTOMER).text("Yes, please").await, Ok(200));
    for socket in &mut sockets {
        let news = socket.until("the open window", |f| f["t"] == "window.changed").await;
        assert_eq!((&news["d"]["state"], &news["d"]["channel_id"]), (&json!("open"), &json!(world.whatsapp)));
    }
    let row = ann.conversation(&conversation).await;
    let shuts = expiry(&row);
    let after = shuts.since(sent);
    // The provider dates messages by the second.
    let slack = Duration::from_mins(1);
    assert!(after + Duration::from_secs(1) >= HOUR * 27 && after < HOUR * 27 + slack, "{after:?}");
    for (n, who) in [&ann, &bob].into_iter().enumerate() {
        let opened = who.get(&format!("{START}/{conversation}")).await.expect(200);
        assert_eq!(opened["composer"]["state"], "open", "for everybody");
        who.write(&conversation, &format!("free{n}"), "Good to hear").await.expect(201);
    }
    world.set_clock(shuts);
    assert_eq!(state(&ann, &conversation).await, "closed");
    ann.write(&conversation, "late", "Hello?").await.refused(422, "window_closed");
}

async fn s0_29_a_template_begins_a_conversation(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.provide(usual()).await;
    let mut socket = ann.listen().await;
    let first = template_to(&world, &ann, "t0", "welcome", "07700 900123").await;
    let begun = first.expect(201);
    let (row, message) = (&begun["conversation"], &begun["message"]);
    assert_eq!((&row["contact"]["phone"], &row["window"]["state"]), (&json!(CUSTOMER), &json!("closed")));
    assert_eq!((&message["kind"], &message["text"]), (&json!("template"), &json!("Welcome to Bean & Leaf!")));
    let conversation = id(row);
    socket.until("the conversation", |f| f["t"] == "conversation.created").await;
    ann.status(&conversation, &id(message), "delivered").await;
    world.phone(CUSTOMER).read_all();
    ann.status(&conversation, &id(message), "read").await;
    assert_eq!(world.sent(), [("template".to_owned(), "Welcome to Bean & Leaf!".to_owned())]);
    let counts = ann.get("/api/v1/inbox/counts?group_id=2").await.expect(200)["counts"].clone();
    assert_eq!((&counts["sent"], &counts["mine"]), (&json!(1), &json!(0)));
    assert_eq!(
        ann.list("sent").await.iter().map(id).collect::<Vec<_>>(),
        std::slice::from_ref(&conversation)
    );
    // The lost answer's repeat is the first one; nothing free may follow.
    let again = template_to(&world, &ann, "t0", "welcome", CUSTOMER).await.expect(200);
    assert_eq!(again["message"]["id"], message["id"]);
    ann.write(&conversation, "free", "And another thing").await.refused(422, "window_closed");
    assert_eq!(world.simulator.journal_len(), 1);
    // What is not approved begins nothing.
    let refused = template_to(&world, &ann, "t1", "refund", "+447700900124").await;
    refused.refused(422, "template_not_approved");
    assert_eq!(ann.list("all").await.len(), 1);
}

async fn s0_29_nobody_is_written_to_who_does_not_want_it(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let mut offer = body("offer", "en_GB", "Ten percent off everything!");
    offer["category"] = "MARKETING".into();
    world.provide([usual(), vec![offer]].concat()).await;
    // Marketing needs a yes, which a number nobody has heard of has not given.
    template_to(&world, &ann, "t0", "offer", CUSTOMER).await.refused(422, "consent_required");
    assert_eq!((ann.list("all").await.len(), world.simulator.journal_len()), (0, 0));
    let begun = template_to(&world, &ann, "t1", "welcome", CUSTOMER).await.expect(201);
    let contact = id(&begun["conversation"]["contact"]);
    let consent =
        |state: &str| json!({"channel_kind": "whatsapp", "state": state, "evidence": "On the phone"});
    let path = format!("/api/v1/contacts/{contact}/consent");
    ada.put(&path, consent("opted_out")).await.expect(200);
    template_to(&world, &ann, "t2", "welcome", CUSTOMER).await.refused(422, "opted_out");
    ada.put(&path, consent("opted_in")).await.expect(200);
    template_to(&world, &ann, "t3", "welcome", CUSTOMER).await.expect(200);
}

/// To see it go red: take the call of `read_templates_when_due` out of `actors/src/connector.rs`.
async fn s0_28_templates_are_read_every_quarter_of_an_hour(kind: Kind) {
    let world = World::start(kind).await;
    world.provide(usual()).await;
    let names = async || {
        let page = world.ada().await.get("/api/v1/groups/2/templates").await.expect(200).to_string();
        page.contains("\"late_news\"")
    };
    // Nobody tells us, nobody asks.
    let more = [usual(), vec![body("late_news", "en_GB", "News.")]].concat();
    world.simulator.set_templates(WHATSAPP_ID, more).unwrap();
    assert!(!names().await);
    world.server.clock.set_ahead(Duration::from_mins(15));
    eventually("the next reading", || async { names().await.then_some(()) }).await;
}

/// To see it go red: let `is_too_old` answer `false`.
async fn what_waited_for_a_day_is_not_sent(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.sms_phone(CUSTOMER);
    assert_eq!(phone.text("Hello").await, Ok(200));
    let conversation = id(&ann.conversation_with(CUSTOMER).await);
    let down = |down: bool| world.simulator.faults().change(SMS_NUMBER, |s| s.down = down).unwrap();
    down(true);
    let old = ann.say(&conversation, "Come at three").await;
    // Its first attempt must be over: one under way would still arrive.
    let row = async || world.server.store.outbox_row(MessageId(old.parse().unwrap())).await.unwrap();
    eventually("a failed attempt", || async { row().await.filter(|row| row.attempt > 0 && !row.under_way) })
        .await;
    world.server.clock.set_ahead(HOUR * 23);
    let younger = ann.say(&conversation, "Or at four").await;
    world.server.clock.set_ahead(HOUR * 24 + Duration::from_mins(1));
    down(false);
    let ended = ann.status(&conversation, &old, "failed").await;
    assert_eq!(ended["failure"]["code"], "expired");
    assert!(ended["failure"]["detail"].as_str().unwrap().contains("24 hours"), "{ended}");
    ann.status(&conversation, &younger, "delivered").await;
    let bodies: Vec<String> = phone.inbox().iter().map(|sent| sent.body.to_string()).collect();
    assert_eq!(bodies, ["Or at four"]);
    // By hand it may go all the same: then it is a message of now.
    ann.post(&format!("/api/v1/messages/{old}/retry"), json!({})).await.expect(200);
    ann.status(&conversation, &old, "delivered").await;
}
