//! The shelf: every file a customer or the product handed to a provider, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;
use crate::lock::lock;
use crate::phone::handset::MessageMedia;
use crate::signature::hmac_sha256;

/// Download URLs of WhatsApp media live this long.
const URL_SECONDS: u64 = 300;

pub(crate) struct Media {
    pub(crate) id: String,
    /// The account that may read it.
    pub(crate) account: Arc<str>,
    pub(crate) mime_type: String,
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Bytes,
}

impl Media {
    fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// As inbound webhooks state it.
    pub(crate) fn sha256_base64(&self) -> String {
        STANDARD.encode(self.digest())
    }

    /// As the media endpoint states it.
    pub(crate) fn sha256_hex(&self) -> String {
        hex::encode(self.digest())
    }

    pub(crate) fn in_thread(&self) -> MessageMedia {
        MessageMedia {
            id: self.id.clone(),
            mime_type: self.mime_type.clone(),
            file_name: self.file_name.clone(),
            size: self.bytes.len(),
        }
    }

    /// `image`, `video`, `audio`, `sticker` or `document`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.mime_type.split('/').next() {
            Some("image") if self.mime_type == "image/webp" => "sticker",
            Some("image") => "image",
            Some("video") => "video",
            Some("audio") => "audio",
            _ => "document",
        }
    }

    /// WhatsApp's limit for this kind, in bytes.
    pub(crate) fn limit(&self) -> usize {
        match self.kind() {
            "image" => 5 << 20,
            "video" | "audio" => 16 << 20,
            "sticker" => 500 << 10,
            _ => 100 << 20,
        }
    }
}

/// The query of a download URL.
#[derive(Deserialize)]
pub(crate) struct Ticket {
    pub(crate) mid: String,
    ext: u64,
    hash: String,
}

pub(crate) struct Shelf {
    files: Mutex<HashMap<String, Arc<Media>>>,
    /// Signs download URLs.
    secret: [u8; 16],
}

impl Default for Shelf {
    fn default() -> Self {
        Self { files: Mutex::default(), secret: rand::random() }
    }
}

impl Shelf {
    pub(crate) fn put(&self, media: Media) -> Arc<Media> {
        let media = Arc::new(media);
        lock(&self.files).insert(media.id.clone(), Arc::clone(&media));
        media
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Media>> {
        lock(&self.files).get(id).cloned()
    }

    pub(crate) fn remove(&self, id: &str) -> bool {
        lock(&self.files).remove(id).is_some()
    }

    /// The query of a download URL that works for five minutes.
    pub(crate) fn ticket(&self, id: &str, clock: &Clock) -> String {
        let expires = clock.seconds() + URL_SECONDS;
        format!("mid={id}&ext={expires}&hash={}", self.hash(id, expires))
    }

    /// The file a download URL stands for, if the URL is genuine and not too old.
    pub(crate) fn redeem(&self, ticket: &Ticket, clock: &Clock) -> Option<Arc<Media>> {
        let genuine = clock.seconds() <= ticket.ext && self.hash(&ticket.mid, ticket.ext) == ticket.hash;
        genuine.then(|| self.get(&ticket.mid)).flatten()
    }

    fn hash(&self, id: &str, expires: u64) -> String {
        hex::encode(hmac_sha256(&self.secret, format!("{id}|{expires}").as_bytes()))
    }
}
