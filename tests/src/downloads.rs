//! Files of a conversation, saved: by links that are good for one person and a while, and after a provider did not have them at first.

use crate::answer::Answer;
use crate::groups::png;
use crate::people::{Agent, id};
use crate::world::{HTTP, Kind, WHATSAPP_ID, World};
use serde_json::{Value, json};
use std::time::Duration;

both!(
    s2_39_a_link_is_good_for_one_person_and_ten_minutes,
    s2_39_a_link_ends_with_what_its_owner_may_see,
    s2_39_a_kept_file_is_shown_only_to_who_may_still_have_it,
    s2_39_what_could_not_be_fetched_is_fetched_again,
);

const NUMBER: &str = "+447700900123";

fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n%%EOF\n".to_vec()
}

/// A document a customer sent: its id, once it is with us.
async fn document(world: &World, by: &Agent) -> String {
    let sent = world.phone(NUMBER).file("application/pdf", Some("Größe.pdf"), pdf(), Some("Look")).await;
    assert_eq!(sent, Ok(200));
    let conversation = id(&by.conversation_with(NUMBER).await);
    let message = by.message_where(&conversation, "the file", |m| m["media"][0]["state"] == "ready").await;
    id(&message["media"][0])
}

async fn link(by: &Agent, media: &str) -> String {
    let answer = by.get(&format!("/api/v1/media/{media}/link")).await.expect(200);
    answer["url"].as_str().unwrap().to_owned()
}

/// To see it go red: leave the user out of `Pass::claim`, or let `Pass::is_over` answer `false`.
async fn s2_39_a_link_is_good_for_one_person_and_ten_minutes(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob, cat) = (world.ann().await, world.bob().await, world.cat().await);
    let media = document(&world, &ann).await;
    let url = link(&ann, &media).await;
    let file = ann.get(&url).await;
    assert_eq!((file.status, file.bytes == pdf()), (200, true), "{}", file.text());
    let disposition = file.header("content-disposition");
    assert!(
        disposition.starts_with("attachment") && disposition.contains("Gr%C3%B6%C3%9Fe.pdf"),
        "{disposition}"
    );
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    // Nobody else's: not a colleague's who may see the file, not a stranger's, and not one that was changed.
    cat.get(&url).await.refused(404, "not_found");
    bob.get(&url).await.refused(404, "not_found");
    Answer::of(HTTP.get(format!("{}{url}", ann.url))).await.refused(401, "not_signed_in");
    let until: i64 = url.split("until=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
    let longer = url.replace(&until.to_string(), &(until + 3_600).to_string());
    ann.get(&longer).await.refused(404, "not_found");
    ann.get(url.split("&proof").next().unwrap()).await.refused(404, "not_found");
    cat.get(&format!("/api/v1/media/{media}/link")).await.refused(404, "not_found");
    world.server.clock.set_ahead(Duration::from_mins(9));
    assert_eq!(ann.get(&url).await.status, 200);
    world.server.clock.set_ahead(Duration::from_secs(10 * 60 + 1));
    ann.get(&url).await.refused(403, "link_expired");
    assert_eq!(ann.get(&link(&ann, &media).await).await.status, 200, "the next one works");
}

async fn s2_39_a_link_ends_with_what_its_owner_may_see(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let media = document(&world, &ann).await;
    let url = link(&bob, &media).await;
    assert_eq!(bob.get(&url).await.status, 200);
    let without = json!({"members": [{"user_id": ada.id}, {"user_id": ann.id}], "confirm": true});
    ada.put("/api/v1/groups/2/team", without).await.expect(200);
    bob.get(&url).await.refused(404, "not_found");
    // An upload that is part of nothing yet has no link.
    let upload = id(&ann.upload("a.png", "image/png", png()).await.expect(201)["media"]);
    ann.get(&format!("/api/v1/media/{upload}/link")).await.refused(404, "not_found");
}

/// To see it go red: let browsers keep files for a day, or answer 304 before asking who it is.
async fn s2_39_a_kept_file_is_shown_only_to_who_may_still_have_it(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, cat) = (world.ann().await, world.cat().await);
    let media = document(&world, &ann).await;
    let url = link(&ann, &media).await;
    let file = ann.get(&url).await;
    assert_eq!(file.header("cache-control"), "private, no-cache", "a browser asks each time");
    let tag = file.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 2, "a strong tag: {tag}");
    let known =
        |by: &Agent, path: &str, tag: &str| Answer::of(by.request("GET", path).header("if-none-match", tag));
    let plain = format!("/api/v1/media/{media}");
    for path in [&url, &plain] {
        let kept = known(&ann, path, &tag).await;
        assert_eq!((kept.status, kept.bytes.len()), (304, 0), "{path}");
        assert_eq!((kept.header("cache-control"), kept.header("etag")), ("private, no-cache", tag.as_str()));
        assert_eq!(known(&ann, path, "\"another\"").await.bytes, pdf());
        known(&cat, path, &tag).await.refused(404, "not_found");
        let stranger = HTTP.get(format!("{}{path}", ann.url)).header("if-none-match", &tag);
        Answer::of(stranger).await.refused(401, "not_signed_in");
    }
    world.server.clock.set_ahead(Duration::from_secs(10 * 60 + 1));
    known(&ann, &url, &tag).await.refused(403, "link_expired");
}

/// To see it go red: leave `hand_on` out of `Actors::fetch_again`.
async fn s2_39_what_could_not_be_fetched_is_fetched_again(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ann, cat) = (world.ann().await, world.cat().await);
    let gone = |gone: bool| {
        world.simulator.faults().change(WHATSAPP_ID, |switches| switches.files_gone = gone).unwrap();
    };
    gone(true);
    let mut socket = ann.listen().await;
    assert_eq!(world.phone(NUMBER).file("image/png", None, png(), Some("Look")).await, Ok(200));
    let state = |wanted: &'static str| {
        move |f: &Value| f["t"] == "message.media" && f["d"]["media"]["state"] == wanted
    };
    let lost = socket.until("that it cannot be had", state("unavailable")).await;
    let media = id(&lost["d"]["media"]);
    let (file, retry) = (format!("/api/v1/media/{media}"), format!("/api/v1/media/{media}/retry"));
    ann.get(&file).await.refused(404, "not_found");
    cat.post(&retry, json!({})).await.refused(404, "not_found");
    // Still gone: it says so again.
    assert_eq!(ann.post(&retry, json!({})).await.expect(202)["media"]["state"], "pending");
    socket.until("that it is tried", state("pending")).await;
    socket.until("that it cannot be had", state("unavailable")).await;
    gone(false);
    ann.post(&retry, json!({})).await.expect(202);
    socket.until("that it is there", state("ready")).await;
    assert!(ann.get(&file).await.bytes == png());
    // A repeat does no harm, and it stays.
    assert_eq!(ann.post(&retry, json!({})).await.expect(202)["media"]["state"], "ready");
    world.restart().await;
    assert!(ann.get(&file).await.bytes == png());
}
