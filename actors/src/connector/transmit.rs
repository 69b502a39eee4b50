//! One attempt: claim durably, send, and tell the conversation what came of it.

use super::protocol::{self, NoAnswer};
use super::{Connection, Transmit, fetch};
use crate::conversation::Wish;
use crate::trouble::Trouble;
use std::time::Duration;
use switchboard_engine::channels::{Outgoing, SendOutcome};
use switchboard_engine::ids::MessageId;
use switchboard_engine::message::{Message, MessageKind};
use switchboard_engine::receipt::{Failure, Receipt, Status};
use switchboard_engine::template::{Filled, TemplateStatus};
use switchboard_schema::StoreError;

/// How an attempt ended, as the queue must see it.
pub(super) enum Ended {
    /// Settled by somebody else: nothing was asked of the provider.
    Over,
    /// Accepted or refused.
    Answered,
    /// Unknown: the provider never said.
    Unheard,
    Later(Duration),
    /// The provider takes no more from this channel at the moment.
    Throttled(Duration),
    /// The provider could not, for reasons of its own.
    Trouble(Duration),
    /// Nobody is there, or our access is refused.
    ProviderDown,
}

impl Ended {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Answered => "answered",
            Self::Unheard => "unheard",
            Self::Later(_) => "later",
            Self::Throttled(_) => "throttled",
            Self::Trouble(_) => "trouble",
            Self::ProviderDown => "provider_down",
        }
    }
}

/// What was written this recently needs no second look at the gate.
const FRESH: Duration = Duration::from_secs(2);
/// Older than this a message is no longer worth sending.
const TOO_OLD: Duration = Duration::from_hours(24);
/// Wait before another try where the provider names none; doubles per attempt, with jitter.
const RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(5);

pub(super) async fn attempt(connection: &Connection, due: Transmit) -> Ended {
    let store = &connection.core.store;
    let message = match store.message(due.message_id).await {
        Ok(Some(message)) => message,
        Ok(None) => return Ended::Over,
        Err(_) => return Ended::Later(RETRY),
    };
    if has_waited(connection, &message) && ask_again(connection, due).await.is_err() {
        return Ended::Later(RETRY);
    }
    let attempt = match store.outbox_claim(due.message_id, connection.core.clock.now()).await {
        Ok(Some(attempt)) => attempt,
        // Somebody settled it meanwhile: cancelled, held again, or a receipt came early.
        Ok(None) => return Ended::Over,
        Err(_) => return Ended::Later(RETRY),
    };
    match is_too_old(connection, &message).await {
        Ok(false) => {}
        Ok(true) => {
            let detail = "It waited for more than 24 hours and was not sent.".to_owned();
            let ended = failed(Failure { code: "expired".to_owned(), detail });
            return settle(connection, due, ended, Ended::Over).await;
        }
        Err(_) => return release(connection, due.message_id, RETRY).await,
    }
    let outgoing = match outgoing(connection, &message, attempt).await {
        Ok(outgoing) => outgoing,
        Err(Unsendable::Failed(failure)) => {
            return settle(connection, due, failed(failure), Ended::Over).await;
        }
        Err(Unsendable::Later) => return release(connection, due.message_id, backoff(attempt)).await,
    };
    let call = connection.protocol.message(&outgoing);
    match protocol::make(&connection.http, call).await {
        Ok(answer) => conclude(connection, due, attempt, connection.protocol.outcome(&answer)).await,
        Err(NoAnswer::NotSent) => {
            release(connection, due.message_id, Duration::ZERO).await;
            Ended::ProviderDown
        }
        Err(NoAnswer::Unknown) => {
            settle(connection, due, (Status::Unknown, None, None), Ended::Unheard).await
        }
    }
}

/// Whether something may have changed since the gate was asked: a stop, the window, the hours.
fn has_waited(connection: &Connection, message: &Message) -> bool {
    let waited = connection.core.clock.now().since(message.at) > FRESH;
    waited || message.hold.is_some() || connection.core.roster.get().settings().hold_outside_hours
}

/// The conversation asks the gate; what may not leave, or not yet, is out of the outbox, or held, afterwards.
async fn ask_again(connection: &Connection, due: Transmit) -> Result<(), Trouble> {
    let wish = Wish::Reconsider { message_id: due.message_id };
    match connection.directory.ask(due.conversation_id, None, wish).await {
        Ok(_) | Err(Trouble::NotFound | Trouble::Refused(_) | Trouble::Quarantined) => Ok(()),
        Err(trouble) => Err(trouble),
    }
}

/// Counted from when it was queued to leave: what was held, or is sent again by hand, starts anew.
async fn is_too_old(connection: &Connection, message: &Message) -> Result<bool, StoreError> {
    let now = connection.core.clock.now();
    if now.since(message.at) <= TOO_OLD {
        return Ok(false);
    }
    let row = connection.core.store.outbox_row(message.id).await?;
    Ok(row.is_some_and(|row| now.since(row.queued_at) > TOO_OLD))
}

async fn conclude(connection: &Connection, due: Transmit, attempt: i64, outcome: SendOutcome) -> Ended {
    match outcome {
        SendOutcome::Accepted { provider_message_id } => {
            connection.line.pulse.sent(connection.core.clock.now());
            let news = (Status::Sent, None, Some(provider_message_id.clone()));
            let ended = settle(connection, due, news, Ended::Answered).await;
            apply_early_receipts(connection, due, &provider_message_id).await;
            ended
        }
        SendOutcome::Refused(failure) => {
            if is_about_a_template(&failure) {
                connection.core.lines.hint_templates(connection.line.channel.id);
            }
            settle(connection, due, failed(failure), Ended::Answered).await
        }
        SendOutcome::Unclear(_) => {
            settle(connection, due, (Status::Unknown, None, None), Ended::Unheard).await
        }
        SendOutcome::TryLater { after, failure } => {
            let wait =
                after.map_or_else(|| backoff(attempt), |seconds| Duration::from_secs(seconds.min(3_600)));
            release(connection, due.message_id, wait).await;
            match failure.code.as_str() {
                "rate_limited" => Ended::Throttled(wait),
                "pair_rate_limited" => Ended::Later(wait),
                _ => Ended::Trouble(wait),
            }
        }
        SendOutcome::ChannelBroken(failure) => {
            tracing::error!(channel.id = %connection.line.channel.id, code = failure.code, "the provider refuses our credentials");
            connection.line.pulse.refused(&failure);
            release(connection, due.message_id, Duration::ZERO).await;
            Ended::ProviderDown
        }
    }
}

type News = (Status, Option<Failure>, Option<String>);

fn failed(failure: Failure) -> News {
    (Status::Failed, Some(failure), None)
}

/// Tells the conversation; until that is durable the attempt is not over, so it is told again and again.
async fn settle(
    connection: &Connection,
    due: Transmit,
    (status, failure, provider_message_id): News,
    ended: Ended,
) -> Ended {
    let receipt = Receipt { status, at: connection.core.clock.now(), failure };
    let wish = Wish::Advance { message_id: due.message_id, receipt, provider_message_id };
    let mut wait = Duration::from_millis(50);
    loop {
        match connection.directory.ask(due.conversation_id, None, wish.clone()).await {
            Ok(_) | Err(Trouble::NotFound | Trouble::Quarantined | Trouble::Refused(_)) => {
                return ended;
            }
            Err(trouble) => {
                tracing::warn!(%trouble, "the outcome of a send could not be stored, trying again");
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

/// Gives the claim back: nothing reached the customer.
async fn release(connection: &Connection, message: MessageId, wait: Duration) -> Ended {
    let due_at = connection.core.clock.now().plus(wait);
    if let Err(error) = connection.core.store.outbox_release(message, due_at).await {
        tracing::warn!(%error, "a claim could not be given back; the message shows as unknown after a restart");
    }
    Ended::Later(wait)
}

fn backoff(attempt: i64) -> Duration {
    let exponent = u32::try_from(attempt.clamp(1, 10)).unwrap_or(1) - 1;
    let ceiling = RETRY.saturating_mul(1 << exponent).min(LONGEST_RETRY);
    ceiling.mul_f64(0.5 + rand::random::<f64>() / 2.0)
}

/// Receipts that arrived before we knew the provider's id of this message.
async fn apply_early_receipts(connection: &Connection, due: Transmit, provider_message_id: &str) {
    let channel = connection.line.channel.id;
    match connection.core.store.take_receipts(channel, provider_message_id.to_owned()).await {
        Ok(receipts) => {
            for receipt in receipts {
                let wish = Wish::Advance { message_id: due.message_id, receipt, provider_message_id: None };
                if let Err(trouble) = connection.directory.ask(due.conversation_id, None, wish).await {
                    tracing::warn!(%trouble, "an early receipt could not be applied");
                }
            }
        }
        Err(error) => tracing::warn!(%error, "early receipts could not be read"),
    }
}

/// Attempts that a crash cut short: the provider may have them, so they are unknown, not repeated.
pub(super) async fn settle_interrupted(connection: &Connection) {
    match connection.core.store.outbox_stale(connection.core.clock.now()).await {
        Ok(rows) => {
            for row in rows.into_iter().filter(|row| row.channel_id == connection.line.channel.id) {
                let due = Transmit { conversation_id: row.conversation_id, message_id: row.message_id };
                settle(connection, due, (Status::Unknown, None, None), Ended::Over).await;
            }
        }
        Err(error) => tracing::error!(%error, "interrupted sends could not be read"),
    }
}

/// What the provider repeats in its callbacks: our id, from the second attempt on with the attempt's number.
fn echo(message: &Message, attempt: i64) -> String {
    if attempt > 1 { format!("{}.{attempt}", message.id) } else { message.id.to_string() }
}

/// Why a message cannot be put into a request.
enum Unsendable {
    Failed(Failure),
    Later,
}

async fn outgoing(connection: &Connection, message: &Message, attempt: i64) -> Result<Outgoing, Unsendable> {
    let found = connection.core.store.conversations(vec![message.conversation_id]).await;
    let conversation = found.map_err(|_| Unsendable::Later)?.pop().ok_or(Unsendable::Later)?;
    let route = conversation.routes.iter().find(|route| route.channel_id == message.channel_id);
    let Some(route) = route else {
        let detail = "This conversation no longer has an address on that channel.".to_owned();
        return Err(Unsendable::Failed(Failure { code: "no_address".to_owned(), detail }));
    };
    let template = template_of(connection, message).await?;
    let mut media = Vec::with_capacity(message.media.len());
    for file in &message.media {
        media.push(fetch::hand_over(connection, file).await.map_err(|failure| match failure {
            Some(failure) => Unsendable::Failed(failure),
            None => Unsendable::Later,
        })?);
    }
    Ok(Outgoing {
        message_id: echo(message, attempt),
        to: route.address.clone(),
        text: message.text.clone(),
        template,
        media,
        reply_to: None,
    })
}

/// The template a message was made of. WhatsApp may have paused it since, and then every send counts against the business.
async fn template_of(connection: &Connection, message: &Message) -> Result<Option<Filled>, Unsendable> {
    if message.kind != MessageKind::Template {
        return Ok(None);
    }
    let blocked = |what: &str| {
        let detail = format!("The template {what} and was not sent.");
        Unsendable::Failed(Failure { code: "template_not_approved".to_owned(), detail })
    };
    let filled = Filled::of_message(message).ok_or_else(|| blocked("could not be read"))?;
    let template = connection.core.store.template(filled.id).await.map_err(|_| Unsendable::Later)?;
    match template.map(|template| template.status) {
        Some(TemplateStatus::Approved) => Ok(Some(filled)),
        Some(status) => Err(blocked(&format!("\"{}\" is {}", filled.name, status.as_str()))),
        None => Err(blocked("no longer exists")),
    }
}

/// WhatsApp's codes 132xxx: what we know of the template is out of date.
fn is_about_a_template(failure: &Failure) -> bool {
    failure.code.len() == 6 && failure.code.starts_with("132")
}
