//! Files over HTTP: uploads streamed to disk and sniffed, downloads streamed from it. What a browser could run is only ever saved.

use crate::error::ApiError;
use crate::session::site;
use crate::site::Site;
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, ETAG,
    HeaderValue, IF_NONE_MATCH, RANGE,
};
use actix_web::{HttpRequest, HttpResponse, get, web};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use switchboard_actors::files::{Files, Sniffed};
use switchboard_engine::file_name;
use switchboard_engine::ids::{BusinessId, MediaId};
use switchboard_engine::message::{Media, MediaKind, MediaState};
use switchboard_engine::wire::MediaView;
use switchboard_schema::{FileRecord, NewUpload, Uploader};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

const MIB: u64 = 1 << 20;
/// Bytes that say what a file is.
const HEAD: usize = 64 << 10;
const CHUNK: usize = 64 << 10;
/// A browser may keep a file, but asks each time: who may have it changes, and it may be erased.
const ASK_AGAIN: &str = "private, no-cache";

/// Largest file of a kind: what WhatsApp carries, so that nothing is accepted here that cannot be delivered.
fn largest(kind: MediaKind) -> u64 {
    match kind {
        MediaKind::Image | MediaKind::Sticker => 5 * MIB,
        MediaKind::Video | MediaKind::Audio => 16 * MIB,
        MediaKind::Document => 100 * MIB,
    }
}

/// How a file is handed out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Show {
    Attachment,
    Inline,
}

/// Takes the form's `file`; answers 201 `{"media":…}` once it is on disk and in the database.
pub async fn take_upload(
    site: &Site,
    business: BusinessId,
    uploader: Uploader,
    mut form: Multipart,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        media: MediaView<'a>,
    }
    while let Some(part) = form.next().await {
        let field = part.map_err(bad_form)?;
        if field.name() != Some("file") {
            continue;
        }
        let id = MediaId(site.actors.core.ids.next());
        let upload = receive(site, id, field).await?;
        let media = upload.media.clone();
        let new = NewUpload {
            media: upload.media,
            business_id: business,
            uploader,
            sha256: upload.sha256,
            storage_key: id.to_string(),
            at: site.now(),
        };
        site.actors.core.store.create_upload(new).await?;
        return Ok(HttpResponse::Created().json(Answer { media: MediaView::of(&media) }));
    }
    Err(ApiError::invalid("file", "is missing"))
}

struct Received {
    media: Media,
    sha256: String,
}

async fn receive(site: &Site, id: MediaId, mut field: Field) -> Result<Received, ApiError> {
    let file_name = field
        .content_disposition()
        .and_then(|disposition| disposition.get_filename())
        .and_then(file_name::clean);
    let draft = Draft(site.actors.files.path(id).with_extension("upload"));
    let mut file = File::create(&draft.0).await.map_err(disk_trouble)?;
    let (mut head, mut digest, mut size) = (Vec::new(), Sha256::new(), 0_u64);
    let mut sniffed = None;
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(bad_form)?;
        size += chunk.len() as u64;
        digest.update(&chunk);
        if head.len() < HEAD {
            head.extend_from_slice(&chunk);
        } else if sniffed.is_none() {
            sniffed = Some(sniff(&head, file_name.as_deref())?);
        }
        let limit = sniffed.as_ref().map_or(100 * MIB, |sniffed: &Sniffed| largest(sniffed.kind));
        if size > limit {
            return Err(too_large(limit));
        }
        file.write_all(&chunk).await.map_err(disk_trouble)?;
    }
    if size == 0 {
        return Err(ApiError::invalid("file", "is empty"));
    }
    let sniffed = match sniffed {
        Some(sniffed) => sniffed,
        None => sniff(&head, file_name.as_deref())?,
    };
    if size > largest(sniffed.kind) {
        return Err(too_large(largest(sniffed.kind)));
    }
    file.sync_all().await.map_err(disk_trouble)?;
    draft.keep(&site.actors.files.path(id)).await.map_err(disk_trouble)?;
    let Sniffed { kind, mime } = sniffed;
    let size = i64::try_from(size).ok();
    let media = Media { id, kind, file_name, mime, size, state: MediaState::Ready, remote_reference: None };
    Ok(Received { media, sha256: hex::encode(digest.finalize()) })
}

/// A file that is not kept unless somebody says so.
struct Draft(PathBuf);

impl Draft {
    /// Puts it in its place, durably.
    async fn keep(self, place: &Path) -> std::io::Result<()> {
        tokio::fs::rename(&self.0, place).await?;
        let folder = place.parent().map(Path::to_path_buf).unwrap_or_default();
        let synced = tokio::task::spawn_blocking(move || std::fs::File::open(folder)?.sync_all()).await;
        synced.map_err(std::io::Error::other)?
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Fails when it was kept.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn sniff(head: &[u8], file_name: Option<&str>) -> Result<Sniffed, ApiError> {
    // A character cut in two at the end of the head does not make a text binary.
    let whole = match std::str::from_utf8(head) {
        Err(cut) if cut.error_len().is_none() => head.get(..cut.valid_up_to()).unwrap_or(head),
        _ => head,
    };
    Files::sniff(whole, file_name).ok_or_else(|| {
        let detail = "This type of file cannot be sent. Images, videos, audio, PDF, Office documents and plain text (named .txt, .csv and the like) can.";
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type_unsupported", detail)
    })
}

fn too_large(limit: u64) -> ApiError {
    let detail = format!("A file of this kind may have at most {} MB.", limit / MIB);
    let facts = Map::from_iter([("max".to_owned(), Value::from(limit))]);
    ApiError { facts, ..ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "media_too_large", detail) }
}

fn bad_form(error: MultipartError) -> ApiError {
    match error {
        MultipartError::Payload(problem) => crate::error::bad_body(&problem),
        other => ApiError::new(
            StatusCode::BAD_REQUEST,
            "malformed_body",
            format!("The form could not be read: {other}"),
        ),
    }
}

fn disk_trouble(error: std::io::Error) -> ApiError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return switchboard_actors::trouble::Trouble::StorageFull.into();
    }
    ApiError::internal(format!("a file could not be stored: {error}"))
}

/// Streams a stored file, or the part of it a player asked for; nothing to whoever has it already. May they have it? was asked before.
pub async fn send(
    request: &HttpRequest,
    site: &Site,
    record: &FileRecord,
    show: Show,
) -> Result<HttpResponse, ApiError> {
    let media = &record.media;
    if media.state != MediaState::Ready {
        return Err(ApiError::not_found());
    }
    let mut file = File::open(site.actors.files.path(media.id)).await.map_err(|_| ApiError::not_found())?;
    let size = file.metadata().await.map_err(ApiError::internal)?.len();
    // The bytes of an id never change.
    let tag = format!("\"{}\"", media.id);
    if has_already(request, &tag) {
        let mut kept = HttpResponse::NotModified();
        return Ok(kept.insert_header((CACHE_CONTROL, ASK_AGAIN)).insert_header((ETAG, tag)).finish());
    }
    let safe =
        matches!(media.kind, MediaKind::Image | MediaKind::Video | MediaKind::Audio | MediaKind::Sticker)
            && ["image/", "video/", "audio/"].iter().any(|family| media.mime.starts_with(family));
    let inline = show == Show::Inline && safe;
    let range = request.headers().get(RANGE).and_then(|range| part(range.to_str().ok()?, size));
    let (from, to) = range.unwrap_or((0, size));
    let mut response =
        HttpResponse::build(if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK });
    if range.is_some() {
        file.seek(SeekFrom::Start(from)).await.map_err(ApiError::internal)?;
        response.insert_header((CONTENT_RANGE, format!("bytes {from}-{}/{size}", to.saturating_sub(1))));
    }
    response
        .content_type(if safe || media.mime == "application/pdf" {
            media.mime.as_str()
        } else {
            "application/octet-stream"
        })
        .insert_header((CONTENT_DISPOSITION, disposition(inline, media)))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CACHE_CONTROL, ASK_AGAIN))
        .insert_header((ETAG, tag))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"));
    Ok(response.body(SizedStream::new(to - from, chunks(file, to - from))))
}

fn has_already(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    known.is_some_and(|known| {
        known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
    })
}

fn chunks(file: File, left: u64) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold((file, left), async |(mut file, left)| {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(read);
        Ok(Some((Bytes::from(chunk), (file, left - read as u64))))
    })
}

/// `bytes=a-b`, `bytes=a-` or `bytes=-n` as a half-open range within `size`.
fn part(range: &str, size: u64) -> Option<(u64, u64)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(last)) => (from, last.checked_add(1)?.min(size)),
        (Ok(from), Err(_)) if to.is_empty() => (from, size),
        (Err(_), Ok(count)) if from.is_empty() => (size.saturating_sub(count), size),
        _ => return None,
    };
    (from < to).then_some((from, to))
}

fn disposition(inline: bool, media: &Media) -> HeaderValue {
    use std::fmt::Write;
    let mut text = if inline { "inline" } else { "attachment" }.to_owned();
    // A provider's name for a file is a stranger's word.
    if let Some(name) = media.file_name.as_deref().and_then(file_name::clean) {
        let plain: String = name
            .chars()
            .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
            .collect();
        let _ = write!(text, "; filename=\"{plain}\"; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

/// A file by its public link, for providers that fetch. The proof is the key.
#[utoipa::path(tag = "media", params(("id" = String, Path), ("proof" = String, Path)), responses(
    (status = 200, description = "the bytes", content_type = "application/octet-stream", body = String),
    (status = 404, body = crate::api::shapes::ErrorAnswer),
))]
#[get("/files/{id}/{proof}")]
pub(crate) async fn download_by_link(
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, proof) = path.into_inner();
    let site = site(&request)?;
    let id: MediaId = id.parse().map_err(|_| ApiError::not_found())?;
    if !site.actors.files.proves(id, &proof) {
        return Err(ApiError::not_found());
    }
    let record = site.actors.core.store.file(id).await?.ok_or_else(ApiError::not_found)?;
    send(&request, &site, &record, Show::Attachment).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_within_the_file() {
        assert_eq!(part("bytes=0-99", 50), Some((0, 50)));
        assert_eq!(part("bytes=10-", 50), Some((10, 50)));
        assert_eq!(part("bytes=-5", 50), Some((45, 50)));
        for bad in ["bytes=50-", "bytes=9-3", "lines=1-2", "bytes=a-b", "bytes=-", "bytes=0-1,4-5"] {
            assert_eq!(part(bad, 50), None, "{bad}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let media = Media {
            id: MediaId(1),
            kind: MediaKind::Document,
            file_name: Some("a/Grüße \"x\";%.pdf".to_owned()),
            mime: "application/pdf".to_owned(),
            size: None,
            state: MediaState::Ready,
            remote_reference: None,
        };
        let header = disposition(false, &media);
        let wanted =
            "attachment; filename=\"Gr__e _x_;_.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%22x%22%3B%25.pdf";
        assert_eq!(header.to_str().unwrap(), wanted);
    }
}
