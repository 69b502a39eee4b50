//! What a server knows, in a form that can be compared.

use crate::people::Agent;
use crate::tidy::read;
use crate::world::{WHATSAPP_ID, World};
use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use switchboard_simulator::Switches;

/// Who is signed in, what was tried, what is still to be indexed: no part of what is known.
pub(crate) const LOGS: [&str; 4] = ["audit", "session", "meta", "search_pending"];

/// When somebody was last heard of.
const SIGNS_OF_LIFE: [(&str, &str); 3] =
    [("user_account", "last_seen_at"), ("channel", "last_callback_at"), ("channel", "last_inbound_at")];

impl World {
    /// Counts and sums over every table, but for those named: any row more, less or changed shows.
    pub(crate) fn sums(&self, but: &[&str]) -> Vec<(String, i64)> {
        let source = read("schema/src/tables.rs");
        let mut all = Vec::new();
        for table in source.split("table! {").skip(1) {
            let name = table.trim_start().split([' ', '(']).next().unwrap();
            if but.contains(&name) {
                continue;
            }
            let mut sums = vec!["COUNT(*)".to_owned()];
            let columns = table.lines().filter_map(|line| line.trim().split_once(" -> "));
            let numbers = columns.filter(|(_, kind)| kind.contains("BigInt"));
            // That somebody looked, or a provider called, changes nobody's data.
            let numbers = numbers.filter(|(column, _)| !SIGNS_OF_LIFE.contains(&(name, column)));
            sums.extend(numbers.map(|(column, _)| format!("COALESCE(SUM({column} % 1000003), 0)")));
            all.extend(sums.into_iter().map(|sum| {
                let value = self.database.run(&format!("SELECT CAST({sum} AS BIGINT) FROM {name}"));
                (format!("{name}: {sum}"), value)
            }));
        }
        all
    }

    /// What is not as it was: empty when nothing changed.
    pub(crate) fn changed(&self, before: &[(String, i64)], but: &[&str]) -> Vec<(String, i64, i64)> {
        let now = self.sums(but);
        let pairs = before.iter().zip(&now).filter(|(was, is)| was != is);
        pairs.map(|(was, is)| (was.0.clone(), was.1, is.1)).collect()
    }

    /// The log of a conversation is 1, 2, 3 … up to what its row says, without holes. (A timeline leaves out what only moved a tick.)
    #[track_caller]
    pub(crate) fn whole_log(&self, row: &Value) {
        let id = row["id"].as_str().unwrap();
        // In one question: ticks may still move.
        let holes = self.database.run(&format!(
            "SELECT ABS(COUNT(*) - MAX(seq)) + ABS(COUNT(DISTINCT seq) - MAX(seq)) + MIN(seq) - 1 \
                + ABS(MAX(seq) - (SELECT last_seq FROM conversation WHERE id = {id})) \
                FROM event WHERE conversation_id = {id}"
        ));
        assert_eq!(holes, 0, "holes in the log of conversation {id}");
    }

    /// The WhatsApp provider takes whatever comes, as fast as it comes.
    pub(crate) fn generous_provider(&self) {
        let generous = |faults: &mut Switches| {
            (faults.care_window, faults.pair_limit, faults.messages_per_second) = (false, false, 0);
        };
        self.simulator.faults().change(WHATSAPP_ID, generous).unwrap();
    }

    /// One number for every conversation as `reader` sees it: its row and its whole log.
    pub(crate) async fn hash(&self, reader: &Agent) -> u64 {
        let mut rows = reader.list("all").await;
        rows.sort_by_key(|row| row["id"].as_str().unwrap().parse::<i64>().unwrap());
        let mut hasher = DefaultHasher::new();
        for row in rows {
            row.to_string().hash(&mut hasher);
            for entry in reader.timeline(row["id"].as_str().unwrap()).await {
                entry.to_string().hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}
