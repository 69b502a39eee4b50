//! A database as it looks after years: conversations with their contacts and messages, written straight into the tables in bulk.
//!
//! The server is down meanwhile; at its next start it counts its lists and makes its search index. Rows travel as JSON, thousands at a time,
//! taken apart by the database itself: the same statements on SQLite and PostgreSQL, but for the function that lists an array.

mod words;

use crate::error::{Context, Result, fail};
use crate::stage::Database;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::path::Path;

pub use words::{NAMES, Words, full_name};

/// How much to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub conversations: i64,
    pub messages: i64,
}

/// Ids of seeded rows begin here: above what the demo uses, below what the server gives.
const FIRST: i64 = 1_000_000;
/// Conversations per statement.
const BATCH: i64 = 1_000;
/// The demo's business, its first group, its Cloud API line, its users.
const BUSINESS: i64 = 1;
const GROUPS: [i64; 3] = [1, FIRST + 1, FIRST + 2];
const USERS: [i64; 3] = [1, 2, 3];
/// The years the messages are spread over, in microseconds.
const SPAN: i64 = 2 * 365 * 86_400 * 1_000_000;

/// One conversation in so many has a list of its own of who may see it.
const RESTRICTED: i64 = 100;

/// Groups of their own besides the demo's: Ann is a member of the first, nobody but admins sees the second.
const SET_UP: [&str; 2] = [
    "INSERT INTO team_group (id, business_id, name, position, status, created_at, updated_at) \
     VALUES (1000001, 1, 'Returns', 1, 'active', 0, 0), (1000002, 1, 'Wholesale', 2, 'active', 0, 0)",
    "INSERT INTO group_member (group_id, user_id, role, created_at) VALUES (1000001, 2, 'agent', 0)",
];

/// Table and columns, each with its type: what a row of JSON becomes.
const TABLES: [(&str, &str); 8] = [
    (
        "contact",
        "id:n business_id:n kind:t display_name:t name_is_placeholder:b profile_name:t phone:t email:t status:t created_at:n updated_at:n",
    ),
    ("identity", "business_id:n kind:t value:t owner_kind:t owner_id:n created_at:n"),
    (
        "conversation",
        "id:n business_id:n group_id:n contact_id:n number:n status:t owner_user_id:n last_seq:n version:n ai_epoch:n inbound_count:n \
         last_inbound_seq:n route_inbound_at:n last_message_id:n last_preview:t last_direction:t last_kind:t last_message_at:n waiting_since:n \
         last_activity_at:n created_at:n restricted:b",
    ),
    ("conversation_visibility", "conversation_id:n user_id:n"),
    ("conversation_assignee", "conversation_id:n user_id:n position:n is_owner:b is_open:b"),
    ("conversation_route", "conversation_id:n channel_id:n address:t position:n last_inbound_at:n"),
    (
        "message",
        "id:n conversation_id:n seq:n channel_id:n direction:t kind:t sender_kind:t sender_id:n sender_name:t body:t \
         provider_message_id:t status:t at:n",
    ),
    ("event", "position:n conversation_id:n seq:n kind:t at:n message_id:n data:t"),
];

/// Fills a database the demo has set up. Answers how many messages it made.
pub async fn fill(database: &Database, size: Size, seed: u64) -> Result<i64> {
    match database {
        Database::Sqlite(Some(file)) => {
            let file = file.clone();
            tokio::task::spawn_blocking(move || fill_sqlite(&file, size, seed)).await?
        }
        Database::Sqlite(None) => fail!("only a database of our own can be filled"),
        Database::Cluster(cluster) => fill_postgres(&cluster.url(), size, seed).await,
        Database::Postgres(url) => fill_postgres(url, size, seed).await,
    }
}

fn fill_sqlite(file: &Path, size: Size, seed: u64) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let mut connection = SqliteConnection::establish(&file.to_string_lossy()).context(file.display())?;
    // Nothing here has to survive a power cut.
    connection.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA foreign_keys = OFF;",
    )?;
    let mut ask =
        |sql: &str| -> Result<i64> { Ok(diesel::sql_query(sql).get_result::<Number>(&mut connection)?.n) };
    let mut maker = Maker::new(size, seed, ask(CHANNEL)?, ask(NEWEST)?);
    for sql in SET_UP {
        connection.batch_execute(sql)?;
    }
    while let Some(rows) = maker.batch() {
        connection.transaction::<_, diesel::result::Error, _>(|connection| {
            for ((table, columns), rows) in TABLES.iter().zip(&rows) {
                let sql = insert(table, columns, "json_each(?)");
                let rows = Value::from(rows.as_slice()).to_string();
                diesel::sql_query(sql).bind::<Text, _>(rows).execute(connection)?;
            }
            Ok(())
        })?;
    }
    connection.batch_execute(&format!("{FORGET}; PRAGMA wal_checkpoint(TRUNCATE);"))?;
    Ok(maker.messages)
}

async fn fill_postgres(url: &str, size: Size, seed: u64) -> Result<i64> {
    let (mut client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.context("PostgreSQL")?;
    let talk = tokio::spawn(connection);
    let channel: i64 = client.query_one(CHANNEL, &[]).await?.try_get(0)?;
    let newest: i64 = client.query_one(NEWEST, &[]).await?.try_get(0)?;
    let mut maker = Maker::new(size, seed, channel, newest);
    for sql in SET_UP {
        client.batch_execute(sql).await?;
    }
    while let Some(rows) = maker.batch() {
        let transaction = client.transaction().await?;
        for ((table, columns), rows) in TABLES.iter().zip(&rows) {
            let sql =
                insert(table, columns, "json_array_elements(CAST(CAST($1 AS text) AS json)) AS t (value)");
            let rows = Value::from(rows.as_slice()).to_string();
            transaction.execute(&sql, &[&rows]).await?;
        }
        transaction.commit().await?;
    }
    client.batch_execute(FORGET).await?;
    client.batch_execute("ANALYZE").await?;
    talk.abort();
    Ok(maker.messages)
}

const CHANNEL: &str = "SELECT MIN(id) AS n FROM channel WHERE provider = 'cloud_api'";
const NEWEST: &str = "SELECT COALESCE(MAX(position), 0) AS n FROM event";
/// The server counts its lists anew when it has no word of having done so.
const FORGET: &str = "DELETE FROM meta WHERE key = 'inbox_counts'";

fn insert(table: &str, columns: &str, source: &str) -> String {
    let columns: Vec<(&str, &str)> = columns.split_whitespace().filter_map(|c| c.split_once(':')).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values = columns.iter().map(|(name, kind)| match *kind {
        "n" => format!("CAST(value ->> '{name}' AS BIGINT)"),
        "b" => format!("CAST(value ->> '{name}' AS BIGINT) = 1"),
        _ => format!("value ->> '{name}'"),
    });
    let values: Vec<String> = values.collect();
    format!("INSERT INTO {table} ({}) SELECT {} FROM {source}", names.join(", "), values.join(", "))
}

/// Makes rows, conversation by conversation, the oldest activity first.
struct Maker {
    size: Size,
    chance: SmallRng,
    words: Words,
    channel: i64,
    /// Conversations and messages so far.
    conversations: i64,
    messages: i64,
    position: i64,
    now: i64,
}

type Rows = [Vec<Value>; TABLES.len()];

impl Maker {
    fn new(size: Size, seed: u64, channel: i64, position: i64) -> Self {
        let (chance, words) = (SmallRng::seed_from_u64(seed), Words::default());
        let now = crate::clock::unix_seconds() as i64 * 1_000_000;
        Self { size, chance, words, channel, conversations: 0, messages: 0, position, now }
    }

    fn batch(&mut self) -> Option<Rows> {
        let upto = self.size.conversations.min(self.conversations + BATCH);
        if self.conversations >= upto {
            return None;
        }
        let mut rows = Rows::default();
        while self.conversations < upto {
            self.conversation(&mut rows);
            self.conversations += 1;
        }
        Some(rows)
    }

    /// Most are closed; of the open ones a third waits for an answer, and half are assigned.
    fn conversation(&mut self, rows: &mut Rows) {
        let nth = self.conversations;
        let id = FIRST + nth;
        let ended = self.now - SPAN + SPAN / self.size.conversations.max(1) * (nth + 1);
        let share = |of: i64| of * (nth + 1) / self.size.conversations.max(1);
        let count = share(self.size.messages) - share(0).max(self.messages);
        let open = self.chance.random_range(0..10) < 4;
        let waits = open && self.chance.random_range(0..3) == 0;
        let assigned = (!open || self.chance.random_range(0..2) == 0).then(|| pick(&mut self.chance, &USERS));
        let group = match self.chance.random_range(0..10) {
            0..6 => GROUPS[0],
            6..9 => GROUPS[1],
            _ => GROUPS[2],
        };
        let name = full_name(&mut self.chance);
        let phone = format!("447{:09}", nth * 7_919 % 1_000_000_000);
        let email = (nth % 3 == 0).then(|| format!("customer{nth}@mail.example"));
        let [contacts, identities, conversations, viewers, assignees, routes, messages, events] = rows;
        contacts.push(json!({"id": id, "business_id": BUSINESS, "kind": "contact", "display_name": name, "name_is_placeholder": 0,
            "profile_name": name.split(' ').next(), "phone": format!("+{phone}"), "email": email, "status": "active",
            "created_at": ended, "updated_at": ended}));
        identities.push(json!({"business_id": BUSINESS, "kind": "phone", "value": format!("+{phone}"), "owner_kind": "contact",
            "owner_id": id, "created_at": ended}));
        routes.push(json!({"conversation_id": id, "channel_id": self.channel, "address": phone, "position": 0, "last_inbound_at": ended}));
        if let Some(user) = assigned {
            assignees.push(json!({"conversation_id": id, "user_id": user, "position": 0, "is_owner": 1, "is_open": i64::from(open)}));
        }
        let restricted = nth % RESTRICTED == 0;
        if restricted {
            viewers.push(json!({"conversation_id": id, "user_id": pick(&mut self.chance, &USERS)}));
        }
        let mut last = (0, String::new(), "in");
        self.position += 1;
        let created = json!({"channel_id": self.channel.to_string()}).to_string();
        events.push(json!({"position": self.position, "conversation_id": id, "seq": 1, "kind": "conversation.created", "at": ended, "data": created}));
        for seq in 2..count + 2 {
            let direction = if seq % 2 == 0 || (waits && seq == count + 1) { "in" } else { "out" };
            let (message, at) = (FIRST + self.messages, ended - (count + 1 - seq) * 60_000_000);
            let body = self.words.text(&mut self.chance);
            let (sender, status) =
                if direction == "in" { ("contact", None) } else { ("user", Some("delivered")) };
            messages.push(json!({"id": message, "conversation_id": id, "seq": seq, "channel_id": self.channel, "direction": direction,
                "kind": "text", "sender_kind": sender, "sender_id": if direction == "in" { id } else { assigned.unwrap_or(USERS[0]) },
                "sender_name": (direction == "out").then_some("Ann Lee"), "body": body,
                "provider_message_id": format!("seed.{message}"), "status": status, "at": at}));
            self.position += 1;
            events.push(json!({"position": self.position, "conversation_id": id, "seq": seq, "kind": "message.created", "at": at, "message_id": message}));
            self.messages += 1;
            last = (message, body, direction);
        }
        let (message, preview, direction) = last;
        conversations.push(json!({"id": id, "business_id": BUSINESS, "group_id": group, "contact_id": id, "number": FIRST + nth,
            "status": if open { "open" } else { "closed" }, "owner_user_id": assigned, "last_seq": count + 1, "version": count + 1,
            "ai_epoch": 0, "inbound_count": count / 2 + 1, "last_inbound_seq": count + 1, "route_inbound_at": ended,
            "last_message_id": message, "last_preview": preview, "last_direction": direction, "last_kind": "text",
            "last_message_at": ended, "waiting_since": waits.then_some(ended), "last_activity_at": ended, "created_at": ended, "restricted": i64::from(restricted)}));
    }
}

fn pick(chance: &mut SmallRng, from: &[i64; 3]) -> i64 {
    let nth = chance.random_range(0..from.len());
    from.get(nth).copied().unwrap_or_default()
}
