//! Files: fetched from the provider as soon as a message brings one (its links expire), handed to the provider before a message needs one.

use super::Connection;
use super::protocol::{self, Protocol};
use crate::conversation::Wish;
use std::time::Duration;
use switchboard_engine::channels::{HttpCall, OutgoingMedia, sms, whatsapp};
use switchboard_engine::conversation::FileArrived;
use switchboard_engine::ids::MessageId;
use switchboard_engine::message::{Media, MediaState};
use switchboard_engine::receipt::Failure;

/// Largest file taken from a provider: WhatsApp's limit for documents.
const MAX_FILE: usize = 100 << 20;
const TRIES: u32 = 4;
const REDIRECTS: usize = 3;

/// Fetches every pending file of a message; what cannot be had ends as `unavailable`, from
/// where a person may have it tried again; never as forgotten.
pub(super) async fn files_of(connection: &Connection, message_id: MessageId) {
    let message = match connection.core.store.message(message_id).await {
        Ok(Some(message)) => message,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(%error, "a message with files could not be read; they are fetched after the next start");
            return;
        }
    };
    for file in message.media.into_iter().filter(|file| file.state == MediaState::Pending) {
        let media = fetch_with_retries(connection, file).await;
        let wish = Wish::FileArrived(FileArrived { message_id, media });
        if let Err(trouble) = connection.directory.ask(message.conversation_id, None, wish).await {
            tracing::warn!(%trouble, "a fetched file could not be recorded; it is fetched again after the next start");
        }
    }
}

/// Files a crash left at the provider.
pub(super) async fn resume(connection: &Connection) {
    match connection.core.store.pending_files(10_000).await {
        Ok(files) => {
            let ours = files.into_iter().filter(|file| file.channel_id == connection.line.channel.id);
            let mut messages: Vec<MessageId> = ours.map(|file| file.message_id).collect();
            messages.dedup();
            for message in messages {
                files_of(connection, message).await;
            }
        }
        Err(error) => tracing::warn!(%error, "pending files could not be listed"),
    }
}

async fn fetch_with_retries(connection: &Connection, file: Media) -> Media {
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(Duration::from_millis(250 << (2 * (attempt - 1)))).await;
        }
        if let Some(bytes) = fetch(connection, &file).await
            && let Ok((media, stored)) = connection.files.store(&file, bytes).await
            && connection.core.store.set_file_stored(file.id, stored).await.is_ok()
        {
            return media;
        }
    }
    Media { state: MediaState::Unavailable, ..file }
}

async fn fetch(connection: &Connection, file: &Media) -> Option<Vec<u8>> {
    let reference = file.remote_reference.as_deref()?;
    let call = match &connection.protocol {
        Protocol::Whatsapp(transport) => {
            let answer = protocol::make(&connection.http, transport.media_info_call(reference)).await.ok()?;
            let info = whatsapp::outcome::media_info(&answer.body)?;
            transport.media_download_call(&info.url)?
        }
        Protocol::Twilio(account) => sms::render::media_download_call(account, reference)?,
        Protocol::Gateway(gateway) => sms::gateway::media_download_call(gateway, reference)?,
        // Its messages never have files.
        Protocol::Vonage(_) => return None,
    };
    download(connection, call).await
}

/// Follows redirects, as Twilio sends them to its storage, which must not see our credential.
async fn download(connection: &Connection, call: HttpCall) -> Option<Vec<u8>> {
    let mut request = connection.http.get(&call.url);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    let mut response = request.send().await.ok()?;
    for _ in 0..REDIRECTS {
        if !response.status().is_redirection() {
            break;
        }
        let location = response.headers().get(reqwest::header::LOCATION)?.to_str().ok()?;
        let target = response.url().join(location).ok()?;
        // A provider on the internet never sends us anywhere unencrypted.
        if target.scheme() != "https" && target.origin() != response.url().origin() {
            return None;
        }
        response = connection.http.get(target).send().await.ok()?;
    }
    let answer = protocol::read(Ok(response), MAX_FILE).await.ok()?;
    (answer.status == 200).then_some(answer.body)
}

/// Makes one of our files reachable for the provider. `Err(None)`: not now; `Err(Some)`: never.
pub(super) async fn hand_over(
    connection: &Connection,
    file: &Media,
) -> Result<OutgoingMedia, Option<Failure>> {
    let reference = match &connection.protocol {
        Protocol::Twilio(_) => connection.files.public_url(file.id),
        Protocol::Gateway(gateway) if !gateway.fields.media.is_empty() => {
            connection.files.public_url(file.id)
        }
        Protocol::Gateway(_) | Protocol::Vonage(_) => {
            return Err(Some(unusable("this SMS channel takes text only")));
        }
        Protocol::Whatsapp(transport) => {
            let bytes = connection.files.read(file.id).await.map_err(|_| None)?;
            let part = reqwest::multipart::Part::bytes(bytes)
                .file_name(file.file_name.clone().unwrap_or_else(|| "file".to_owned()))
                .mime_str(&file.mime)
                .map_err(|_| Some(unusable("its type is not valid")))?;
            let form = reqwest::multipart::Form::new()
                .text("messaging_product", "whatsapp")
                .text("type", file.mime.clone())
                .part("file", part);
            let (name, value) = transport.auth_header();
            let request =
                connection.http.post(transport.media_upload_url()).header(name, value).multipart(form);
            let answer = protocol::read(request.send().await, 1 << 20).await.map_err(|_| None)?;
            match whatsapp::outcome::uploaded_media_id(&answer.body) {
                Some(id) => id,
                None if (400..500).contains(&answer.status)
                    && answer.status != 429
                    && answer.status != 401 =>
                {
                    return Err(Some(unusable("WhatsApp did not accept the file")));
                }
                None => return Err(None),
            }
        }
    };
    Ok(OutgoingMedia { kind: file.kind, reference, file_name: file.file_name.clone() })
}

fn unusable(detail: &str) -> Failure {
    Failure { code: "media_refused".to_owned(), detail: format!("The file could not be sent: {detail}.") }
}
