//! Identifiers: 64-bit, time-ordered, made outside the engine; strings in JSON, because a browser's numbers end at 2^53.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom("an id is a string of digits"))
            }
        }
    )* };
}

ids! {
    /// One customer of this installation: the company whose team answers.
    BusinessId,
    /// A person of the team.
    UserId,
    /// A team inbox and its members.
    GroupId,
    /// Whoever writes to the business: a saved contact or a webchat guest.
    ContactId,
    /// One connected number or widget.
    ChannelId,
    /// A thread between the business and one contact.
    ConversationId,
    /// One bubble of a conversation.
    MessageId,
    /// One file.
    MediaId,
    /// One registered template, in one language, of one channel.
    TemplateId,
    /// One saved reply.
    ReplyId,
    /// One photo of a group's library.
    PhotoId,
    /// One text sent to many contacts.
    BroadcastId,
    /// One mail to everybody who wants mail.
    AnnouncementId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_string_in_json() {
        let json = serde_json::to_string(&MessageId(i64::MAX)).unwrap();
        assert_eq!(json, r#""9223372036854775807""#);
        assert_eq!(serde_json::from_str::<MessageId>(&json).unwrap(), MessageId(i64::MAX));
        assert!(serde_json::from_str::<MessageId>("7").is_err());
        assert!(serde_json::from_str::<MessageId>(r#""x""#).is_err());
    }
}
