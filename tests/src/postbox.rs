//! Where mails arrive: the folder a server without a mail server writes them to, and a mail server that does as it is told.

use crate::world::{World, eventually};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Mails to an address in a server's folder, oldest first, decoded as far as tests read them.
pub(crate) fn mails_in(folder: &Path, to: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder.join("mail")) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    // Named by ids, which rise.
    paths.sort();
    let texts = paths.iter().map(|path| decode(&std::fs::read_to_string(path).expect("a mail is text")));
    texts.filter(|text| text.lines().any(|line| line.starts_with("To:") && line.contains(to))).collect()
}

/// Quoted-printable, as far as it is used in plain English.
fn decode(mail: &str) -> String {
    mail.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "=")
}

/// The token in a mail's link to a page.
pub(crate) fn token(mail: &str, page: &str) -> String {
    let link = format!("/{page}#");
    let (_, rest) = mail.split_once(&link).unwrap_or_else(|| panic!("no link to {page} in {mail}"));
    let token: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    assert_eq!(token.len(), 43, "256 bits: {token}");
    token
}

impl World {
    /// Everything that was mailed to an address so far.
    pub(crate) fn mails(&self, to: &str) -> Vec<String> {
        mails_in(self.folder.path(), to)
    }

    /// The newest mail to an address, once there are so many.
    pub(crate) async fn mail(&self, to: &str, number: usize) -> String {
        eventually(&format!("mail {number} to {to}"), || async {
            let mut mails = self.mails(to);
            if mails.len() >= number { mails.pop() } else { None }
        })
        .await
    }

    /// Waits until nothing is left to be mailed: what was not mailed by then never is.
    pub(crate) async fn all_mailed(&self) {
        eventually("every mail to leave", || async {
            let waiting = self.database.run("SELECT count(*) FROM mail WHERE state = 'queued'");
            (waiting == 0).then_some(())
        })
        .await;
    }
}

/// A mail server that keeps what it accepts.
pub(crate) struct MailServer {
    pub(crate) url: String,
    state: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    /// What recipients are answered with, instead of 250.
    refusal: Option<&'static str>,
    /// Keeps mails and never says so.
    stalls: bool,
    mails: Vec<String>,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let state = Arc::<Mutex<Told>>::default();
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                // A client that goes away in the middle ends its conversation, not the server.
                tokio::spawn(async move { drop(converse(stream, &state).await) });
            }
        });
        Self { url, state }
    }

    /// How recipients are answered from here on, for example with `550 no such user`.
    pub(crate) fn refuse(&self, refusal: Option<&'static str>) {
        self.state.lock().unwrap().refusal = refusal;
    }

    /// From here on it keeps what it is given and never says so.
    pub(crate) fn stall(&self) {
        self.state.lock().unwrap().stalls = true;
    }

    pub(crate) fn mails(&self) -> Vec<String> {
        self.state.lock().unwrap().mails.iter().map(|mail| decode(mail)).collect()
    }
}

async fn converse(stream: TcpStream, state: &Mutex<Told>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 mail.test ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let refusal = state.lock().unwrap().refusal;
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => "250 mail.test".to_owned(),
            "RCPT" => refusal.unwrap_or("250 ok").to_owned(),
            "QUIT" => "221 bye".to_owned(),
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push_str("\r\n");
                }
                let stalls = {
                    let mut told = state.lock().unwrap();
                    told.mails.push(mail);
                    told.stalls
                };
                if stalls {
                    std::future::pending::<()>().await;
                }
                "250 kept".to_owned()
            }
            _ => "250 ok".to_owned(),
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
