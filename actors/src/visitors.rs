//! Webchat visitors: their tokens, and what they can do in the one conversation that is theirs.

use crate::Actors;
use crate::conversation::{Done, Wish};
use crate::intake::FromVisitor;
use crate::roster::Line;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::channels::webchat;
use switchboard_engine::contact::{Identity, IdentityKind, LONGEST_NAME};
use switchboard_engine::conversation::{Conversation, Refusal, check_client_id};
use switchboard_engine::ids::{ChannelId, ConversationId, MediaId};
use switchboard_engine::message::{Media, MediaState};
use switchboard_engine::receipt::Status;
use switchboard_engine::text::{is_blank, is_name, one_line};
use switchboard_engine::token;
use switchboard_engine::widget::{Answers, Prechat};
use switchboard_schema::Uploader;

/// A visitor of one widget, known by a token of ours. Nothing is stored before their first message.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub line: Arc<Line>,
    /// 128 bits in hex: random, or the same for the same user of the website.
    pub id: String,
    /// Who they are, where the website proved it.
    pub verified: Option<Identity>,
}

impl Visitor {
    /// The marks they are known by, best first.
    pub fn identities(&self) -> Vec<Identity> {
        let own = Identity::new(IdentityKind::Visitor, self.id.clone());
        self.verified.clone().into_iter().chain(own).collect()
    }

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
    /// What they filled in before their first message.
    pub prechat: Answers,
}

impl Actors {
    /// A new visitor of this widget.
    pub fn new_visitor(&self, line: Arc<Line>) -> Visitor {
        Visitor { line, id: format!("{:032x}", rand::random::<u128>()), verified: None }
    }

    /// The visitor a website vouches for, the same in every browser; `None` when the proof does not hold.
    pub fn vouched_visitor(&self, line: Arc<Line>, user_id: &str, proof: &str) -> Option<Visitor> {
        let secret = line.credential("identity_secret")?;
        if !is_name(user_id, 255) || !switchboard_engine::widget::verify_identity(secret, user_id, proof) {
            return None;
        }
        let kind = if user_id.contains('@') { IdentityKind::Email } else { IdentityKind::External };
        let verified = Identity::new(kind, user_id)?;
        // Derived, so that nobody who knows the user id can guess it.
        let id = token::sign(&self.key, &format!("vouched|{}|{}", line.channel.id, verified.value()));
        Some(Visitor { id: id.get(..32)?.to_owned(), verified: Some(verified), line })
    }

    /// The visitor a token was made for; `None` for anything else, another widget's tokens included.
    pub fn visitor_of(&self, line: Arc<Line>, token: &str) -> Option<Visitor> {
        let (id, rest) = token.split_once('.')?;
        let (verified, proof) = match rest.split_once('.') {
            Some((verified, proof)) => (Some(read_identity(verified)?), proof),
            None => (None, rest),
        };
        let well_formed = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let claim = claim(line.channel.id, id, verified.as_ref());
        let proves = |key: &[u8; 32]| token::verify(key, &claim, proof);
        let genuine = well_formed && (proves(&self.key) || self.previous_key.as_ref().is_some_and(proves));
        genuine.then(|| Visitor { line, id: id.to_owned(), verified })
    }

    pub fn token_of(&self, visitor: &Visitor) -> String {
        let claim = claim(visitor.line.channel.id, &visitor.id, visitor.verified.as_ref());
        let proof = token::sign(&self.key, &claim);
        match &visitor.verified {
            Some(verified) => format!("{}.{}.{proof}", visitor.id, hex::encode(named(verified))),
            None => format!("{}.{proof}", visitor.id),
        }
    }

    /// Their latest conversation here, open or closed.
    pub async fn conversation_of(&self, visitor: &Visitor) -> Result<Option<ConversationId>, Trouble> {
        self.intake.conversation_of_visitor(&visitor.line.channel, visitor.identities()).await
    }

    /// Takes a visitor's message. With `begins` it may be their first, before which they are asked what the widget asks.
    pub async fn visitor_writes(
        &self,
        visitor: &Visitor,
        draft: VisitorDraft,
        begins: bool,
    ) -> Result<Done, Trouble> {
        check_client_id(&draft.client_id)?;
        let mut draft = draft;
        draft.prechat = if begins { self.prechat_of(visitor, draft.prechat).await? } else { Answers::new() };
        draft.name = draft.prechat.get("name").cloned().or(draft.name);
        let media = match self.visitor_files(visitor, draft.media_ids).await {
            // A repeat: the files belong to the message that the first try made.
            Err(Trouble::Refused(_)) if self.said_before(visitor, &draft.client_id).await? => {
                return self.repeat(visitor, draft.client_id, draft.text).await;
            }
            files => files?,
        };
        let text = match webchat::content(&draft.text) {
            Ok(content) => content.text,
            Err(_) if is_blank(&draft.text) && !media.is_empty() => String::new(),
            Err(problem) => {
                let detail = problem.to_string();
                return Err(Refusal::Invalid { field: "text", detail }.into());
            }
        };
        let from = FromVisitor {
            visitor: visitor.id.clone(),
            identities: visitor.identities(),
            client_id: draft.client_id,
            text,
            media,
            name: draft.name.and_then(|name| one_line(&name, LONGEST_NAME)),
            prechat: draft.prechat,
        };
        self.intake.receive_from_visitor(&visitor.line.channel, from, self.reopen_within()).await
    }

    /// What a visitor filled in, checked; nothing for somebody who is known or has written before.
    async fn prechat_of(&self, visitor: &Visitor, given: Answers) -> Result<Answers, Trouble> {
        let form = prechat(&visitor.line);
        if !form.enabled || visitor.verified.is_some() || self.conversation_of(visitor).await?.is_some() {
            return Ok(Answers::new());
        }
        form.check(&given).map_err(|(field, problem)| {
            let detail = format!("{field} {problem}");
            Refusal::Invalid { field: "prechat", detail }.into()
        })
    }

    /// The visitor's browser got (`Delivered`) or showed (`Read`) everything of its channel up to `upto`.
    pub async fn visitor_acknowledges(
        &self,
        visitor: &Visitor,
        conversation: ConversationId,
        upto: i64,
        status: Status,
    ) {
        let wish = Wish::Acknowledge { channel_id: visitor.line.channel.id, upto, status };
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
        let from = FromVisitor {
            visitor: visitor.id.clone(),
            identities: visitor.identities(),
            client_id,
            text,
            media: Vec::new(),
            name: None,
            prechat: Answers::new(),
        };
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

fn claim(channel: ChannelId, visitor: &str, verified: Option<&Identity>) -> String {
    match verified {
        Some(verified) => format!("visitor|{channel}|{visitor}|{}", named(verified)),
        None => format!("visitor|{channel}|{visitor}"),
    }
}

fn named(identity: &Identity) -> String {
    format!("{}:{}", identity.kind().as_str(), identity.value())
}

fn read_identity(hex_text: &str) -> Option<Identity> {
    let text = String::from_utf8(hex::decode(hex_text).ok()?).ok()?;
    let (kind, value) = text.split_once(':')?;
    Identity::new(IdentityKind::parse(kind)?, value)
}

/// What visitors of this widget are asked before their first message.
pub fn prechat(line: &Line) -> Prechat {
    line.settings.get("prechat").and_then(|form| Prechat::read(form).ok()).unwrap_or_default()
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
        "offline_text": setting("offline_text", ""),
        "prechat": prechat(line),
    })
}
