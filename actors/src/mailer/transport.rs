//! The way out: a mail server over SMTP, or a folder of `.eml` files for those who have none.

use super::MailSettings;
use super::draft::{Draft, one_line};
use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// How long a mail server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Transport {
    from: Mailbox,
    way: Way,
}

enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Files(PathBuf),
}

/// Why a mail did not leave.
pub(super) struct Failure {
    pub(super) detail: String,
    /// Another try would end the same.
    pub(super) for_good: bool,
}

/// Whether these settings can work; the error says which one cannot and why.
pub fn check(smtp_url: Option<&str>, from: Option<&str>) -> Result<(), String> {
    if let Some(from) = from {
        mailbox(from)?;
    }
    smtp_url.map_or(Ok(()), |url| smtp(url).map(drop))
}

/// Whether a mail can be addressed to this at all.
pub fn is_deliverable(address: &str) -> bool {
    address.parse::<Address>().is_ok()
}

fn mailbox(from: &str) -> Result<Mailbox, String> {
    from.parse().map_err(|_| format!("--mail-from {from:?} is not a sender"))
}

/// The URL may hold a password: no error shows it.
fn smtp(url: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("--smtp-url has no scheme".to_owned());
    };
    if !matches!(scheme, "smtp" | "smtps") {
        return Err("--smtp-url must begin with smtp:// or smtps://".to_owned());
    }
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let is_local = ["127.", "localhost", "[::1]"].iter().any(|local| host.starts_with(local));
    let url = if scheme == "smtps" || is_local || rest.contains("tls=") {
        url.to_owned()
    } else {
        // Neither a password nor a link that opens an account crosses a network in the clear.
        format!("{url}{}tls=required", if rest.contains('?') { "&" } else { "?" })
    };
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url);
    let builder = builder.map_err(|_| "--smtp-url cannot be read".to_owned())?;
    Ok(builder.timeout(Some(PATIENCE)).build())
}

impl Transport {
    pub(super) fn new(settings: &MailSettings, data_dir: &Path) -> Result<Self, String> {
        let from = settings.from.as_deref().map(mailbox).transpose()?;
        let from = match from {
            Some(from) => from,
            None => mailbox("Switchboard <switchboard@localhost>")?,
        };
        let way = match &settings.smtp_url {
            Some(url) => Way::Smtp(smtp(url)?),
            None => Way::Files(data_dir.join("mail")),
        };
        Ok(Self { from, way })
    }

    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.way {
            Way::Smtp(_) => None,
            Way::Files(folder) => Some(folder),
        }
    }

    /// Who writes.
    pub(super) fn from(&self) -> String {
        self.from.to_string()
    }

    /// Sends; what is worth knowing about it is the answer.
    pub(super) async fn send(&self, id: i64, draft: Draft<'_>) -> Result<Option<String>, Failure> {
        let message = self.envelope(id, draft).map_err(|detail| Failure { detail, for_good: true })?;
        match &self.way {
            Way::Smtp(server) => match server.send(message).await {
                Ok(_) => Ok(None),
                Err(error) => {
                    let for_good = error.is_permanent() || error.is_client();
                    Err(Failure { detail: told(&error), for_good })
                }
            },
            Way::Files(folder) => {
                let written = write(folder, id, &message.formatted()).await;
                let detail = "Written to a file: this server has no mail server.".to_owned();
                written.map(|()| Some(detail)).map_err(|error| Failure {
                    detail: format!("The mail could not be written to the data directory: {error}"),
                    for_good: false,
                })
            }
        }
    }

    fn envelope(&self, id: i64, draft: Draft<'_>) -> Result<Message, String> {
        let address: Address =
            draft.to.parse().map_err(|_| format!("{} is no address mail can be sent to.", draft.to))?;
        let name = one_line(draft.to_name);
        let host = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name).filter(|name| !name.trim().is_empty()), address))
            .subject(one_line(draft.subject))
            // The same for every attempt, so that a mail server can see a repeat.
            .message_id(Some(format!("<{id}@{host}>")));
        let message = match draft.unsubscribe {
            Some(url) => leaving(message, url),
            None => message,
        };
        message
            .multipart(MultiPart::alternative_plain_html(draft.plain, draft.html))
            .map_err(|error| format!("The mail could not be put together: {error}"))
    }
}

/// The two headers behind the "unsubscribe" of mail programs. The address is ours and stays on one line: folded, some do not find it.
fn leaving(message: MessageBuilder, url: &str) -> MessageBuilder {
    let plain: String = url.chars().filter(char::is_ascii_graphic).collect();
    let header = |name, value: String| HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value);
    message
        .raw_header(header(HeaderName::new_from_ascii_str("List-Unsubscribe"), format!("<{plain}>")))
        .raw_header(header(
            HeaderName::new_from_ascii_str("List-Unsubscribe-Post"),
            "List-Unsubscribe=One-Click".to_owned(),
        ))
}

/// An error with its causes, as a sentence.
fn told(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text.chars().take(300).collect()
}

/// Mails may hold secrets: only the owner reads them.
async fn write(folder: &Path, id: i64, bytes: &[u8]) -> std::io::Result<()> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
    let path = folder.join(format!("{id}.eml"));
    let draft = path.with_extension("draft");
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    tokio::fs::rename(&draft, &path).await
}

#[cfg(test)]
mod tests {
    use super::super::{Circular, Letter};
    use super::*;

    fn letter(to: &str, name: &str, subject: &str) -> Letter {
        Letter {
            to: to.to_owned(),
            to_name: name.to_owned(),
            subject: subject.to_owned(),
            text: "Hello Ännchen".to_owned(),
            action: ("Open".to_owned(), "https://x.test/#t".to_owned()),
            foot: String::new(),
        }
    }

    fn envelope(letter: &Letter) -> Result<String, String> {
        let message = Transport::new(&MailSettings::default(), Path::new(""))?.envelope(7, letter.draft())?;
        Ok(String::from_utf8_lossy(&message.formatted()).into_owned())
    }

    /// Red without `leaving`, or when it folds or lets anything through.
    #[test]
    fn a_circular_has_a_way_out_in_its_head() {
        let circular = Circular {
            to: "ann@x.test".to_owned(),
            to_name: String::new(),
            subject: "Hi".to_owned(),
            text: "Hello".to_owned(),
            business: "Bean & Leaf".to_owned(),
            unsubscribe: format!("https://x.test/unsubscribe/1-2-{}\r\nBcc: eve@x.test", "a".repeat(64)),
        };
        let transport = Transport::new(&MailSettings::default(), Path::new("")).ok().unwrap();
        let mail = transport.envelope(7, circular.draft()).unwrap().formatted();
        let mail = String::from_utf8_lossy(&mail).into_owned();
        let head: Vec<&str> = mail.split("\r\n\r\n").next().unwrap().split("\r\n").collect();
        let wanted =
            format!("List-Unsubscribe: <https://x.test/unsubscribe/1-2-{}Bcc:eve@x.test>", "a".repeat(64));
        assert!(head.contains(&wanted.as_str()), "{head:#?}");
        assert!(head.contains(&"List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{head:#?}");
        assert!(!envelope(&letter("ann@x.test", "Ann", "Hi")).unwrap().contains("List-"), "no list");
    }

    /// Red when `one_line` lets control characters through and the library stops encoding them.
    #[test]
    fn no_header_can_be_smuggled_in() {
        let evil = letter("ann@x.test", "Ann\r\nBcc: eve@x.test", "Hi\r\nBcc: eve@x.test\r\n\r\nbody");
        let mail = envelope(&evil).unwrap();
        let headers = mail.split("\r\n\r\n").next().unwrap();
        assert!(!headers.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{headers}");
        assert_eq!(headers.lines().filter(|line| line.starts_with("To:")).count(), 1);
        for bad in ["ann@x.test\r\nBcc: eve@x.test", "ann@x.test, eve@x.test", "<ann@x.test>", ""] {
            assert!(envelope(&letter(bad, "Ann", "Hi")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mail_has_both_parts_and_a_lasting_id() {
        let mail = envelope(&letter("ann@x.test", "Ann Lee", "Hi")).unwrap();
        assert!(mail.contains("text/plain") && mail.contains("text/html"), "{mail}");
        assert!(mail.contains("Message-ID: <7@localhost>"), "{mail}");
    }

    #[test]
    fn settings_that_cannot_work_are_named_without_their_password() {
        for good in ["smtp://u:p@mail.x.test:587", "smtps://mail.x.test", "smtp://127.0.0.1:2525"] {
            assert_eq!(check(Some(good), Some("Bean & Leaf <inbox@x.test>")), Ok(()), "{good}");
        }
        for bad in ["mail.x.test", "http://mail.x.test", "smtp://", "smtp://u:secret@mail.x.test:99999"] {
            let problem = check(Some(bad), None).unwrap_err();
            assert!(problem.contains("--smtp-url") && !problem.contains("secret"), "{problem}");
        }
        assert!(check(None, Some("nobody")).unwrap_err().contains("--mail-from"));
    }
}
