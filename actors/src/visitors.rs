//! Webchat visitors: their tokens, and what they can do in the one conversation that is theirs.

use crate::Actors;
use crate::conversation::{Done, Wish};
use crate::intake::FromVisitor;
use crate::roster::Line;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::channels::webchat;
use switchboard_engine::conversation::{Acknowledge, Conversation, Refusal};
use switchboard_engine::ids::{ChannelId, ConversationId, MediaId};
use switchboard_engine::message::{Media, MediaState};
use switchboard_engine::receipt::Status;
use switchboard_engine::token;
use switchboard_schema::Uploader;

/// A visitor of one widget, known by a token of ours. Nothing is stored before their first message.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub line: Arc<Line>,
    /// 128 random bits in hex.
    pub id: String,
}

impl Visitor {
    /// How files remember who uploaded them, before there is a contact.
    pub fn uploader(&self) -> Uploader {
        let head = self.id.get(..15).and_then(|hex| i64::from_str_radix(hex, 16).ok());
        Uploader::Visitor(head.unwrap_or_default())
    }
}

/// What a visitor wants to say.
#[derive(Clone, Debug)]
pub struct VisitorDraft {
    pub client_id: String,
    pub text: String,
    pub media_ids: Vec<MediaId>,
    pub name: Option<String>,
}

impl Actors {
    /// A new visitor of this widget.
    pub fn new_visitor(&self, line: Arc<Line>) -> Visitor {
        Visitor { line, id: format!("{:032x}", rand::random::<u128>()) }
    }

    /// The visitor a token was made for; `None` for anything else, another widget's tokens included.
    pub fn visitor_of(&self, line: Arc<Line>, token: &str) -> Option<Visitor> {
        let (id, proof) = token.split_once('.')?;
        let well_formed = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let genuine = well_formed && token::verify(&self.key, &claim(line.channel.id, id), proof);
        genuine.then(|| Visitor { line, id: id.to_owned() })
    }

    pub fn token_of(&self, visitor: &Visitor) -> String {
        let proof = token::sign(&self.key, &claim(visitor.line.channel.id, &visitor.id));
        format!("{}.{proof}", visitor.id)
    }

    /// Their latest conversation here, open or closed.
    pub async fn conversation_of(&self, visitor: &Visitor) -> Result<Option<ConversationId>, Trouble> {
        self.intake.conversation_of_visitor(&visitor.line.channel, &visitor.id).await
    }

    pub async fn visitor_writes(&self, visitor: &Visitor, draft: VisitorDraft) -> Result<Done, Trouble> {
        let media = match self.visitor_files(visitor, draft.media_ids).await {
            // A repeat: the files belong to the message that the first try made.
            Err(Trouble::Refused(_)) if self.said_before(visitor, &draft.client_id).await? => {
                return self.repeat(visitor, draft.client_id, draft.text).await;
            }
            files => files?,
        };
        let text = match webchat::content(&draft.text) {
            Ok(content) => content.text,
            Err(_) if draft.text.trim().is_empty() && !media.is_empty() => String::new(),
            Err(problem) => {
                let detail = problem.to_string();
                return Err(Refusal::Invalid { field: "text", detail }.into());
            }
        };
        if draft.client_id.is_empty() || draft.client_id.len() > 64 {
            let detail = "must have 1 to 64 characters".to_owned();
            return Err(Refusal::Invalid { field: "client_id", detail }.into());
        }
        let from = FromVisitor {
            visitor: visitor.id.clone(),
            client_id: draft.client_id,
            text,
            media,
            name: draft.name,
        };
        self.intake.receive_from_visitor(&visitor.line.channel, from, self.reopen_within()).await
    }

    /// The visitor's browser got (`Delivered`) or showed (`Read`) everything up to `upto`.
    pub async fn visitor_acknowledges(&self, conversation: ConversationId, upto: i64, status: Status) {
        let wish = Wish::Acknowledge(Acknowledge { upto, status });
        if let Err(trouble) = self.directory.ask(conversation, None, wish).await {
            tracing::debug!(%trouble, "an acknowledgement was not stored; the next one covers it");
        }
    }

    pub async fn visitor_types(&self, conversation: ConversationId) {
        if let Ok(state) = self.directory.look(conversation, None).await {
            self.presence.visitor_types(&self.core, &state);
        }
    }

    pub async fn look_as_visitor(&self, conversation: ConversationId) -> Result<Arc<Conversation>, Trouble> {
        self.directory.look(conversation, None).await
    }

    async fn said_before(&self, visitor: &Visitor, client_id: &str) -> Result<bool, Trouble> {
        let Some(conversation) = self.conversation_of(visitor).await? else { return Ok(false) };
        Ok(self.core.store.message_by_client_id(conversation, client_id.to_owned()).await?.is_some())
    }

    /// Asks again for what was stored already: the answer is the first one's.
    async fn repeat(&self, visitor: &Visitor, client_id: String, text: String) -> Result<Done, Trouble> {
        let text = webchat::content(&text).map(|content| content.text).unwrap_or_default();
        let from =
            FromVisitor { visitor: visitor.id.clone(), client_id, text, media: Vec::new(), name: None };
        self.intake.receive_from_visitor(&visitor.line.channel, from, self.reopen_within()).await
    }

    /// Files must be this visitor's own uploads and not part of a message yet.
    async fn visitor_files(&self, visitor: &Visitor, ids: Vec<MediaId>) -> Result<Vec<Media>, Trouble> {
        let mut files = Vec::with_capacity(ids.len());
        for id in ids {
            let file = self.core.store.file(id).await?;
            let own = file.filter(|file| {
                file.uploader == Some(visitor.uploader())
                    && file.message.is_none()
                    && file.media.state == MediaState::Ready
            });
            let detail = format!("file {id} is not among your uploads, or is already part of a message");
            files.push(own.ok_or(Refusal::Invalid { field: "media_ids", detail })?.media);
        }
        Ok(files)
    }
}

fn claim(channel: ChannelId, visitor: &str) -> String {
    format!("visitor|{channel}|{visitor}")
}

/// What a panel may know of its widget.
pub fn widget(line: &Line) -> serde_json::Value {
    let setting = |name, default: &str| line.setting(name).unwrap_or(default).to_owned();
    serde_json::json!({
        "key": line.channel.address,
        "title": setting("title", &line.channel.name),
        "greeting": setting("greeting", "Hello! How can we help?"),
        "colour": setting("colour", "#0f766e"),
        "position": setting("position", "right"),
        "locale": setting("locale", "en"),
    })
}
