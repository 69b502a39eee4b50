//! Files, in both directions: fetched from providers, uploaded by people, handed out only to who may see them.

use crate::answer::Answer;
use crate::groups::png;
use crate::people::id;
use crate::world::{Kind, World};
use serde_json::json;

both!(
    s2_39_a_customers_file_is_fetched_and_can_be_saved,
    s2_04_a_file_of_ours_reaches_the_customer,
    s2_04_files_that_could_hurt_are_refused,
    s2_04_a_script_is_refused_by_its_name,
    a_visitors_file_is_theirs_and_the_teams,
);

async fn s2_39_a_customers_file_is_fetched_and_can_be_saved(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut socket = ann.listen().await;
    let pdf = [b"%PDF-1.7\n".as_slice(), &vec![b'x'; 200_000], b"\n%%EOF\n"].concat();
    let phone = world.phone("+447700900123");
    phone
        .file("application/pdf", Some("../../etc/invoice \"7\".pdf"), pdf.clone(), Some("The invoice"))
        .await
        .unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let arrived =
        socket.until("the file", |f| f["t"] == "message.media" && f["d"]["media"]["state"] == "ready").await;
    assert_eq!(arrived["conversation_id"], conversation.as_str());
    let message =
        ann.message_where(&conversation, "a stored file", |m| m["media"][0]["state"] == "ready").await;
    assert_eq!((&message["text"], &message["media"][0]["kind"]), (&json!("The invoice"), &json!("document")));
    let file = ann.get(&format!("/api/v1/media/{}", id(&message["media"][0]))).await;
    assert_eq!((file.status, file.bytes.len()), (200, pdf.len()));
    assert!(file.bytes == pdf);
    let disposition = file.header("content-disposition");
    assert!(disposition.starts_with("attachment") && !disposition.contains(".."), "{disposition}");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    phone.file("image/png", None, png(), None).await.unwrap();
    let picture = ann
        .message_where(&conversation, "a picture", |m| {
            m["media"][0]["kind"] == "image" && m["media"][0]["state"] == "ready"
        })
        .await;
    let shown = ann.get(&format!("/api/v1/media/{}?inline=1", id(&picture["media"][0]))).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "image/png"));
    assert!(!shown.header("content-disposition").starts_with("attachment"));
    // By MMS, from another provider, with another proof.
    let sms = world.sms_phone("+447700900456");
    sms.file("image/png", None, png(), Some("By MMS")).await.unwrap();
    let by_sms = id(&ann.conversation_with("+447700900456").await);
    let message = ann.message_where(&by_sms, "a stored MMS", |m| m["media"][0]["state"] == "ready").await;
    assert!(ann.get(&format!("/api/v1/media/{}", id(&message["media"][0]))).await.bytes == png());
}

async fn s2_04_a_file_of_ours_reaches_the_customer(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    phone.text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let media = ann.upload("pixel.png", "image/png", png()).await.expect(201)["media"].clone();
    assert_eq!(
        (&media["kind"], &media["state"], &media["size"]),
        (&json!("image"), &json!("ready"), &json!(png().len()))
    );
    let body = json!({"client_id": "c1", "text": "Look", "media_ids": [media["id"]]});
    // Somebody else's upload is nobody else's to send.
    world.bob().await.post(&path, body.clone()).await.refused(422, "validation");
    let message = id(&ann.post(&path, body).await.expect(201)["message"]);
    ann.status(&conversation, &message, "delivered").await;
    let got = phone.inbox().pop().unwrap();
    assert_eq!((got.kind.as_ref(), &*got.body), ("image", "Look"));
    assert_eq!(got.media.unwrap().size, png().len());
    // Used once, it cannot be sent again; and a voice note has no caption.
    let again = json!({"client_id": "c2", "text": "", "media_ids": [media["id"]]});
    ann.post(&path, again).await.refused(422, "validation");
    let voice = ann.upload("note.ogg", "audio/ogg", ogg()).await.expect(201)["media"].clone();
    let body = json!({"client_id": "c3", "text": "Listen", "media_ids": [voice["id"]]});
    let refused = ann.post(&path, body).await;
    refused.refused(422, "validation");
    assert!(refused.text().contains("send the text separately"), "{}", refused.text());
}

async fn s2_04_files_that_could_hurt_are_refused(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let html = b"<!DOCTYPE html><script>alert(1)</script>".to_vec();
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#.to_vec();
    let exe = [b"MZ\x90\x00".as_slice(), &[0; 500]].concat();
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 500]].concat();
    for (name, mime, bytes) in [
        ("page.html", "text/html", html.clone()),
        ("picture.png", "image/png", html),
        ("picture.png", "image/png", svg.clone()),
        ("drawing.svg", "image/svg+xml", svg),
        ("setup.exe", "application/pdf", exe),
        ("tool", "image/jpeg", elf),
    ] {
        let answer = ann.upload(name, mime, bytes).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (415, "media_type_unsupported"),
            "{name} {mime}: {}",
            answer.text()
        );
    }
    // WhatsApp carries 5 MB; the provider is not even asked.
    let jpg = [b"\xff\xd8\xff\xe0\0\x10JFIF\0".as_slice(), &vec![0; 6 << 20]].concat();
    let large = [png(), vec![0; 5 << 20]].concat();
    for (name, mime, bytes) in [("large.jpg", "image/jpeg", jpg), ("large.png", "image/png", large)] {
        let refused = ann.upload(name, mime, bytes).await;
        refused.refused(413, "media_too_large");
        assert_eq!(refused.json()["error"]["max"], 5 << 20);
    }
    assert_eq!(world.simulator.journal_len(), 0);
    ann.upload("empty.png", "image/png", Vec::new()).await.refused(422, "validation");
    assert_eq!(world.database.run("SELECT COUNT(*) FROM media"), 0);
    let left = std::fs::read_dir(world.folder.path().join("media"))
        .map_or(0, |files| files.flatten().filter(|f| f.path().is_file()).count());
    assert_eq!(left, 0, "nothing of it is left on disk");
}

/// To see it go red: leave `is_for_text` or `is_runnable` out of `Files::sniff`.
async fn s2_04_a_script_is_refused_by_its_name(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let visitor = world.visitor(None).await;
    let script = || b"MsgBox \"Hello\"".to_vec();
    let by_visitor = |name: &str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        let url = format!("{}/widget/v1/media", world.server.url);
        Answer::of(crate::world::HTTP.post(url).bearer_auth(&visitor.token).multipart(form))
    };
    for ending in ["hta", "vbs", "VBS", "ps1", "url", "mht", "eml", "wsf", "reg", "py", "vbs .", "unheard-of"]
    {
        let name = format!("invoice.{ending}");
        ann.upload(&name, "text/plain", script()).await.refused(415, "media_type_unsupported");
        by_visitor(&name, script()).await.refused(415, "media_type_unsupported");
    }
    ann.upload("picture.hta", "image/png", png()).await.refused(415, "media_type_unsupported");
    for name in ["notes", "notes.txt", "table.csv", "read.me.md", "meeting.ics", "Minutes of 12.5"] {
        let media = ann.upload(name, "text/plain", script()).await.expect(201)["media"].clone();
        assert_eq!((&media["file_name"], &media["mime"]), (&json!(name), &json!("text/plain")));
        by_visitor(name, script()).await.expect(201);
    }
    let long = format!("{}.csv", "x".repeat(300));
    let media = ann.upload(&long, "text/plain", script()).await.expect(201)["media"].clone();
    let kept = media["file_name"].as_str().unwrap();
    assert!(kept.len() == 200 && kept.ends_with("x.csv"), "cut, with its ending: {kept}");
    // What a customer sends through a provider is kept, as something nobody opens by accident.
    world.phone("+447700900123").file("text/plain", Some("invoice.vbs"), script(), None).await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let message = ann.message_where(&conversation, "the file", |m| m["media"][0]["state"] == "ready").await;
    assert_eq!(message["media"][0]["mime"], "application/octet-stream");
}

async fn a_visitors_file_is_theirs_and_the_teams(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let (mut visitor, other) = (world.visitor(None).await, world.visitor(None).await);
    let http = &*crate::world::HTTP;
    let upload = |token: &str| {
        let part =
            reqwest::multipart::Part::bytes(png()).file_name("pixel.png").mime_str("image/png").unwrap();
        let form = reqwest::multipart::Form::new().part("file", part);
        Answer::of(
            http.post(format!("{}/widget/v1/media", world.server.url)).bearer_auth(token).multipart(form),
        )
    };
    let download = |media: &str, token: &str| {
        Answer::of(http.get(format!("{}/widget/v1/media/{media}", world.server.url)).bearer_auth(token))
    };
    upload("garbage").await.refused(401, "token_invalid");
    let media = id(&upload(&visitor.token).await.expect(201)["media"]);
    download(&media, &other.token).await.refused(404, "not_found");
    let ack = visitor
        .socket
        .ask(json!({"t": "message.send", "d": {"client_id": "v1", "text": "Look", "media_ids": [media]}}))
        .await;
    let conversation = ack["d"]["conversation_id"].as_str().unwrap_or_else(|| panic!("{ack}")).to_owned();
    assert!(download(&media, &visitor.token).await.bytes == png());
    download(&media, &other.token).await.refused(404, "not_found");
    let message =
        ann.message_where(&conversation, "the file", |m| m["media"][0]["id"] == media.as_str()).await;
    assert_eq!(message["text"], "Look");
    assert!(ann.get(&format!("/api/v1/media/{media}")).await.bytes == png());
    // And back.
    let ours = id(&ann.upload("reply.png", "image/png", png()).await.expect(201)["media"]);
    let body = json!({"client_id": "c1", "text": "Nice", "media_ids": [ours]});
    ann.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await.expect(201);
    visitor.socket.until("our file", |f| f["d"]["message"]["media"][0]["id"] == ours.as_str()).await;
    assert!(download(&ours, &visitor.token).await.bytes == png());
    download(&ours, &other.token).await.refused(404, "not_found");
}

/// The beginning of an Opus voice note.
fn ogg() -> Vec<u8> {
    let mut bytes = b"OggS\x00\x02".to_vec();
    bytes.extend([0; 20]);
    bytes.extend([1, 19]);
    bytes.extend(b"OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00");
    bytes
}
