//! Mail to the contact base: who is on the list, who gets it, how they get no more, and what a refusal, a stop, a crash and an erasure leave.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::postbox::MailServer;
use crate::world::{HTTP, Kind, UNLIMITED, World, eventually, eventually_or};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_actors::mailer::MailSettings;
use switchboard_engine::widget::identity_proof;
use switchboard_web::config::Limits;

both!(
    s0_68_the_list_has_active_contacts_with_an_address_who_want_mail,
    s0_68_everybody_who_wants_mail_gets_one_with_a_way_out,
    s0_68_only_the_button_unsubscribes,
    s0_68_strangers_press_it_only_so_often,
    s0_68_consent_is_asked_again_and_refusals_are_marked,
    s0_68_a_crash_mails_nobody_twice,
    s0_68_what_is_stopped_is_not_sent,
    s0_68_an_erased_contact_is_forgotten_in_mails_too,
);

const CSV: &str = "/api/v1/contacts/emails.csv";

/// Customers of a shop that vouches for them by their address; answers their contacts' ids.
async fn customers(world: &World, ada: &Agent, people: &[(&str, &str)]) -> Vec<String> {
    let path = format!("/api/v1/channels/{}/widget/identity_secret", world.webchat);
    let made = ada.post(&path, json!({})).await.expect(201);
    let secret = made["identity_secret"].as_str().unwrap().to_owned();
    let mut contacts = Vec::new();
    for (name, email) in people {
        let proof = identity_proof(&secret, email).unwrap();
        let identity = json!({"user_id": email, "name": name});
        let mut socket = world.panel().await;
        let d = json!({"widget_key": world.widget_key, "identity": identity, "hmac": proof});
        assert_eq!(socket.ask(json!({"t": "session.start", "d": d})).await["d"]["identified"], true);
        let said = json!({"t": "message.send", "d": {"client_id": "v1", "text": "Hello"}});
        let ack = socket.ask(said).await;
        let conversation = ack["d"]["conversation_id"].as_str().unwrap_or_else(|| panic!("{ack}")).to_owned();
        let contact = ada.conversation(&conversation).await["contact"].clone();
        assert_eq!((&contact["email"], &contact["name"]), (&json!(email), &json!(name)));
        contacts.push(id(&contact));
    }
    contacts
}

async fn says(by: &Agent, contact: &str, state: &str, evidence: Option<&str>) -> Answer {
    let word = json!({"state": state, "evidence": evidence});
    by.put(&format!("/api/v1/contacts/{contact}/consent/email"), word).await
}

fn path(world: &World) -> String {
    format!("/api/v1/channels/{}/announcements", world.whatsapp)
}

async fn announce(world: &World, by: &Agent, client_id: &str) -> String {
    let body =
        json!({"client_id": client_id, "subject": "We are on WhatsApp", "text": "Hello,\n\nwrite to us."});
    id(&by.post(&path(world), body).await.expect(201)["announcement"])
}

/// `[queued, sent, failed, skipped, unknown]`
async fn counts(by: &Agent, announcement: &str) -> [i64; 5] {
    let found = by.get(&format!("/api/v1/announcements/{announcement}")).await.expect(200);
    let counts = &found["announcement"]["recipients"];
    ["queued", "sent", "failed", "skipped", "unknown"].map(|state| counts[state].as_i64().unwrap())
}

async fn until(by: &Agent, announcement: &str, wanted: [i64; 5]) {
    eventually_or(&format!("the mails to be {wanted:?}"), || async {
        let now = counts(by, announcement).await;
        if now == wanted { Ok(()) } else { Err(format!("{now:?}")) }
    })
    .await;
}

async fn recipients(by: &Agent, announcement: &str, state: &str) -> Vec<Value> {
    let path = format!("/api/v1/announcements/{announcement}/recipients?state={state}");
    by.get(&path).await.expect(200)["recipients"].as_array().unwrap().clone()
}

fn link(mail: &str) -> String {
    let line = mail.lines().find_map(|line| line.strip_prefix("List-Unsubscribe: <"));
    let line = line.unwrap_or_else(|| panic!("no List-Unsubscribe in {mail}"));
    line.strip_suffix('>').unwrap().to_owned()
}

/// To see it go red: drop a condition of `has_address`, or `harmless` in web/src/csv.rs, or the `Note` in `export_emails`.
async fn s0_68_the_list_has_active_contacts_with_an_address_who_want_mail(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let people = [
        ("=cmd|x", "jo@shop.test"),
        ("Lee, Zoë", "zoe@shop.test"),
        ("Max", "max@shop.test"),
        ("Old", "old@shop.test"),
        ("Guest", "guest@shop.test"),
        ("Unnamed", "unnamed@shop.test"),
    ];
    let contacts = customers(&world, &ada, &people).await;
    world.phone("+447700900123").text("I have no address").await.unwrap();
    ann.conversation_with("+447700900123").await;
    says(&ann, &contacts[1], "opted_in", Some("Asked by phone")).await.refused(403, "forbidden");
    says(&ada, &contacts[1], "opted_in", None).await.refused(422, "validation");
    says(&ada, &contacts[1], "opted_in", Some("Signed form")).await.expect(200);
    let said = says(&ann, &contacts[2], "opted_out", None).await.expect(200)["consent"].clone();
    assert_eq!((&said["state"], &said["source"]), (&json!("opted_out"), &json!("manual")));
    // Names that somebody of the team gave: what a visitor says of themselves is only a hint.
    for (contact, (name, _)) in contacts.iter().zip(people).take(5) {
        let named = format!("display_name = '{name}', name_is_placeholder = FALSE");
        world.database.run(&format!("UPDATE contact SET {named} WHERE id = {contact}"));
    }
    world.database.run(&format!("UPDATE contact SET status = 'archived' WHERE id = {}", contacts[3]));
    world.database.run(&format!("UPDATE contact SET kind = 'guest' WHERE id = {}", contacts[4]));

    ann.get(CSV).await.refused(403, "forbidden");
    let answer = ada.get(CSV).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").contains("contacts-with-email.csv"));
    let text = answer.text();
    let rows: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
    assert_eq!(rows.len(), 5, "{text}");
    assert_eq!(rows[0], "name,email,consent,consent_at");
    assert_eq!(rows[1], "'=cmd|x,jo@shop.test,unknown,");
    assert!(rows[2].starts_with("\"Lee, Zoë\",zoe@shop.test,opted_in,20"), "{text}");
    assert_eq!(rows[3], ",unnamed@shop.test,unknown,");
    let log = ada.get("/api/v1/audit?action=open_settings").await.expect(200);
    let exported =
        log["entries"].as_array().unwrap().iter().find(|one| one["detail"]["exported"] == "emails");
    assert_eq!(exported.unwrap_or_else(|| panic!("{log}"))["detail"]["contacts"], 3);
}

/// To see it go red: leave a header out of `leaving`, or `opted_out` out of `freeze` and `claim`.
async fn s0_68_everybody_who_wants_mail_gets_one_with_a_way_out(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let nobody = json!({"client_id": "a0", "subject": "S", "text": "T"});
    ada.post(&path(&world), nobody).await.refused(409, "nobody_to_mail");
    let people = [("Jo", "jo@shop.test"), ("Zoë", "zoe@shop.test"), ("Max", "max@shop.test")];
    let contacts = customers(&world, &ada, &people).await;
    says(&ada, &contacts[2], "opted_out", None).await.expect(200);
    let before = ada.get(&path(&world)).await.expect(200);
    assert_eq!(before["audience"], json!({"recipients": 2, "opted_out": 1}));
    assert_eq!(before["mail"]["problems"], json!(["no_mail_server", "local_address"]));
    ada.post(&path(&world), json!({"client_id": "a1", "subject": "S\nBcc: x", "text": " "}))
        .await
        .refused(422, "validation");

    let announcement = announce(&world, &ada, "a1").await;
    until(&ada, &announcement, [0, 2, 0, 1, 0]).await;
    let mut links = Vec::new();
    for to in ["jo@shop.test", "zoe@shop.test"] {
        let mails = world.mails(to);
        assert_eq!(mails.len(), 1, "{mails:?}");
        let mail = &mails[0];
        assert!(mail.contains("\nSubject: We are on WhatsApp\n") && mail.contains("write to us."), "{mail}");
        assert!(mail.contains("\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"), "{mail}");
        assert!(mail.contains(&format!("Unsubscribe: {}", link(mail))), "the line in the text: {mail}");
        links.push(link(mail));
    }
    assert_ne!(links[0], links[1]);
    assert_eq!(world.mails("max@shop.test"), Vec::<String>::new());
    let skipped = recipients(&ada, &announcement, "skipped").await;
    assert_eq!(
        (&skipped[0]["contact_id"], &skipped[0]["reason"]),
        (&json!(contacts[2]), &json!("opted_out"))
    );

    // Asked again after a lost answer it is the same one.
    let again = json!({"client_id": "a1", "subject": "We are on WhatsApp", "text": "Hello"});
    assert_eq!(id(&ada.post(&path(&world), again).await.expect(200)["announcement"]), announcement);
    // A test goes to whoever asks.
    let test = json!({"subject": "We are on WhatsApp", "text": "Hello"});
    let sent = ada.post(&format!("{}/test", path(&world)), test).await.expect(200);
    assert_eq!(sent["to"], "ada@team.test");
    let mail = world.mails("ada@team.test").pop().unwrap();
    assert_eq!(Answer::of(HTTP.post(link(&mail))).await.status, 200);
    assert_eq!(counts(&ada, &announcement).await, [0, 2, 0, 1, 0]);
}

/// To see it go red: let `ask_unsubscribe` unsubscribe, or `reader_of` answer without `genuine`.
async fn s0_68_only_the_button_unsubscribes(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let contacts = customers(&world, &ada, &[("Jo Secret", "jo@shop.test")]).await;
    let announcement = announce(&world, &ada, "a1").await;
    let link = link(&world.mail("jo@shop.test", 1).await);
    let consent = format!("/api/v1/contacts/{}/consent/email", contacts[0]);
    // Whoever looks the mail over opens the link; that says nothing.
    let page = Answer::of(HTTP.get(&link)).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<form method=\"post\">") && page.text().contains("Bean &amp; Leaf"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    Answer::of(HTTP.head(&link)).await;
    assert_eq!(ann.get(&consent).await.expect(200)["consent"]["state"], "unknown");
    // A proof of somebody else's, or of nothing.
    let (head, proof) = link.rsplit_once('-').unwrap();
    let wrong = format!("{head}-{}", "0".repeat(proof.len()));
    let other = link.replace(&format!("-{}-", contacts[0]), "-999-");
    for wrong in [wrong.as_str(), other.as_str(), &format!("{}/unsubscribe/x", world.server.url)] {
        assert_eq!(Answer::of(HTTP.get(wrong)).await.status, 404, "{wrong}");
        assert_eq!(Answer::of(HTTP.post(wrong)).await.status, 404, "{wrong}");
    }
    assert_eq!(ann.get(&consent).await.expect(200)["consent"]["state"], "unknown");
    // What mail programs send by themselves (RFC 8058), from anywhere and twice.
    let mut evidence = Vec::new();
    for _ in 0..2 {
        let press = HTTP.post(&link).header("content-type", "application/x-www-form-urlencoded");
        let pressed = Answer::of(press.header("origin", "null").body("List-Unsubscribe=One-Click")).await;
        assert_eq!(pressed.status, 200, "{}", pressed.text());
        for told in [&page, &pressed] {
            assert!(!told.text().contains("Secret") && !told.text().contains("shop.test"), "{}", told.text());
        }
        evidence.push(ann.get(&consent).await.expect(200)["consent"].clone());
    }
    assert_eq!(evidence[0], evidence[1], "the first word counts");
    assert_eq!((&evidence[0]["state"], &evidence[0]["source"]), (&json!("opted_out"), &json!("link")));
    assert!(evidence[0]["at"].is_string(), "{evidence:?}");
    assert_eq!(evidence[0]["evidence"], format!("Link in e-mail {announcement}"));
    let log = ada.get("/api/v1/audit?action=email.unsubscribed").await.expect(200);
    assert_eq!(log["entries"].as_array().unwrap().len(), 1);
    let left = ada.get(&path(&world)).await.expect(200);
    assert_eq!(left["audience"], json!({"recipients": 0, "opted_out": 1}));
    assert!(!ada.get(CSV).await.text().contains("jo@shop.test"));
}

/// To see it go red: leave `knock` out of `ask_unsubscribe` and `unsubscribe`.
async fn s0_68_strangers_press_it_only_so_often(kind: Kind) {
    let limits = Limits { api: 20, ..UNLIMITED };
    let world = World::start_with(kind, |config| config.limits = limits).await;
    let url = format!("{}/unsubscribe/1-2-{}", world.server.url, "0".repeat(64));
    for method in ["GET", "POST"] {
        let call = || Answer::of(HTTP.request(method.parse().unwrap(), &url));
        let refused =
            eventually(method, || async { Some(call().await).filter(|one| one.status == 429) }).await;
        assert!(refused.header("retry-after").parse::<u64>().is_ok());
    }
}

/// To see it go red: leave the question about consent out of `claim`, or let `judge` try for ever.
async fn s0_68_consent_is_asked_again_and_refusals_are_marked(kind: Kind) {
    let post = MailServer::start().await;
    let mail =
        MailSettings { smtp_url: Some(post.url.clone()), from: Some("Bean <inbox@bean.test>".to_owned()) };
    let world = World::start_with(kind, |config| config.mail = mail).await;
    let ada = world.ada().await;
    let contacts = customers(&world, &ada, &[("Jo", "jo@shop.test"), ("Max", "max@shop.test")]).await;
    assert_eq!(ada.get(&path(&world)).await.expect(200)["mail"]["problems"], json!(["local_address"]));
    post.refuse(Some("451 come back later"));
    let first = announce(&world, &ada, "a1").await;
    eventually("both to be put off", || async {
        let waiting = recipients(&ada, &first, "queued").await;
        waiting
            .iter()
            .all(|one| one["detail"].as_str().is_some_and(|text| text.contains("451")))
            .then_some(())
    })
    .await;
    says(&ada, &contacts[1], "opted_out", None).await.expect(200);
    post.refuse(None);
    world.server.clock.set_ahead(Duration::from_secs(30));
    until(&ada, &first, [0, 1, 0, 1, 0]).await;
    let sent = post.mails();
    assert!(
        sent.len() == 1 && sent[0].contains("jo@shop.test") && sent[0].contains("List-Unsubscribe:"),
        "{sent:?}"
    );
    assert_eq!(recipients(&ada, &first, "skipped").await[0]["reason"], "opted_out");

    post.refuse(Some("550 no such user"));
    let second = announce(&world, &ada, "a2").await;
    until(&ada, &second, [0, 0, 1, 1, 0]).await;
    let failed = recipients(&ada, &second, "failed").await;
    assert!(failed[0]["detail"].as_str().unwrap().contains("550"), "{failed:?}");
    let test = json!({"subject": "S", "text": "T"});
    ada.post(&format!("{}/test", path(&world)), test).await.refused(502, "mail_refused");
}

/// To see it go red: let `give_up_interrupted` put them back as queued.
async fn s0_68_a_crash_mails_nobody_twice(kind: Kind) {
    let post = MailServer::start().await;
    let mail =
        MailSettings { smtp_url: Some(post.url.clone()), from: Some("Bean <inbox@bean.test>".to_owned()) };
    let mut world = World::start_with(kind, |config| config.mail = mail).await;
    let ada = world.ada().await;
    customers(&world, &ada, &[("Jo", "jo@shop.test"), ("Max", "max@shop.test")]).await;
    // It keeps the first mail and never says so; then the server ends.
    post.stall();
    let announcement = announce(&world, &ada, "a1").await;
    eventually("a mail to be handed over", || async { (post.mails().len() == 1).then_some(()) }).await;
    // Started again it has no mail server: what it sends becomes files.
    world.restart().await;
    let ada = world.ada().await;
    until(&ada, &announcement, [0, 1, 0, 0, 1]).await;
    let unknown = recipients(&ada, &announcement, "unknown").await;
    let (had, other) = (unknown[0]["email"].as_str().unwrap(), ["jo@shop.test", "max@shop.test"]);
    assert!(post.mails()[0].contains(had));
    assert_eq!(world.mails(had), Vec::<String>::new(), "not sent again");
    assert_eq!(other.iter().map(|to| world.mails(to).len()).sum::<usize>(), 1, "and nobody is forgotten");
}

/// To see it go red: leave the second update out of `queries::announcement::stop`, and `stopped_at` out of `claim`.
async fn s0_68_what_is_stopped_is_not_sent(kind: Kind) {
    let post = MailServer::start().await;
    let mail =
        MailSettings { smtp_url: Some(post.url.clone()), from: Some("Bean <inbox@bean.test>".to_owned()) };
    let world = World::start_with(kind, |config| config.mail = mail).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    customers(&world, &ada, &[("Jo", "jo@shop.test"), ("Max", "max@shop.test")]).await;
    post.refuse(Some("451 come back later"));
    let announcement = announce(&world, &ada, "a1").await;
    let stop = format!("/api/v1/announcements/{announcement}/stop");
    ann.post(&stop, json!({})).await.refused(403, "forbidden");
    let stopped = ada.post(&stop, json!({})).await.expect(200)["announcement"].clone();
    assert!(stopped["stopped_at"].is_string(), "{stopped}");
    // One that was being handed over meanwhile is refused, and not tried again when its time comes.
    world.server.clock.set_ahead(Duration::from_secs(30));
    until(&ada, &announcement, [0, 0, 0, 2, 0]).await;
    post.refuse(None);
    let next = announce(&world, &ada, "a2").await;
    until(&ada, &next, [0, 2, 0, 0, 0]).await;
    assert_eq!(post.mails().len(), 2, "those of the next one and no other");
}

/// To see it go red: leave `email_consent` or `forget` out of `queries::erasure::contact`.
async fn s0_68_an_erased_contact_is_forgotten_in_mails_too(kind: Kind) {
    let post = MailServer::start().await;
    let mail =
        MailSettings { smtp_url: Some(post.url.clone()), from: Some("Bean <inbox@bean.test>".to_owned()) };
    let world = World::start_with(kind, |config| config.mail = mail).await;
    let ada = world.ada().await;
    let contacts =
        customers(&world, &ada, &[("Jo", "jo-unlikely@shop.test"), ("Max", "max@shop.test")]).await;
    let first = announce(&world, &ada, "a1").await;
    until(&ada, &first, [0, 2, 0, 0, 0]).await;
    let mails = post.mails();
    let link = link(mails.iter().find(|mail| mail.contains("jo-unlikely")).unwrap());
    post.refuse(Some("550 jo-unlikely@shop.test is unknown here"));
    let second = announce(&world, &ada, "a2").await;
    until(&ada, &second, [0, 0, 2, 0, 0]).await;
    says(&ada, &contacts[0], "opted_in", Some("jo-unlikely signed")).await.expect(200);
    ada.post(&format!("/api/v1/contacts/{}/erase", contacts[0]), json!({})).await.expect(200);
    let theirs = |table: &str, what: &str| {
        world
            .database
            .run(&format!("SELECT count(*) FROM {table} WHERE contact_id = {} AND {what}", contacts[0]))
    };
    let erased = || (theirs("email_consent", "1 = 1"), theirs("email_recipient", "detail IS NOT NULL"));
    assert_eq!(erased(), (0, 0));
    assert_eq!(
        theirs("email_recipient", "state = 'sent'"),
        1,
        "that there was a mail stays, so that counts do"
    );
    // The link in the mail they still have works and writes nothing about them.
    assert_eq!(Answer::of(HTTP.post(&link)).await.status, 200);
    assert_eq!(erased(), (0, 0));
    assert_eq!(counts(&ada, &first).await, [0, 2, 0, 0, 0]);
}
