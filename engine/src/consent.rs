//! Consent: whether somebody may be written to on a kind of channel, who said so, and the words by which people say it themselves.

use crate::business::ConsentScope;
use crate::channel::ChannelKind;
use crate::ids::ChannelId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    #[default]
    Unknown,
    OptedIn,
    OptedOut,
}

impl ConsentState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::OptedIn => "opted_in",
            Self::OptedOut => "opted_out",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Unknown, Self::OptedIn, Self::OptedOut].into_iter().find(|state| state.as_str() == text)
    }
}

/// How we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentSource {
    /// The person wrote STOP or START.
    Keyword,
    /// The provider refused a message for it, or passed the person's choice on.
    Provider,
    /// Somebody of the team, on the person's word.
    Manual,
    Import,
    /// The person followed the link in a mail.
    Link,
}

impl ConsentSource {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Provider => "provider",
            Self::Manual => "manual",
            Self::Import => "import",
            Self::Link => "link",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Keyword, Self::Provider, Self::Manual, Self::Import, Self::Link]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

/// What it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentTopic {
    /// Every message.
    #[default]
    All,
    /// Marketing only: WhatsApp lets people stop just that.
    Marketing,
}

impl ConsentTopic {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Marketing => "marketing",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::Marketing].into_iter().find(|one| one.as_str() == text)
    }
}

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub channel_kind: ChannelKind,
    /// The number of ours it was said to; `None`: to all of the kind.
    pub channel_id: Option<ChannelId>,
    pub topic: ConsentTopic,
    pub state: ConsentState,
    pub source: ConsentSource,
    /// The word, the note, the provider's reason.
    pub evidence: Option<String>,
    pub at: Timestamp,
}

/// What is known about e-mail to somebody. It is about all mail of the business; there are no lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailConsent {
    pub state: ConsentState,
    pub source: ConsentSource,
    /// How they agreed, or which mail they answered by its link.
    pub evidence: Option<String>,
    pub at: Timestamp,
}

/// What holds for one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub all: ConsentState,
    pub marketing: ConsentState,
}

impl Standing {
    /// The newest word counts; of two at the same moment the stop. With `ConsentScope::Sender` only what was said to this line, or to all, does.
    pub fn of(said: &[Consent], kind: ChannelKind, channel: ChannelId, scope: ConsentScope) -> Self {
        let concerns = |one: &&Consent| {
            let here = one.channel_id.is_none_or(|id| id == channel);
            one.channel_kind == kind && (scope == ConsentScope::Business || here)
        };
        let newest = |topics: &[ConsentTopic]| {
            let about = said.iter().filter(concerns).filter(|one| topics.contains(&one.topic));
            about.max_by_key(|one| (one.at, one.state == ConsentState::OptedOut)).map(|one| one.state)
        };
        let all = newest(&[ConsentTopic::All]).unwrap_or_default();
        let marketing = newest(&[ConsentTopic::All, ConsentTopic::Marketing]).unwrap_or_default();
        Self { all, marketing: if all == ConsentState::OptedOut { all } else { marketing } }
    }
}

const STOP: [&str; 6] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];
const START: [&str; 3] = ["START", "YES", "UNSTOP"];

/// What a message says about consent: only when it is nothing but one of the words, in whatever case, with punctuation around it at most.
pub fn keyword(text: &str) -> Option<(ConsentState, &'static str)> {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric());
    let find = |words: &[&'static str]| words.iter().find(|one| one.eq_ignore_ascii_case(word)).copied();
    find(&STOP)
        .map(|word| (ConsentState::OptedOut, word))
        .or_else(|| find(&START).map(|word| (ConsentState::OptedIn, word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h_35_only_the_word_alone_counts() {
        let stop = [
            "STOP",
            "stop",
            " Stop.\n",
            "\"STOP!\"",
            "stopall",
            "Unsubscribe",
            "cancel",
            "END",
            "quit",
            "(stop)",
        ];
        for text in stop {
            assert_eq!(keyword(text).map(|found| found.0), Some(ConsentState::OptedOut), "{text:?}");
        }
        for text in ["START", "yes", "Yes!", "unstop"] {
            assert_eq!(keyword(text).map(|found| found.0), Some(ConsentState::OptedIn), "{text:?}");
        }
        for text in [
            "please stop by",
            "stop it",
            "STOP STOP",
            "non-stop",
            "",
            "...",
            "yes please",
            "ending",
            "don't stop",
            "st op",
        ] {
            assert_eq!(keyword(text), None, "{text:?}");
        }
    }

    fn said(
        kind: ChannelKind,
        channel: Option<i64>,
        topic: ConsentTopic,
        state: ConsentState,
        at: i64,
    ) -> Consent {
        let channel_id = channel.map(ChannelId);
        let source = ConsentSource::Keyword;
        Consent { channel_kind: kind, channel_id, topic, state, source, evidence: None, at: Timestamp(at) }
    }

    #[test]
    fn h_28_how_far_a_stop_reaches() {
        use ConsentState::{OptedIn, OptedOut, Unknown};
        use ConsentTopic::{All, Marketing};
        let sms = |channel, state, at| said(ChannelKind::Sms, channel, All, state, at);
        let marketing = |state, at| said(ChannelKind::Whatsapp, Some(7), Marketing, state, at);
        let whatsapp = |state, at| said(ChannelKind::Whatsapp, Some(7), All, state, at);
        let standing =
            |list: &[Consent], kind, channel, scope| Standing::of(list, kind, ChannelId(channel), scope);
        let all = |list: &[Consent], kind, channel, scope| standing(list, kind, channel, scope).all;
        let (business, sender) = (ConsentScope::Business, ConsentScope::Sender);
        let one = [sms(Some(1), OptedOut, 10)];
        assert_eq!(all(&one, ChannelKind::Sms, 1, business), OptedOut);
        assert_eq!(all(&one, ChannelKind::Sms, 2, business), OptedOut);
        assert_eq!(all(&one, ChannelKind::Sms, 1, sender), OptedOut);
        assert_eq!(all(&one, ChannelKind::Sms, 2, sender), Unknown);
        assert_eq!(all(&one, ChannelKind::Whatsapp, 7, business), Unknown);
        let again = [sms(Some(1), OptedOut, 10), sms(Some(2), OptedIn, 11)];
        assert_eq!(all(&again, ChannelKind::Sms, 1, business), OptedIn);
        assert_eq!(all(&again, ChannelKind::Sms, 1, sender), OptedOut);
        let by_hand = [sms(Some(1), OptedIn, 10), sms(None, OptedOut, 12)];
        assert_eq!(all(&by_hand, ChannelKind::Sms, 1, sender), OptedOut);
        // At the same moment the stop counts.
        let same = [sms(Some(1), OptedOut, 10), sms(None, OptedIn, 10)];
        assert_eq!(all(&same, ChannelKind::Sms, 1, business), OptedOut);
        // A stop of marketing leaves the rest alone; a stop of everything includes it.
        let only = [whatsapp(OptedIn, 1), marketing(OptedOut, 2)];
        assert_eq!(
            standing(&only, ChannelKind::Whatsapp, 7, business),
            Standing { all: OptedIn, marketing: OptedOut }
        );
        let both = [whatsapp(OptedOut, 1), marketing(OptedIn, 2)];
        assert_eq!(
            standing(&both, ChannelKind::Whatsapp, 7, business),
            Standing { all: OptedOut, marketing: OptedOut }
        );
    }
}
