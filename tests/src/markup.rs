//! What people write is text and stays text: stored, sent and handed out letter by letter, never as something a browser would run.

use crate::answer::Answer;
use crate::people::id;
use crate::provider::{change, text};
use crate::tidy::read;
use crate::world::{HTTP, Kind, World, eventually};
use serde_json::{Value, json};

both!(d_13_markup_is_text_wherever_it_comes_from_and_goes);

/// The forty ways to have a script run that the browser's own test types in (`xss.spec.ts`).
fn payloads() -> Vec<String> {
    serde_json::from_str(&read("web/ui/app/e2e/xss-payloads.json")).unwrap()
}

/// An answer that no browser takes for a page.
#[track_caller]
fn is_data(answer: &Answer, kind: &str) {
    assert!(answer.header("content-type").starts_with(kind), "{}", answer.header("content-type"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
}

/// To see it go red: escape or strip anything on the way in, or leave `dress` out of `web/src/edge.rs`.
async fn d_13_markup_is_text_wherever_it_comes_from_and_goes(kind: Kind) {
    let world = World::start(kind).await;
    world.generous_provider();
    let ann = world.ann().await;
    let payloads = payloads();
    assert_eq!(payloads.len(), 40);
    let mut visitor = world.visitor(None).await;
    let mut chat = String::new();
    let name = "<img src=x onerror=alert(1)>";
    let named = |id: &str, words: &str| {
        let mut event = text("447700900123", id, words);
        event["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = name.into();
        event
    };
    world.call_back(&named("wamid.first", "Hello")).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    for (n, payload) in payloads.iter().enumerate() {
        world.call_back(&named(&format!("wamid.{n}"), payload)).await;
        chat = visitor.say(payload).await;
        ann.say(&conversation, payload).await;
        let note = json!({"client_id": format!("n{n}"), "text": payload});
        ann.post(&format!("/api/v1/conversations/{conversation}/notes"), note).await.expect(201);
        // A file's name and a button's title come from strangers, too.
        let button = json!({"type": "button", "button": {"text": payload, "payload": payload}, "from": "447700900123",
            "id": format!("wamid.button.{n}"), "timestamp": "1767607300"});
        world
            .call_back(&change(json!({"contacts": [{"wa_id": "447700900123"}], "messages": [button]})))
            .await;
    }
    let words = |entries: &[Value]| -> Vec<String> {
        entries.iter().map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let told = words(&ann.messages(&conversation).await);
    let of_visitor = words(&ann.messages(&chat).await);
    for payload in &payloads {
        // From WhatsApp, in a button, by an agent and in a note.
        assert_eq!(told.iter().filter(|said| *said == payload).count(), 4, "{payload}");
        assert_eq!(of_visitor.iter().filter(|said| *said == payload).count(), 1, "{payload}");
        eventually(&format!("the provider to get it as it is: {payload}"), || async {
            world.simulator.journal().iter().any(|sent| *sent.body == **payload).then_some(())
        })
        .await;
    }
    let row = ann.conversation(&conversation).await;
    assert_eq!(row["contact"]["profile_name"], name);
    let api = |path: String| {
        let ann = ann.clone();
        async move { ann.get(&path).await }
    };
    let base = format!("/api/v1/conversations/{conversation}");
    is_data(&api(format!("{base}/timeline")).await, "application/json");
    is_data(&api("/api/v1/search?q=onerror".to_owned()).await, "application/json");
    // What an answer quotes back of a wrong call is data as well.
    is_data(
        &api(format!("/api/v1/conversations/{}", "%3Cscript%3Ealert(1)%3C/script%3E")).await,
        "application/json",
    );
    let lost = HTTP.get(format!("{}/api/v1/%3Cscript%3E", world.server.url));
    is_data(&Answer::of(lost).await, "application/json");
    let transcript = api(format!("{base}/transcript?format=txt")).await;
    is_data(&transcript, "text/plain");
    assert!(
        transcript.header("content-disposition").starts_with("attachment"),
        "{}",
        transcript.header("content-disposition")
    );
    // The page itself runs only what is its own. (Where the front-end was not built, a page without any script says so.)
    let page = Answer::of(HTTP.get(format!("{}/", world.server.url))).await;
    let policy = page.header("content-security-policy").to_owned();
    let scripts = policy.split(';').map(str::trim).find(|part| part.starts_with("script-src"));
    assert_eq!(scripts.unwrap_or("script-src 'self'"), "script-src 'self'", "{policy}");
    assert!(policy.starts_with("default-src 'self'") || policy.starts_with("default-src 'none'"), "{policy}");
}
