//! Every metric name, once; `describe` gives each its help text. Labels never hold ids, numbers or names.

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

pub const INBOUND: &str = "switchboard_inbound_messages_total";
pub const INBOUND_IGNORED: &str = "switchboard_inbound_ignored_total";
pub const INBOUND_REFUSED: &str = "switchboard_inbound_refused_total";
pub const RECEIPTS: &str = "switchboard_receipts_total";
pub const COMMANDS: &str = "switchboard_commands_total";
pub const REFUSALS: &str = "switchboard_refusals_total";
pub const TRANSMISSIONS: &str = "switchboard_transmissions_total";
pub const OUTBOX_DEPTH: &str = "switchboard_outbox_depth_messages";
pub const OUTBOX_OLDEST: &str = "switchboard_outbox_oldest_seconds";
pub const CONVERSATIONS: &str = "switchboard_conversation_actors_count";
pub const MAILBOXES: &str = "switchboard_mailbox_depth_messages";
pub const CONVERSATION_RESTARTS: &str = "switchboard_conversation_restarts_total";
pub const QUARANTINED: &str = "switchboard_quarantined_total";
pub const SOCKETS: &str = "switchboard_sockets_count";
pub const SOCKETS_CUT: &str = "switchboard_sockets_cut_total";
pub const RESUMES: &str = "switchboard_resumes_total";
pub const FANOUT_LOST: &str = "switchboard_fanout_lost_total";
pub const COMMIT_SECONDS: &str = "switchboard_commit_seconds";
pub const HOOKS: &str = "switchboard_hooks_total";
pub const LOGINS: &str = "switchboard_logins_total";
pub const MAILS: &str = "switchboard_mails_total";
pub const WEBHOOK_DELIVERIES: &str = "switchboard_webhook_deliveries_total";
pub const PUBLISH_LAG_SECONDS: &str = "switchboard_publish_lag_seconds";
pub const INDEX_SECONDS: &str = "switchboard_search_index_seconds";

/// Registers help texts with whatever recorder is installed.
pub fn describe() {
    describe_counter!(INBOUND, "Messages from customers stored, by channel kind");
    describe_counter!(INBOUND_IGNORED, "Events of providers acknowledged but not shown, by reason");
    describe_counter!(
        INBOUND_REFUSED,
        "Events of providers answered with 503 so that they come again, by reason"
    );
    describe_counter!(RECEIPTS, "Delivery receipts applied, by status");
    describe_counter!(COMMANDS, "Commands of users and visitors, by command");
    describe_counter!(REFUSALS, "Commands the rules refused, by code");
    describe_counter!(TRANSMISSIONS, "Sends to providers, by channel kind and outcome");
    describe_gauge!(OUTBOX_DEPTH, "Messages waiting to be sent");
    describe_gauge!(OUTBOX_OLDEST, "Age of the oldest message waiting to be sent");
    describe_gauge!(CONVERSATIONS, "Conversation actors in memory");
    describe_gauge!(MAILBOXES, "Commands that wait for a conversation, or are being decided");
    describe_counter!(CONVERSATION_RESTARTS, "Conversation actors started afresh after a panic");
    describe_counter!(QUARANTINED, "Payloads put aside after failing repeatedly");
    describe_gauge!(SOCKETS, "Open websockets, by kind");
    describe_counter!(SOCKETS_CUT, "Websockets closed because their peer did not read");
    describe_counter!(RESUMES, "Returning sockets, by how they were served: memory, database, resync");
    describe_counter!(FANOUT_LOST, "Times a worker's queue overflowed and its sockets had to resume");
    describe_histogram!(COMMIT_SECONDS, "From handing an outcome to the journal until it is durable");
    describe_counter!(HOOKS, "Provider callbacks, by provider and answer");
    describe_counter!(LOGINS, "Login attempts, by result");
    describe_counter!(MAILS, "Attempts to send a mail, by outcome: sent, again, failed");
    describe_counter!(
        WEBHOOK_DELIVERIES,
        "Attempts to deliver to webhooks, by outcome: delivered, again, failed, dropped"
    );
    describe_histogram!(PUBLISH_LAG_SECONDS, "From a commit until a worker has its frames");
    describe_histogram!(INDEX_SECONDS, "Taking some new messages and contacts up into the search index");
}

/// The labels that every dashboard asks for: a rate from zero can only be seen if zero was there.
const LABELLED: [(&str, &str, &[&str]); 10] = [
    (INBOUND, "channel", &["whatsapp", "sms", "webchat"]),
    (INBOUND_IGNORED, "reason", &["unknown_number"]),
    (INBOUND_REFUSED, "reason", &["overloaded", "storage_full"]),
    (RECEIPTS, "status", &["sent", "delivered", "read", "failed"]),
    (COMMANDS, "command", &["receive", "reply"]),
    (REFUSALS, "code", &["validation"]),
    (RESUMES, "by", &["memory", "database", "resync"]),
    (LOGINS, "result", &["ok", "failed", "limited"]),
    (MAILS, "outcome", &["sent", "again", "failed"]),
    (WEBHOOK_DELIVERIES, "outcome", &["delivered", "again", "failed", "dropped"]),
];

/// Makes every metric visible before anything has happened.
pub fn register() {
    for (name, label, values) in LABELLED {
        for value in values {
            counter!(name, label => *value).absolute(0);
        }
    }
    for channel in ["whatsapp", "sms"] {
        for outcome in ["answered", "unheard", "later", "throttled", "trouble", "provider_down"] {
            counter!(TRANSMISSIONS, "channel" => channel, "outcome" => outcome).absolute(0);
        }
        for answer in ["accepted", "bad_signature", "busy"] {
            counter!(HOOKS, "provider" => channel, "answer" => answer).absolute(0);
        }
    }
    for name in [CONVERSATION_RESTARTS, QUARANTINED, SOCKETS_CUT, FANOUT_LOST] {
        counter!(name).absolute(0);
    }
    for name in [OUTBOX_DEPTH, OUTBOX_OLDEST, CONVERSATIONS, MAILBOXES] {
        gauge!(name).set(0.0);
    }
    for kind in ["agent", "visitor"] {
        gauge!(SOCKETS, "kind" => kind).set(0.0);
    }
    for name in [COMMIT_SECONDS, PUBLISH_LAG_SECONDS, INDEX_SECONDS] {
        let _ = histogram!(name);
    }
}
