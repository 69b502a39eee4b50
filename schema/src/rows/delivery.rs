//! The outbox: messages waiting for their channel's connector; and who of a broadcast has theirs.

use crate::statement::statement;
use diesel::sql_types::{BigInt, Text};

statement! {
    /// A retry waits again, and keeps its count of attempts. What is under way is left alone.
    insert "outbox" Enqueue['a] {
        message_id: i64 => BigInt,
        channel_id: i64 => BigInt,
        conversation_id: i64 => BigInt,
        state: &'a str => Text,
        attempt: i64 => BigInt,
        due_at: i64 => BigInt,
        created_at: i64 => BigInt,
    } "ON CONFLICT (message_id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at, \
       created_at = excluded.created_at \
       WHERE outbox.state <> 'sending'"
}

statement! {
    with b Dequeue[] { id: i64 => BigInt }
    "DELETE FROM outbox WHERE message_id IN (SELECT id FROM b)"
}

statement! {
    /// Only who still waits for a broadcast gets it.
    update "broadcast_recipient" Reach[] {
        state: &'static str => Text,
        message_id: i64 => BigInt,
    } where {
        broadcast_id = "broadcast_id": i64 => BigInt,
        contact_id = "contact_id": i64 => BigInt,
        expected = "state": &'static str => Text
    }
}
