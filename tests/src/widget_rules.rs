//! What a widget asks before the first message, and whom it believes.

use crate::answer::Answer;
use crate::socket::Socket;
use crate::world::{HTTP, Kind, World};
use serde_json::{Value, json};
use switchboard_engine::widget::identity_proof;

both!(
    s0_18_the_snippet_brings_what_was_configured,
    s0_43_a_change_of_the_widget_is_live_at_once,
    s0_18_a_form_is_filled_in_before_the_first_message,
    h_37_a_visitor_is_whom_the_website_vouches_for,
    h_37_a_wrong_proof_leaves_a_guest,
    h_37_a_new_secret_ends_the_old_one,
);

async fn configure(world: &World, settings: Value) {
    let path = format!("/api/v1/channels/{}/widget", world.webchat);
    world.ada().await.put(&path, settings).await.expect(200);
}

/// Makes the widget's secret, as the website's owner does.
async fn secret(world: &World) -> String {
    let path = format!("/api/v1/channels/{}/widget/identity_secret", world.webchat);
    let made = world.ada().await.post(&path, json!({})).await.expect(201);
    made["identity_secret"].as_str().unwrap().to_owned()
}

/// A panel that says who its visitor is; with the frames it was answered with.
async fn claim(world: &World, start: Value) -> (Socket, Value) {
    let mut socket = world.panel().await;
    let mut d = json!({"widget_key": world.widget_key});
    d.as_object_mut().unwrap().extend(start.as_object().unwrap().clone());
    let hello = socket.ask(json!({"t": "session.start", "d": d})).await;
    assert_eq!(hello["t"], "hello", "{hello}");
    (socket, hello["d"].clone())
}

fn refusals(socket: &Socket) -> Vec<Value> {
    let errors = socket.frames.iter().filter(|frame| frame["t"] == "error");
    errors.map(|frame| frame["code"].clone()).collect()
}

async fn s0_18_the_snippet_brings_what_was_configured(kind: Kind) {
    let world = World::start(kind).await;
    let form = json!({"enabled": true, "fields": [{"name": "name", "label": "Your name", "required": true}]});
    configure(
        &world,
        json!({"title": "Bean & Leaf", "greeting": "Ask us </script>", "colour": "#112233",
        "position": "left", "locale": "de", "offline_text": "Back at nine", "prechat": form,
        "allowed_origins": ["https://shop.example"]}),
    )
    .await;
    let channels = world.ada().await.get("/api/v1/channels").await.expect(200);
    let ours =
        channels["channels"].as_array().unwrap().iter().find(|one| one["id"] == world.webchat.as_str());
    let snippet = ours.unwrap()["snippet"].as_str().unwrap().to_owned();
    let source = format!("{}/w/{}.js", world.server.url, world.widget_key);
    assert!(snippet.contains(&format!("src=\"{source}\"")) && snippet.contains("async"), "{snippet}");
    // What the snippet loads knows the settings, and a page's text cannot end the script.
    let loader = Answer::of(HTTP.get(&source)).await;
    let boot = loader.text().lines().next().unwrap_or_default().to_owned();
    if loader.status == 200 {
        assert!(boot.contains("#112233") && boot.contains("left") && !boot.contains("</script>"), "{boot}");
        assert!(loader.header("set-cookie").is_empty(), "no cookie before anybody writes");
    } else {
        // A build without the front-end has nothing to hand out, and says so.
        loader.refused(503, "not_built");
    }
    let widget = world.visitor(None).await.hello["widget"].clone();
    for (name, value) in [
        ("title", "Bean & Leaf"),
        ("greeting", "Ask us </script>"),
        ("colour", "#112233"),
        ("position", "left"),
        ("locale", "de"),
        ("offline_text", "Back at nine"),
    ] {
        assert_eq!(widget[name], value);
    }
    assert_eq!(widget["prechat"], form);
    // A page of another origin gets neither a session nor a word of this.
    let mut elsewhere =
        Socket::open(&world.server.url, "/ws/visitor", Some("https://evil.example"), None).await.unwrap();
    let start = json!({"t": "session.start", "d": {"widget_key": world.widget_key}});
    assert_eq!(elsewhere.ask(start).await["code"], "origin_not_allowed");
    assert_eq!(elsewhere.closed().await, Some(1008));
    world
        .ann()
        .await
        .put(&format!("/api/v1/channels/{}/widget", world.webchat), json!({"title": "Mine"}))
        .await
        .refused(403, "forbidden");
}

/// By an admin, or an admin of its group; pages keep the snippet they have.
async fn s0_43_a_change_of_the_widget_is_live_at_once(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob, cat) = (world.ada().await, world.ann().await, world.bob().await, world.cat().await);
    let path = format!("/api/v1/channels/{}/widget", world.webchat);
    let colour = async || world.visitor(None).await.hello["widget"]["colour"].clone();
    let first = colour().await;
    let mut open = world.visitor(None).await;
    for outsider in [&ann, &cat] {
        outsider.put(&path, json!({"colour": "#ff0000"})).await.refused(403, "forbidden");
    }
    assert_eq!(colour().await, first);
    ada.put(&path, json!({"colour": "#ff0000"})).await.expect(200);
    assert_eq!(colour().await, "#ff0000");
    let led =
        json!({"members": [{"user_id": bob.id, "role": "admin"}, {"user_id": ann.id}, {"user_id": ada.id}]});
    ada.put("/api/v1/groups/2/team", led).await.expect(200);
    bob.put(&path, json!({"colour": "#00ff00"})).await.expect(200);
    assert_eq!(colour().await, "#00ff00");
    ada.put(&path, json!({"colour": "very red"})).await.refused(422, "validation");
    open.say("A panel that was open all the time goes on").await;
}

/// To see it go red: let `prechat_of` answer what it was given, or ask whoever has written before.
async fn s0_18_a_form_is_filled_in_before_the_first_message(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let form = json!({"enabled": true, "fields": [
        {"name": "name", "label": "Your name", "required": true},
        {"name": "email", "label": "E-mail", "required": true},
        {"name": "order_no", "label": "Order"}]});
    configure(&world, json!({"prechat": form})).await;
    let mut visitor = world.visitor(None).await;
    let say = |client_id: &str, prechat: Value| json!({"t": "message.send", "d": {"client_id": client_id, "text": "Hello", "prechat": prechat}});
    let wrong = [
        json!(null),
        json!({}),
        json!({"name": "Robin"}),
        json!({"name": " ", "email": "robin@example.org"}),
        json!({"name": "Robin", "email": "robin"}),
        json!({"name": "Robin\nBcc: x", "email": "robin@example.org"}),
    ];
    for (n, answers) in wrong.into_iter().enumerate() {
        let refused = visitor.socket.ask(say(&format!("w{n}"), answers.clone())).await;
        assert_eq!(refused["code"], "validation", "{answers}: {refused}");
    }
    assert_eq!(ann.list("all").await, Vec::<Value>::new(), "nothing of it was stored");
    let answers = json!({"name": "Robin", "email": "robin@example.org", "order_no": "A-17", "admin": "yes"});
    let ack = visitor.socket.ask(say("ok", answers)).await;
    assert_eq!(ack["t"], "ack", "{ack}");
    let conversation = ack["d"]["conversation_id"].as_str().unwrap().to_owned();
    let row = ann.conversation(&conversation).await;
    assert_eq!(
        (&row["contact"]["profile_name"], &row["contact"]["kind"]),
        (&json!("Robin"), &json!("guest"))
    );
    let told = ann.messages(&conversation).await[0]["extra"]["prechat"].clone();
    assert_eq!(told, json!({"name": "Robin", "email": "robin@example.org", "order_no": "A-17"}));
    // Asked once: not again, not after a reload, and what a visitor types in later changes nobody's name.
    let second = visitor.socket.ask(say("again", json!({"name": "Somebody else"}))).await;
    assert_eq!(second["t"], "ack", "{second}");
    let mut back = world.visitor(Some(&visitor.token)).await;
    assert_eq!(back.say("After a reload").await, conversation);
    assert_eq!(ann.conversation(&conversation).await["contact"]["profile_name"], "Robin");
    // An e-mail somebody typed in proves nothing: another visitor with the same one is another person.
    let mut other = world.visitor(None).await;
    let answers = json!({"name": "Not Robin", "email": "robin@example.org"});
    let theirs = other.socket.ask(say("ok", answers)).await["d"]["conversation_id"].clone();
    assert!(theirs.is_string() && theirs != conversation.as_str());
    assert_eq!(other.socket.settle().await.iter().filter(|f| f["t"] == "error").count(), 0);
}

async fn h_37_a_visitor_is_whom_the_website_vouches_for(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let secret = secret(&world).await;
    let proof = identity_proof(&secret, "customer-7").unwrap();
    let identity = json!({"user_id": "customer-7", "name": "Robin"});
    let start = json!({"identity": identity, "hmac": proof});
    let (mut desktop, hello) = claim(&world, start.clone()).await;
    assert_eq!((&hello["identified"], refusals(&desktop)), (&json!(true), Vec::new()));
    let said = json!({"t": "message.send", "d": {"client_id": "v1", "text": "Hello"}});
    let conversation = desktop.ask(said).await["d"]["conversation_id"].as_str().unwrap().to_owned();
    assert_eq!(ann.conversation(&conversation).await["contact"]["name"], "Robin");
    // On the telephone, without any token, it is the same person with the same history.
    let (mut phone, hello) = claim(&world, start).await;
    assert_eq!(hello["conversation_id"], json!(conversation));
    assert_eq!(hello["entries"].as_array().unwrap().len(), 1);
    ann.say(&conversation, "Hi Robin").await;
    for socket in [&mut desktop, &mut phone] {
        socket.until("the answer", |f| f["d"]["message"]["text"] == "Hi Robin").await;
    }
    // The token of a vouched visitor keeps being that visitor; somebody else's proof opens somebody else.
    let (_, again) = claim(&world, json!({"token": hello["token"]})).await;
    assert_eq!((&again["identified"], &again["conversation_id"]), (&json!(true), &json!(conversation)));
    let other = json!({"identity": {"user_id": "customer-8"}, "hmac": identity_proof(&secret, "customer-8").unwrap()});
    let (_, other) = claim(&world, other).await;
    assert_eq!((&other["identified"], &other["conversation_id"]), (&json!(true), &Value::Null));
    // The secret was shown once.
    let channel = world.ada().await.get(&format!("/api/v1/channels/{}", world.webchat)).await.expect(200);
    assert!(!channel.to_string().contains(&secret));
    assert!(!world.dump().contains(&secret), "it is sealed where it is kept");
}

/// To see it go red: let `verify_identity` answer `true`, or `vouched_visitor` sign without the channel.
async fn h_37_a_wrong_proof_leaves_a_guest(kind: Kind) {
    let world = World::start(kind).await;
    let secret = secret(&world).await;
    let identity = json!({"user_id": "customer-7"});
    let good = identity_proof(&secret, "customer-7").unwrap();
    let (mut owner, _) = claim(&world, json!({"identity": identity, "hmac": good})).await;
    owner.ask(json!({"t": "message.send", "d": {"client_id": "v1", "text": "My secret"}})).await;
    let mut changed = good.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == '0' { '1' } else { '0' });
    for (what, hmac) in [
        ("none", Value::Null),
        ("an empty one", json!("")),
        ("a changed one", json!(changed)),
        ("somebody else's", json!(identity_proof(&secret, "customer-8").unwrap())),
        ("one with another secret", json!(identity_proof("guess", "customer-7").unwrap())),
    ] {
        let (mut socket, hello) = claim(&world, json!({"identity": identity, "hmac": hmac})).await;
        assert_eq!(
            (&hello["identified"], &hello["conversation_id"]),
            (&json!(false), &Value::Null),
            "{what}"
        );
        assert_eq!(refusals(&socket), [json!("identity_invalid")], "{what}");
        assert!(!hello.to_string().contains("My secret"), "{what}");
        // A guest may write like any other, and is somebody else.
        let ack = socket.ask(json!({"t": "message.send", "d": {"client_id": "g1", "text": "Hello"}})).await;
        assert_eq!(ack["t"], "ack", "{what}: {ack}");
    }
    let ann = world.ann().await;
    assert_eq!(ann.list("all").await.len(), 6, "six different people");
    // Where a widget has no secret nobody is vouched for, and nobody is told off.
    let other = json!({"kind": "webchat", "provider": "widget", "name": "Plain", "group_id": "2"});
    let other = world.ada().await.post("/api/v1/channels", other).await.expect(201)["channel"].clone();
    let start = json!({"widget_key": other["address"], "identity": identity, "hmac": good});
    let (plain, hello) = claim(&world, start).await;
    assert_eq!((&hello["identified"], refusals(&plain)), (&json!(false), Vec::new()));
    assert_eq!(hello["conversation_id"], Value::Null);
}

async fn h_37_a_new_secret_ends_the_old_one(kind: Kind) {
    let world = World::start(kind).await;
    let identity = json!({"user_id": "customer-7"});
    let old = identity_proof(&secret(&world).await, "customer-7").unwrap();
    let (_, hello) = claim(&world, json!({"identity": identity, "hmac": old})).await;
    assert_eq!(hello["identified"], true);
    let new = identity_proof(&secret(&world).await, "customer-7").unwrap();
    let (_, hello) = claim(&world, json!({"identity": identity, "hmac": old})).await;
    assert_eq!(hello["identified"], false);
    let (_, hello) = claim(&world, json!({"identity": identity, "hmac": new})).await;
    assert_eq!(hello["identified"], true);
    world
        .ann()
        .await
        .post(&format!("/api/v1/channels/{}/widget/identity_secret", world.webchat), json!({}))
        .await
        .refused(403, "forbidden");
}
