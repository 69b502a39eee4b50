//! Files of messages on local disk: sniffed, bounded, never believed. One flat folder, named by id.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use switchboard_engine::file_name::{is_for_text, is_runnable};
use switchboard_engine::ids::{ConversationId, MediaId, UserId};
use switchboard_engine::message::{Media, MediaKind, MediaState};
use switchboard_engine::time::Timestamp;
use switchboard_engine::token;
use switchboard_schema::StoredBytes;
use tokio::io::AsyncWriteExt;

#[derive(Clone)]
pub struct Files {
    folder: Arc<Path>,
    /// Where providers that fetch by link find us.
    public_url: Arc<str>,
    key: [u8; 32],
}

/// That one user may have one file of one conversation for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    pub media: MediaId,
    pub conversation: ConversationId,
    pub user: UserId,
    /// The last second it is good for.
    pub until: i64,
}

impl Pass {
    fn claim(self) -> String {
        let Self { media, conversation, user, until } = self;
        format!("pass|{media}|{conversation}|{user}|{until}")
    }

    pub fn is_over(self, now: Timestamp) -> bool {
        now > Timestamp::from_seconds(self.until)
    }
}

/// What a file really is, by its first bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffed {
    pub kind: MediaKind,
    pub mime: String,
}

/// Types a team may send, as sniffed. Everything else that a customer sends is kept as an opaque document.
const ALLOWED: [(&str, MediaKind); 17] = [
    ("image/jpeg", MediaKind::Image),
    ("image/png", MediaKind::Image),
    ("image/gif", MediaKind::Image),
    ("image/webp", MediaKind::Image),
    ("video/mp4", MediaKind::Video),
    ("video/3gpp", MediaKind::Video),
    ("audio/mpeg", MediaKind::Audio),
    ("audio/ogg", MediaKind::Audio),
    ("audio/opus", MediaKind::Audio),
    ("audio/aac", MediaKind::Audio),
    ("audio/amr", MediaKind::Audio),
    ("audio/m4a", MediaKind::Audio),
    ("application/pdf", MediaKind::Document),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", MediaKind::Document),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", MediaKind::Document),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", MediaKind::Document),
    ("text/plain", MediaKind::Document),
];

impl Files {
    pub fn new(data_dir: &Path, public_url: &str, key: [u8; 32]) -> std::io::Result<Self> {
        let folder: PathBuf = data_dir.join("media");
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder: folder.into(), public_url: public_url.trim_end_matches('/').into(), key })
    }

    /// What the bytes are, if a team may send it; `None` for programs, pages and unknown things.
    pub fn sniff(bytes: &[u8], file_name: Option<&str>) -> Option<Sniffed> {
        if file_name.is_some_and(is_runnable) {
            return None;
        }
        let mime = match infer::get(bytes) {
            Some(known) => known.mime_type(),
            // A script is plain text, too: only its name tells.
            None if is_plain_text(bytes) && file_name.is_none_or(is_for_text) => "text/plain",
            None => return None,
        };
        let (mime, kind) = ALLOWED.iter().find(|(allowed, _)| *allowed == mime)?;
        Some(Sniffed { kind: *kind, mime: (*mime).to_owned() })
    }

    /// Stores bytes a provider gave us, whatever they are; unknown types become opaque documents.
    pub async fn store(&self, file: &Media, bytes: Vec<u8>) -> std::io::Result<(Media, StoredBytes)> {
        let sniffed = Self::sniff(&bytes, file.file_name.as_deref());
        let (kind, mime) = match sniffed {
            Some(sniffed) if file.kind == MediaKind::Sticker => (MediaKind::Sticker, sniffed.mime),
            Some(sniffed) => (sniffed.kind, sniffed.mime),
            None => (MediaKind::Document, "application/octet-stream".to_owned()),
        };
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        self.write(file.id, &bytes).await?;
        let stored = StoredBytes {
            storage_key: file.id.to_string(),
            sha256: digest(&bytes),
            size,
            mime: mime.clone(),
            kind,
        };
        Ok((Media { kind, mime, size: Some(size), state: MediaState::Ready, ..file.clone() }, stored))
    }

    /// Writes durably: an acknowledged file is on disk.
    pub async fn write(&self, id: MediaId, bytes: &[u8]) -> std::io::Result<()> {
        let path = self.path(id);
        let draft = path.with_extension("draft");
        let mut file = tokio::fs::File::create(&draft).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        tokio::fs::rename(&draft, &path).await?;
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || std::fs::File::open(&*folder)?.sync_all())
            .await
            .map_err(std::io::Error::other)?
    }

    /// The same bytes under another id, durably. A link where the disk can: stored bytes never change.
    pub async fn copy(&self, from: MediaId, to: MediaId) -> std::io::Result<()> {
        let (from, to, folder) = (self.path(from), self.path(to), self.folder.clone());
        tokio::task::spawn_blocking(move || {
            if std::fs::hard_link(&from, &to).is_err() {
                std::fs::copy(&from, &to)?;
                std::fs::File::open(&to)?.sync_all()?;
            }
            std::fs::File::open(&*folder)?.sync_all()
        })
        .await
        .map_err(std::io::Error::other)?
    }

    pub async fn read(&self, id: MediaId) -> std::io::Result<Vec<u8>> {
        tokio::fs::read(self.path(id)).await
    }

    /// Where the bytes are.
    pub fn path(&self, id: MediaId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// A link that needs no login, for providers that fetch: unguessable, for this one file.
    pub fn public_url(&self, id: MediaId) -> String {
        format!("{}/files/{id}/{}", self.public_url, token::sign(&self.key, &format!("file|{id}")))
    }

    /// Whether `proof` is the one in this file's public link.
    pub fn proves(&self, id: MediaId, proof: &str) -> bool {
        token::verify(&self.key, &format!("file|{id}"), proof)
    }

    /// The proof that goes with a pass.
    pub fn sign(&self, pass: Pass) -> String {
        token::sign(&self.key, &pass.claim())
    }

    /// Whether `proof` is the one of this very pass.
    pub fn admits(&self, pass: Pass, proof: &str) -> bool {
        token::verify(&self.key, &pass.claim(), proof)
    }
}

/// Hex SHA-256.
pub fn digest(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn is_plain_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    !text.is_empty() && !start.starts_with('<') && !start.starts_with("#!") && !text.chars().any(control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sniffed_not_believed() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(Files::sniff(png, Some("a.pdf")).map(|s| s.mime).as_deref(), Some("image/png"));
        let cases: [(&[u8], Option<&str>); 9] = [
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", Some("evil.png")),
            (b"<!doctype html><script>", None),
            (b"MZ\x90\0\x03", Some("setup.txt")),
            (b"hello", Some("run.js")),
            (b"#!/bin/sh\nrm", Some("notes.txt")),
            (b"\0\x01\x02", None),
            (b"WScript.Echo 1", Some("invoice.vbs")),
            (b"Subject: Hi", Some("mail.eml")),
            (png, Some("picture.hta")),
        ];
        for (bytes, name) in cases {
            assert_eq!(Files::sniff(bytes, name), None, "{name:?}");
        }
        assert_eq!(
            Files::sniff("Grüße".as_bytes(), Some("n.txt")).map(|s| s.mime).as_deref(),
            Some("text/plain")
        );
    }
}
