//! The web front-end as data: every file of the agent inbox and the webchat widget, ready to be served.
//!
//! Release builds carry the files inside the binary; debug builds read `web/ui/app/dist` from disk if it is
//! there. When neither exists, [`help_page`] is what to show: it names the cure. This crate knows nothing of HTTP.

mod disk;

use std::borrow::Cow;

/// One file to serve.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Path below the root, without a leading slash: `assets/index-B1x.js`.
    pub path: &'static str,
    /// Value for `Content-Type`.
    pub content_type: &'static str,
    /// Value for `ETag`, quotes included.
    pub etag: &'static str,
    /// The bytes as they are.
    pub body: Cow<'static, [u8]>,
    /// The same bytes compressed with brotli, where that pays.
    pub brotli: Option<&'static [u8]>,
    /// Whether the name carries a hash of the content, so that it may be cached for ever.
    pub immutable: bool,
}

/// One embedded file, as `build.rs` writes it.
pub(crate) struct File {
    path: &'static str,
    etag: &'static str,
    body: &'static [u8],
    brotli: Option<&'static [u8]>,
}

mod embedded {
    use super::File;
    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

/// Finds a file by its path (`index.html`, `assets/x.js`, `widget/frame.html`).
///
/// Routes of the agent app (`/inbox/mine/72`) are not files: serve `index.html` for them.
pub fn get(path: &str) -> Option<Asset> {
    if embedded::FROM_DISK {
        return disk::get(path);
    }
    let index = embedded::FILES.binary_search_by(|file| file.path.cmp(path)).ok()?;
    let file = embedded::FILES.get(index)?;
    Some(Asset {
        path: file.path,
        content_type: content_type(file.path),
        etag: file.etag,
        body: Cow::Borrowed(file.body),
        brotli: file.brotli,
        immutable: is_immutable(file.path),
    })
}

/// The page to answer with (status 503) when the front-end is not there, or `None` when it is.
pub fn help_page() -> Option<&'static str> {
    if get("index.html").is_some() {
        return None;
    }
    Some(match embedded::NOT_BUILT {
        Some(_) => include_str!("help_release.html"),
        None => include_str!("help_debug.html"),
    })
}

/// Why the binary was built without the front-end, for the log at start.
pub fn not_built() -> Option<&'static str> {
    embedded::NOT_BUILT
}

/// Vite puts a hash into the name of everything it writes to an `assets` folder.
fn is_immutable(path: &str) -> bool {
    path.starts_with("assets/") || path.starts_with("widget/assets/")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_file_is_found() {
        assert!(embedded::FILES.is_sorted_by_key(|file| file.path));
        for file in embedded::FILES {
            let asset = get(file.path).expect("a file of the table is found");
            assert!(!asset.body.is_empty() || file.body.is_empty());
            assert!(asset.etag.starts_with('"') && asset.etag.ends_with('"'));
        }
    }

    #[test]
    fn unknown_paths_and_tricks_find_nothing() {
        for path in [
            "",
            "nope.js",
            "../Cargo.toml",
            "/etc/passwd",
            "assets/../../package.json",
            "assets",
            "assets\\..\\x",
        ] {
            assert!(get(path).is_none(), "{path}");
        }
    }

    #[test]
    fn there_is_either_an_index_or_a_help_page() {
        assert_eq!(get("index.html").is_none(), help_page().is_some());
    }

    #[test]
    fn only_hashed_files_are_immutable() {
        assert!(is_immutable("assets/index-B1x.js"));
        assert!(is_immutable("widget/assets/frame-9a.js"));
        assert!(!is_immutable("index.html"));
        assert!(!is_immutable("widget/loader.js"));
    }
}
