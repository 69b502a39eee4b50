//! What fits into one message of a channel: length of text, number, types and sizes of files.

use super::{Item, Purpose};
use crate::channel::ChannelKind;
use crate::channels::whatsapp::render::caption_limit;
use crate::conversation::Refusal;
use crate::message::{Media, MediaKind};
use crate::text::is_blank;

/// Files of one message: WhatsApp's API takes one, MMS and webchat ten.
pub(super) fn most_files(kind: ChannelKind) -> usize {
    if kind == ChannelKind::Whatsapp { 1 } else { 10 }
}

/// Twilio's limit for the files of an MMS together.
const MMS: i64 = 5 << 20;

pub(super) fn check(item: &Item<'_>, kind: ChannelKind, takes_files: bool) -> Result<(), Refusal> {
    if !matches!(item.purpose, Purpose::Template { .. } | Purpose::Broadcast { template: true }) {
        text(item, kind)?;
    }
    files(item.files, kind, takes_files)
}

fn text(item: &Item<'_>, kind: ChannelKind) -> Result<(), Refusal> {
    let invalid = |field, detail: String| Err(Refusal::Invalid { field, detail });
    if is_blank(item.text) && item.files.is_empty() {
        return invalid("text", "write something or attach a file".to_owned());
    }
    let (length, max) = (item.text.chars().count(), kind.max_text());
    if length > max {
        return invalid("text", format!("is {length} characters long; this channel takes {max}"));
    }
    let file = item.files.first().filter(|_| kind == ChannelKind::Whatsapp);
    if let Some(limit) = file.map(|file| caption_limit(file.kind)).filter(|limit| length > *limit) {
        let detail = format!("with this file WhatsApp takes {limit} characters; send the text separately");
        return invalid("text", detail);
    }
    Ok(())
}

fn files(files: &[Media], kind: ChannelKind, takes_files: bool) -> Result<(), Refusal> {
    let most = most_files(kind);
    if files.len() > most {
        let detail = format!("this channel takes {most} per message");
        return Err(Refusal::Invalid { field: "media_ids", detail });
    }
    match kind {
        ChannelKind::Webchat => Ok(()),
        ChannelKind::Sms => mms(files, takes_files),
        ChannelKind::Whatsapp => files.iter().try_for_each(whatsapp),
    }
}

fn mms(files: &[Media], takes_files: bool) -> Result<(), Refusal> {
    let Some(first) = files.first() else { return Ok(()) };
    if !takes_files {
        let detail = "This SMS number sends no files. Send a link, or use another channel.";
        return Err(Refusal::MediaTypeUnsupported { detail: detail.to_owned() });
    }
    if files.iter().filter_map(|file| file.size).sum::<i64>() > MMS {
        return Err(Refusal::MediaTooLarge { kind: first.kind, max: MMS });
    }
    Ok(())
}

fn whatsapp(file: &Media) -> Result<(), Refusal> {
    let max = match file.kind {
        MediaKind::Image => 5 << 20,
        MediaKind::Video | MediaKind::Audio => 16 << 20,
        MediaKind::Document => 100 << 20,
        MediaKind::Sticker => 500 << 10,
    };
    let taken = match file.kind {
        MediaKind::Image => matches!(file.mime.as_str(), "image/jpeg" | "image/png"),
        MediaKind::Video => matches!(file.mime.as_str(), "video/mp4" | "video/3gpp"),
        MediaKind::Sticker => file.mime == "image/webp",
        MediaKind::Audio | MediaKind::Document => true,
    };
    if !taken {
        let what = file.mime.rsplit('/').next().unwrap_or_default().to_uppercase();
        let cure = match file.kind {
            MediaKind::Image => "JPEG or PNG",
            MediaKind::Video => "MP4",
            _ => "WebP",
        };
        let detail =
            format!("WhatsApp does not take {what} files as {}. Send it as {cure}.", file.kind.as_str());
        return Err(Refusal::MediaTypeUnsupported { detail });
    }
    if file.size.is_some_and(|size| size > max) {
        return Err(Refusal::MediaTooLarge { kind: file.kind, max });
    }
    Ok(())
}
