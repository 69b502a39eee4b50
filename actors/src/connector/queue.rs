//! The order of sending: one message per conversation at a time, conversations in turn.

use super::Transmit;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;
use switchboard_engine::ids::{ConversationId, MessageId};

#[derive(Default)]
pub(super) struct Queue {
    lanes: HashMap<ConversationId, Lane>,
    /// Conversations with something to send and nothing in flight, in turn.
    ready: VecDeque<ConversationId>,
    known: HashSet<MessageId>,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<MessageId>,
    in_flight: Option<MessageId>,
    not_before: Option<Instant>,
}

impl Queue {
    /// Adds a message unless it is known already; false then. Ids are in time order, and a sweep may find an older one late.
    pub(super) fn add(&mut self, due: Transmit, not_before: Option<Instant>) -> bool {
        if !self.known.insert(due.message_id) {
            return false;
        }
        let lane = self.lanes.entry(due.conversation_id).or_default();
        let idle = lane.waiting.is_empty() && lane.in_flight.is_none();
        let at = lane.waiting.partition_point(|&waiting| waiting < due.message_id);
        lane.waiting.insert(at, due.message_id);
        if at == 0 && lane.in_flight.is_none() {
            lane.not_before = not_before;
        }
        if idle {
            self.ready.push_back(due.conversation_id);
        }
        true
    }

    /// Nothing waits for its turn.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty()
    }

    /// The next message that may leave at `now`.
    pub(super) fn take(&mut self, now: Instant) -> Option<Transmit> {
        for _ in 0..self.ready.len() {
            let conversation_id = self.ready.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&conversation_id) else { continue };
            if lane.not_before.is_some_and(|at| now < at) {
                self.ready.push_back(conversation_id);
                continue;
            }
            let Some(message_id) = lane.waiting.pop_front() else { continue };
            lane.in_flight = Some(message_id);
            lane.not_before = None;
            return Some(Transmit { conversation_id, message_id });
        }
        None
    }

    /// The conversation's attempt is over, whatever came of it.
    pub(super) fn done(&mut self, conversation_id: ConversationId) {
        let Some(lane) = self.lanes.get_mut(&conversation_id) else { return };
        if let Some(sent) = lane.in_flight.take() {
            self.known.remove(&sent);
        }
        if lane.waiting.is_empty() {
            self.lanes.remove(&conversation_id);
        } else {
            self.ready.push_back(conversation_id);
        }
    }

    /// Puts an attempt back in front of its conversation, not to be tried before `at`.
    pub(super) fn back(&mut self, sent: Transmit, at: Instant) {
        let lane = self.lanes.entry(sent.conversation_id).or_default();
        lane.in_flight = None;
        lane.not_before = Some(at);
        lane.waiting.push_front(sent.message_id);
        self.ready.push_back(sent.conversation_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn due(conversation: i64, message: i64) -> Transmit {
        Transmit { conversation_id: ConversationId(conversation), message_id: MessageId(message) }
    }

    fn taken(queue: &mut Queue, now: Instant) -> Option<(i64, i64)> {
        queue.take(now).map(|t| (t.conversation_id.0, t.message_id.0))
    }

    #[test]
    fn a_conversation_has_one_in_flight_and_keeps_its_order() {
        let now = Instant::now();
        let mut queue = Queue::default();
        for next in [due(1, 11), due(1, 10), due(2, 20), due(1, 11)] {
            queue.add(next, None);
        }
        assert_eq!(taken(&mut queue, now), Some((1, 10)));
        assert_eq!(taken(&mut queue, now), Some((2, 20)));
        assert_eq!(taken(&mut queue, now), None);
        queue.done(ConversationId(1));
        assert_eq!(taken(&mut queue, now), Some((1, 11)));
        queue.done(ConversationId(1));
        queue.done(ConversationId(2));
        assert_eq!(taken(&mut queue, now), None);
    }

    #[test]
    fn a_message_that_must_wait_holds_its_conversation_but_no_other() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.add(due(1, 10), None);
        queue.add(due(1, 11), None);
        let first = queue.take(now).unwrap();
        queue.back(first, now + Duration::from_secs(5));
        queue.add(due(2, 20), None);
        assert_eq!(taken(&mut queue, now), Some((2, 20)));
        assert_eq!(taken(&mut queue, now), None);
        assert_eq!(taken(&mut queue, now + Duration::from_secs(5)), Some((1, 10)));
    }

    #[test]
    fn what_waits_for_its_next_attempt_is_not_overtaken_after_a_restart() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.add(due(1, 10), Some(now + Duration::from_secs(5)));
        queue.add(due(1, 11), Some(now));
        assert_eq!(taken(&mut queue, now), None);
        assert_eq!(taken(&mut queue, now + Duration::from_secs(6)), Some((1, 10)));
    }
}
