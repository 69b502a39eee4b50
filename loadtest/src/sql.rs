//! What the database says, asked by SQL of our own: the server's word is not taken for it.

use crate::error::{Context, Result};
use crate::marker::{LENGTH, Marker};
use crate::oracle::{Numbering, Rows};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::path::Path;

const NUMBERING: &str = "SELECT c.id AS conversation, COUNT(e.seq) AS events, COALESCE(MIN(e.seq), 0) AS first, \
    COALESCE(MAX(e.seq), 0) AS last, c.last_seq AS last_seq \
    FROM conversation c LEFT JOIN event e ON e.conversation_id = c.id GROUP BY c.id, c.last_seq";
const EVENTS: &str = "SELECT COUNT(*) AS events, COALESCE(MAX(position), 0) AS newest FROM event";

fn markers() -> String {
    format!("SELECT SUBSTR(body, 1, {LENGTH}) AS marker FROM message WHERE body LIKE 'LT%'")
}

#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = BigInt)]
    conversation: i64,
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    last: i64,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
}

#[derive(QueryableByName)]
struct Events {
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = BigInt)]
    newest: i64,
}

#[derive(QueryableByName)]
struct Marked {
    #[diesel(sql_type = Text)]
    marker: String,
}

/// Reads an SQLite file, also while the server runs.
pub fn sqlite(file: &Path) -> Result<Rows> {
    let path = file.to_string_lossy();
    let mut connection = SqliteConnection::establish(&path).context(&path)?;
    connection.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")?;
    let numbered: Vec<Numbered> = diesel::sql_query(NUMBERING).load(&mut connection)?;
    let events: Events = diesel::sql_query(EVENTS).get_result(&mut connection)?;
    let marked: Vec<Marked> = diesel::sql_query(markers()).load(&mut connection)?;
    let of = |row: Numbered| {
        let Numbered { conversation, events, first, last, last_seq } = row;
        Numbering { conversation, events, first, last, last_seq }
    };
    Ok(Rows {
        conversations: numbered.into_iter().map(of).collect(),
        markers: marked.iter().filter_map(|row| Marker::read(row.marker.as_bytes())).collect(),
        events: events.events,
        newest_position: events.newest,
    })
}

/// Reads a PostgreSQL database.
pub async fn postgres(url: &str) -> Result<Rows> {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.context("PostgreSQL")?;
    let talk = tokio::spawn(connection);
    let of = |row: &tokio_postgres::Row| {
        let get = |name: &str| row.try_get::<_, i64>(name);
        Ok::<_, tokio_postgres::Error>(Numbering {
            conversation: get("conversation")?,
            events: get("events")?,
            first: get("first")?,
            last: get("last")?,
            last_seq: get("last_seq")?,
        })
    };
    let numbered = client.query(NUMBERING, &[]).await?;
    let events = client.query_one(EVENTS, &[]).await?;
    let marked = client.query(&markers(), &[]).await?;
    let rows = Rows {
        conversations: numbered.iter().map(of).collect::<std::result::Result<_, _>>()?,
        markers: marked
            .iter()
            .filter_map(|row| Marker::read(row.try_get::<_, &str>(0).ok()?.as_bytes()))
            .collect(),
        events: events.try_get(0)?,
        newest_position: events.try_get(1)?,
    };
    talk.abort();
    Ok(rows)
}
