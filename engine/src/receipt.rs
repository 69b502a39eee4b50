//! Delivery status of an outbound message: a lattice that only climbs, whatever order the provider's callbacks arrive in.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where an outbound message is. Shown as: clock (`Queued`, `Sending`, `Unknown`), one tick, two ticks, two blue ticks, red triangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Durable with us, not yet handed to the provider.
    Queued,
    /// A transmission is under way.
    Sending,
    /// The provider neither accepted nor refused (time-out, crash in between): never resent blindly.
    Unknown,
    /// Accepted by the provider; for webchat: stored here.
    Sent,
    Delivered,
    Read,
    Failed,
    /// Taken back before it left.
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Unknown,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Height in the lattice. `Failed` outranks `Sent` but gives way to proof of delivery.
    fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Sent => 3,
            Self::Failed => 4,
            Self::Delivered => 5,
            Self::Read => 6,
            Self::Cancelled => 7,
        }
    }

    /// The status after hearing `news`: the higher of the two. Cancelling works only while nothing has left.
    #[must_use]
    pub fn join(self, news: Self) -> Self {
        let too_late = news == Self::Cancelled && self != Self::Queued;
        if too_late || news.rank() <= self.rank() { self } else { news }
    }
}

/// Why a message was not delivered: the provider's code and a sentence a person understands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Ours where we know it (`window_closed`, `opted_out`), else the provider's number.
    pub code: String,
    pub detail: String,
}

/// News about an outbound message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub status: Status,
    pub at: Timestamp,
    pub failure: Option<Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permutations(items: &[Status]) -> Vec<Vec<Status>> {
        if items.is_empty() {
            return vec![vec![]];
        }
        (0..items.len())
            .flat_map(|i| {
                let mut rest = items.to_vec();
                let head = rest.remove(i);
                permutations(&rest).into_iter().map(move |mut tail| {
                    tail.insert(0, head);
                    tail
                })
            })
            .collect()
    }

    #[test]
    fn every_order_of_callbacks_ends_in_the_same_tick() {
        let news = [Status::Sending, Status::Sent, Status::Delivered, Status::Read, Status::Sent];
        for order in permutations(&news) {
            assert_eq!(order.into_iter().fold(Status::Queued, Status::join), Status::Read);
        }
    }

    #[test]
    fn joining_is_idempotent_associative_and_never_falls() {
        for a in Status::ALL {
            assert_eq!(a.join(a), a);
            for b in Status::ALL {
                assert!(a.join(b).rank() >= a.rank());
            }
        }
    }

    #[test]
    fn failure_gives_way_to_proof_of_delivery_only() {
        assert_eq!(Status::Sent.join(Status::Failed), Status::Failed);
        assert_eq!(Status::Failed.join(Status::Sent), Status::Failed);
        assert_eq!(Status::Failed.join(Status::Delivered), Status::Delivered);
        assert_eq!(Status::Delivered.join(Status::Failed), Status::Delivered);
        assert_eq!(Status::Unknown.join(Status::Sent), Status::Sent);
    }

    #[test]
    fn only_a_queued_message_can_be_cancelled() {
        assert_eq!(Status::Queued.join(Status::Cancelled), Status::Cancelled);
        for late in
            [Status::Sending, Status::Unknown, Status::Sent, Status::Failed, Status::Delivered, Status::Read]
        {
            assert_eq!(late.join(Status::Cancelled), late);
        }
    }
}
