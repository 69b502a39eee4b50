//! Templates of a channel: read from the provider page by page, on connecting, every quarter of an hour, and when somebody asks.

use super::Connection;
use super::protocol::{self, Answer, NoAnswer, Protocol};
use crate::templates::tell;
use std::fmt;
use switchboard_engine::channel::Provider;
use switchboard_engine::channels::SendOutcome;
use switchboard_engine::channels::whatsapp::{outcome, templates};
use switchboard_engine::ids::TemplateId;
use switchboard_schema::{StoreError, Synced, TemplateSync};

/// More pages than any account has templates for.
const MOST_PAGES: usize = 200;

/// Why a channel's templates could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncTrouble {
    /// Only WhatsApp has templates.
    NoTemplates,
    /// The channel's settings do not say which account its number belongs to.
    NoAccount,
    /// The provider said no, or nothing; the text is for people.
    Provider(String),
    Store(StoreError),
}

impl fmt::Display for SyncTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTemplates => f.write_str("this kind of channel has no templates"),
            Self::NoAccount => f.write_str("the channel's setting waba_id is missing"),
            Self::Provider(detail) => f.write_str(detail),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl From<StoreError> for SyncTrouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Reads the whole list and takes it over. One at a time per channel: a slow list must not overwrite a later one.
pub(super) async fn sync(connection: &Connection) -> Result<Synced, SyncTrouble> {
    let Protocol::Whatsapp(transport) = &connection.protocol else { return Err(SyncTrouble::NoTemplates) };
    let account = connection.line.setting("waba_id");
    if connection.line.channel.provider == Provider::CloudApi && account.is_none() {
        return Err(SyncTrouble::NoAccount);
    }
    let _turn = connection.templates.lock().await;
    let core = &connection.core;
    let (began, mut listed, mut after) = (core.clock.now(), Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let call = templates::list_call(transport, account.unwrap_or_default(), after.as_deref());
        let answer = protocol::make(&connection.http, call).await.map_err(no_answer)?;
        let page = templates::page(&answer.body).filter(|_| answer.status == 200);
        let mut page = page.ok_or_else(|| refused(&answer))?;
        listed.append(&mut page.templates);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if after.is_some() {
        // Half a list would mark the other half as removed.
        return Err(SyncTrouble::Provider("WhatsApp's list of templates does not end.".to_owned()));
    }
    let sync = TemplateSync {
        business_id: connection.line.channel.business_id,
        channel_id: connection.line.channel.id,
        fresh_ids: listed.iter().map(|_| TemplateId(core.ids.next())).collect(),
        listed,
        began,
        at: core.clock.now(),
    };
    let synced = core.store.sync_templates(sync).await?;
    if synced != Synced::default() {
        tell(core, &connection.roster, &connection.line, None);
    }
    Ok(synced)
}

fn no_answer(_: NoAnswer) -> SyncTrouble {
    SyncTrouble::Provider("WhatsApp could not be reached.".to_owned())
}

fn refused(answer: &Answer) -> SyncTrouble {
    let detail = match outcome::of(answer.status, answer.retry_after, &answer.body) {
        SendOutcome::Refused(failure)
        | SendOutcome::TryLater { failure, .. }
        | SendOutcome::ChannelBroken(failure)
        | SendOutcome::Unclear(failure) => failure.detail,
        SendOutcome::Accepted { .. } => "WhatsApp answered with something else than templates.".to_owned(),
    };
    SyncTrouble::Provider(detail)
}
