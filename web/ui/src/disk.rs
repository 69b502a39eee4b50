//! Serves `web/ui/app/dist` in debug builds, so that a new `npm run build` shows without compiling Rust.
//!
//! The public type borrows for `'static`, which suits embedded files; here paths and tags are interned, once per
//! distinct file version, which a debug process can afford.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use crate::{Asset, content_type, is_immutable};

const DIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/app/dist");

pub(crate) fn get(path: &str) -> Option<Asset> {
    let relative = Path::new(path);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || !plain || path.contains('\\') {
        return None;
    }
    let file = Path::new(DIST).join(relative);
    let about = fs::metadata(&file).ok().filter(fs::Metadata::is_file)?;
    let body = fs::read(&file).ok()?;
    let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
    let path = intern(path.to_owned());
    Some(Asset {
        path,
        content_type: content_type(path),
        etag: intern(format!("\"{:x}-{changed:x}\"", body.len())),
        body: Cow::Owned(body),
        brotli: None,
        immutable: is_immutable(path),
    })
}

fn intern(text: String) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&have) = known.get(text.as_str()) {
        return have;
    }
    let kept: &'static str = Box::leak(text.into_boxed_str());
    known.insert(kept);
    kept
}
