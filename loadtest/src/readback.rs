//! Reading everything back over REST: every conversation, every page of its timeline.

use crate::client::api::Api;
use crate::error::Result;
use crate::hook::TEXT;
use crate::marker::Marker;
use crate::oracle::{Conversation, Stored};
use serde::Deserialize;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use tokio::task::spawn_local;

/// Connections used for reading.
const READERS: usize = 8;

#[derive(Deserialize)]
struct List {
    conversations: Vec<Item>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    conversation: Row,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    seq: i64,
    contact: Contact,
}

#[derive(Deserialize)]
struct Contact {
    phone: Option<String>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    entries: Vec<Entry<'a>>,
    meta: More,
}

#[derive(Deserialize)]
struct More {
    more: bool,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    t: Cow<'a, str>,
    seq: i64,
    #[serde(borrow, default)]
    d: Data<'a>,
}

#[derive(Default, Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    id: String,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(default)]
    status: Option<String>,
}

/// All conversations the user may see, without their entries.
pub async fn list(api: &mut Api) -> Result<Vec<Conversation>> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let list: List = api.get(&format!("/api/v1/conversations?view=all&limit=200{after}")).await?;
        for Item { conversation: Row { id, seq, contact } } in list.conversations {
            let phone = contact.phone.unwrap_or_default();
            all.push(Conversation { id: id.parse()?, seq, phone, entries: Vec::new() });
        }
        match list.meta.next {
            Some(next) => after = format!("&after={}", escaped(&next)),
            None => return Ok(all),
        }
    }
}

/// Newest numbers of what is there now.
pub async fn numbers(api: &mut Api) -> Result<HashMap<i64, i64>> {
    Ok(list(api).await?.into_iter().map(|conversation| (conversation.id, conversation.seq)).collect())
}

/// All conversations with all their entries.
pub async fn everything(api: &mut Api) -> Result<Vec<Conversation>> {
    let queue = Rc::new(RefCell::new(list(api).await?));
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let (queue, mut api) = (queue.clone(), api.again());
            spawn_local(async move {
                let mut read = Vec::new();
                loop {
                    let next = queue.borrow_mut().pop();
                    let Some(mut conversation) = next else { return Ok::<_, crate::error::Error>(read) };
                    conversation.entries = timeline(&mut api, conversation.id).await?;
                    read.push(conversation);
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for reader in readers {
        all.extend(reader.await??);
    }
    all.sort_by_key(|conversation| conversation.id);
    Ok(all)
}

async fn timeline(api: &mut Api, id: i64) -> Result<Vec<Stored>> {
    let mut entries: Vec<Stored> = Vec::new();
    loop {
        let after = entries.last().map_or(0, |entry| entry.seq);
        let path = format!("/api/v1/conversations/{id}/timeline?after={after}&limit=200");
        let (status, body) = api.call("GET", &path, None).await?;
        if status != 200 {
            crate::error::fail!("GET {path} was answered {status} {}", String::from_utf8_lossy(&body));
        }
        let page: Page<'_> = serde_json::from_slice(&body)?;
        let before = entries.len();
        entries.extend(page.entries.into_iter().map(stored));
        if !page.meta.more || entries.len() == before {
            return Ok(entries);
        }
    }
}

fn stored(entry: Entry<'_>) -> Stored {
    let kind = if entry.t == "message.created" { 'm' } else { 'o' };
    let Some(Message { id, text, status }) = entry.d.message else {
        return Stored { seq: entry.seq, kind, message: 0, marker: None, intact: true, status: None };
    };
    let marker = Marker::read(text.as_bytes());
    let intact = marker.is_none_or(|marker| marker.text(TEXT) == text);
    Stored { seq: entry.seq, kind, message: id.parse().unwrap_or_default(), marker, intact, status }
}

/// For a query string.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::Kind;

    #[test]
    fn an_entry_as_the_api_writes_it() {
        let marker = Marker { run: 1, kind: Kind::Reply, number: 4, sender: 2, nth: 1 };
        let json = format!(
            r#"{{"entries":[{{"t":"conversation.created","conversation_id":"7","seq":1,"at":"x","d":{{"channel_id":"5"}}}},
            {{"t":"message.created","conversation_id":"7","seq":2,"at":"x","d":{{"message":{{"id":"81","text":"{}","status":"read"}}}}}}],
            "meta":{{"more":false}}}}"#,
            marker.text(TEXT)
        );
        let page: Page<'_> = serde_json::from_str(&json).unwrap();
        let entries: Vec<Stored> = page.entries.into_iter().map(stored).collect();
        let read = Some("read".to_owned());
        let message =
            Stored { seq: 2, kind: 'm', message: 81, marker: Some(marker), intact: true, status: read };
        assert_eq!(entries[1], message);
        assert_eq!((entries[0].seq, entries[0].kind, entries[0].marker), (1, 'o', None));
        assert_eq!(escaped("a/b=c"), "a%2Fb%3Dc");
    }
}
