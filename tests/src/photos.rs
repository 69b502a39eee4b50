//! The photo library of a group.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::saved_replies::PNG;
use crate::templates::CUSTOMER;
use crate::world::{Kind, World};
use serde_json::{Value, json};

both!(
    s4_18_a_photo_of_the_library_is_sent_in_an_open_window_only,
    s4_18_photos_are_kept_by_those_who_run_the_group,
    a_file_of_a_photo_and_a_reply_stays_until_both_are_gone,
);

const PHOTOS: &str = "/api/v1/groups/2/photos";

async fn uploaded(by: &Agent, name: &str, mime: &str, bytes: &[u8]) -> String {
    id(&by.upload(name, mime, bytes.to_vec()).await.expect(201)["media"])
}

async fn keep(by: &Agent, media: &str, name: &str, reference: Option<&str>) -> Answer {
    by.post(PHOTOS, json!({"media_id": media, "name": name, "reference": reference})).await
}

async fn found(by: &Agent, q: &str) -> Vec<String> {
    let answer = by.get(&format!("{PHOTOS}?q={q}")).await.expect(200);
    answer["photos"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// To see it go red: leave `keep_in_library` out of `add_photo`.
async fn s4_18_a_photo_of_the_library_is_sent_in_an_open_window_only(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let file = uploaded(&ada, "box.png", "image/png", PNG).await;
    let photo = keep(&ada, &file, "Parcel", Some("INV-7")).await.expect(201)["photo"].clone();
    assert_eq!((&photo["reference"], &photo["media"]["id"]), (&json!("INV-7"), &json!(file)));
    keep(&ada, &uploaded(&ada, "shop.png", "image/png", PNG).await, "Shop", None).await.expect(201);
    assert_eq!(found(&ann, "").await, ["Parcel", "Shop"]);
    assert_eq!(found(&ann, "inv-7").await, ["Parcel"]);
    assert_eq!(ann.get(&format!("/api/v1/media/{file}?inline=1")).await.bytes, PNG);

    let open = world.fresh(&ann).await;
    let path = format!("/api/v1/conversations/{open}/messages");
    let ask = json!({"client_id": "c1", "media_ids": [file]});
    let message = ann.post(&path, ask).await.expect(201)["message"].clone();
    assert_eq!(message["kind"], "media");
    ann.status(&open, &id(&message), "delivered").await;
    let got = &world.phone(CUSTOMER).inbox()[0];
    assert_eq!(got.media.as_ref().map(|media| media.size), Some(PNG.len()));

    world.server.clock.set_ahead(std::time::Duration::from_hours(25));
    let ann = world.ann().await;
    ann.post(&path, json!({"client_id": "c2", "media_ids": [file]})).await.refused(422, "window_closed");
    assert_eq!(world.phone(CUSTOMER).inbox().len(), 1);

    let ada = world.ada().await;
    assert_eq!(ada.delete(&format!("/api/v1/photos/{}", id(&photo))).await.status, 204);
    assert_eq!(found(&ann, "").await, ["Shop"]);
    let sent: Value = ann.messages(&open).await.pop().unwrap();
    assert_eq!(
        ann.get(&format!("/api/v1/media/{}", id(&sent["media"][0]))).await.bytes,
        PNG,
        "the message keeps its own"
    );
}

async fn s4_18_photos_are_kept_by_those_who_run_the_group(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, cat) = (world.ada().await, world.ann().await, world.cat().await);
    let own = uploaded(&ann, "box.png", "image/png", PNG).await;
    keep(&ann, &own, "Parcel", None).await.refused(403, "forbidden");
    keep(&ada, &own, "Parcel", None).await.refused(422, "validation");
    let text = uploaded(&ada, "list.txt", "text/plain", b"1 box").await;
    let refused = keep(&ada, &text, "List", None).await;
    refused.refused(422, "validation");
    assert!(refused.json()["error"]["fields"]["media_id"].is_string(), "{}", refused.text());
    let file = uploaded(&ada, "box.png", "image/png", PNG).await;
    keep(&ada, &file, " ", None).await.refused(422, "validation");
    let photo = id(&keep(&ada, &file, "Parcel", None).await.expect(201)["photo"]);
    cat.get(PHOTOS).await.refused(404, "not_found");
    cat.get(&format!("/api/v1/media/{file}")).await.refused(404, "not_found");
    ann.delete(&format!("/api/v1/photos/{photo}")).await.refused(403, "forbidden");
    assert!(matches!(cat.delete(&format!("/api/v1/photos/{photo}")).await.status, 403 | 404));
    assert_eq!(found(&ann, "").await, ["Parcel"]);
}

/// To see it go red: let `leave_library` take whatever it is told of.
async fn a_file_of_a_photo_and_a_reply_stays_until_both_are_gone(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let file = uploaded(&ada, "box.png", "image/png", PNG).await;
    let photo = id(&keep(&ada, &file, "Parcel", None).await.expect(201)["photo"]);
    let body = json!({"name": "Parcel", "body": "Here it is", "media_ids": [file]});
    let reply = id(&ada.post("/api/v1/groups/2/replies", body).await.expect(201)["reply"]);
    let kept = format!("SELECT COUNT(*) FROM media WHERE id = {file} AND uploader_kind = 'library'");
    assert_eq!(ada.delete(&format!("/api/v1/photos/{photo}")).await.status, 204);
    assert_eq!(world.database.run(&kept), 1, "the reply has it still");
    assert_eq!(ada.delete(&format!("/api/v1/replies/{reply}")).await.status, 204);
    assert_eq!(world.database.run(&kept), 0);
}
