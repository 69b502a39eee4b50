//! S1-26 on every path: ten thousand random steps by everybody, while groups, roles, people, lists of viewers and lines change, and a second
//! look at everything anybody received: rows, counts, timelines, files, transcripts, search, audit, frames, mails. Whatever is secret is
//! marked; who may know which mark is worked out in [`oracle`] without the engine.
//!
//! The seed is fixed; `SWITCHBOARD_TEST_SEED` is another one, and a failure says which.

use crate::world::Kind;
use deeds::Deed;
use futures_util::future::join_all;
use oracle::{Receipt, Way, Who};
use people::Guest;
use scene::{Scene, email};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Instant;

mod changes;
mod deeds;
mod ear;
mod oracle;
mod people;
mod programs;
mod scene;

both!(s1_26_nobody_ever_receives_what_they_may_not_see, s1_26_a_leak_would_be_found);

const STEPS: usize = 10_000;
const ROUND: usize = 100;

fn seed() -> u64 {
    std::env::var("SWITCHBOARD_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_105)
}

/// To see it go red: let `visible` in `schema/src/queries/search.rs` leave out the list of viewers, `Viewer::sees` forget it, or
/// `Local::rescope` return at once.
async fn s1_26_nobody_ever_receives_what_they_may_not_see(kind: Kind) {
    let (seed, began) = (seed(), Instant::now());
    let mut scene = Scene::set(kind, seed).await;
    let set = began.elapsed();
    while scene.steps < STEPS && scene.leaks.is_empty() {
        if (STEPS / 2..STEPS / 2 + ROUND).contains(&scene.steps) {
            scene.restart().await;
        }
        scene.round().await;
    }
    scene.phones_show_their_own();
    let (seen, slowest) = (&scene.oracle.seen, scene.slowest);
    eprintln!(
        "{} steps on {kind:?} in {:?} after {set:?}; a change took at most {slowest:?}; rightly received: {seen:?}",
        scene.steps,
        began.elapsed()
    );
    let count = scene.leaks.len();
    assert!(scene.leaks.is_empty(), "seed {seed}: {count} leaks\n{}", scene.leaks[..count.min(5)].join("\n"));
    for way in [
        Way::Lists,
        Way::Timeline,
        Way::Search,
        Way::Contacts,
        Way::Deleted,
        Way::Audit,
        Way::Transcript,
        Way::File,
        Way::Frame,
        Way::Mail,
        Way::Rest,
        Way::Webhook,
        Way::Token,
    ] {
        assert!(seen.contains_key(&way), "seed {seed}: nothing secret ever came by {way:?}: {seen:?}");
    }
}

/// A note on request goes to everybody (feature `sabotage` of switchboard-actors): the oracle must say so.
async fn s1_26_a_leak_would_be_found(kind: Kind) {
    let mut scene = Scene::set(kind, seed()).await;
    scene.draw.sabotage = "[sabotage: leak]";
    while scene.steps < 2_000 && scene.leaks.is_empty() {
        scene.round().await;
    }
    assert!(!scene.leaks.is_empty(), "{} steps and nothing was noticed", scene.steps);
    assert!(scene.leaks.iter().all(|leak| leak.contains("by Frame")), "{:#?}", scene.leaks);
    assert!(scene.leaks.iter().any(|leak| leak.contains("[sabotage: leak]")), "{:#?}", scene.leaks);
}

impl Scene {
    /// A few changes one after another, then everybody at once; then everything that was received is judged.
    async fn round(&mut self) {
        let goal = (self.steps + ROUND).min(STEPS);
        let hovering = self.hover().await;
        for _ in 0..=self.draw.below(3) {
            self.oracle.remember();
            self.change().await;
        }
        self.settle().await;
        self.moving.store(false, Ordering::Release);
        if let Some((who, mut ear)) = hovering {
            let cursor = self.team[who].earlier(self.draw.below(30));
            drop(ear.ask(json!({"t": "resume", "cursor": cursor.unwrap_or_default()})).await);
            self.team[who].receipts.extend(ear.receipts(Who::Person(who)));
        }
        self.everybody_acts(goal.saturating_sub(self.steps)).await;
        self.programs_rest().await;
        self.settle().await;
        self.moving.store(true, Ordering::Release);
        self.oracle.learn(&self.world.database);
        self.count().await;
        let mut receipts = self.letters().await;
        self.programs_rest().await;
        receipts.extend(self.deliveries());
        for colleague in &mut self.team {
            colleague.collect();
            receipts.append(&mut colleague.receipts);
        }
        for guest in &mut self.guests {
            let talk = guest.talk.and_then(|talk| self.oracle.rules.talks.get(&talk));
            guest.collect(talk.map_or(0, |talk| talk.contact));
            receipts.append(&mut guest.receipts);
        }
        self.leaks.extend(self.oracle.judge(&receipts));
    }

    /// Sometimes a tab was opened before the changes and says only afterwards where it was.
    async fn hover(&mut self) -> Option<(usize, ear::Ear)> {
        let who = self.draw.below(self.team.len());
        if !self.oracle.rules.people[who].active || self.draw.one_in(2) {
            return None;
        }
        Some((who, self.team[who].tab().await))
    }

    /// Everybody at once: people of the team, customers with their phones, visitors.
    async fn everybody_acts(&mut self, steps: usize) {
        let Self { team, guests, phones, oracle, draw, things, .. } = self;
        let files = oracle.files.clone();
        let (of_phones, of_guests) = (steps / 8, steps / 10 / guests.len());
        let rest = steps - of_phones - of_guests * guests.len();
        let mut deeds: Vec<Vec<Deed>> = vec![Vec::new(); team.len()];
        for n in 0..rest {
            let who = n % team.len();
            let deed = draw.deed(oracle, things, who);
            deeds[who].push(deed);
        }
        let people = team.iter_mut().zip(deeds).map(|(colleague, deeds)| colleague.live(deeds));
        let seeds: Vec<u64> = guests.iter().map(|_| draw.seed()).collect();
        let visitors = guests.iter_mut().zip(seeds).map(|(guest, seed): (&mut Guest, u64)| {
            let files = &files;
            async move { guest.live(&mut deeds::Draw::new(seed), files, of_guests).await }
        });
        let words: Vec<(usize, usize, String)> =
            (0..of_phones).map(|_| (draw.below(phones.len()), draw.below(10), draw.marker())).collect();
        let customers = words.into_iter().map(|(phone, what, marker)| {
            let (_, phone) = &phones[phone];
            async move {
                let file = || format!("%PDF-1.7\nAbout {marker}\n%%EOF\n").into_bytes();
                let done = match what {
                    0 => {
                        let name = format!("{marker}.pdf");
                        phone
                            .file("application/pdf", Some(&name), file(), Some(&format!("See {marker}")))
                            .await
                    }
                    1 => phone.location(51.5, 0.1, &marker).await,
                    _ => phone.text(&format!("A question about {marker}")).await,
                };
                // What this phone cannot send (a place by SMS), it does not send.
                assert!(done.is_err() || done == Ok(200), "{done:?}");
            }
        });
        tokio::join!(join_all(people), join_all(visitors), join_all(customers));
        self.steps += steps;
    }

    /// Everything that was on its way is there: live frames reach a socket past its session, so the second answer is behind them all.
    async fn settle(&mut self) {
        for _ in 0..2 {
            self.pings().await;
        }
    }

    async fn pings(&mut self) {
        let people = self.team.iter_mut().map(|colleague| async {
            join_all(colleague.ears.iter_mut().map(ear::Ear::settle)).await;
        });
        let visitors = self.guests.iter_mut().map(|guest| guest.ear.settle());
        tokio::join!(join_all(people), join_all(visitors));
    }

    /// A number tells, too: somebody's list of all counts what they may see and nothing more.
    async fn count(&mut self) {
        for _ in 0..2 {
            let who = self.draw.below(self.team.len());
            if !self.oracle.rules.people[who].active {
                continue;
            }
            self.steps += 1;
            let counts = self.team[who].agent.get("/api/v1/inbox/counts").await.expect(200)["counts"].clone();
            let may = self.oracle.rules.count(who);
            if counts["all"] != may {
                let person = &self.oracle.rules.people[who];
                self.leaks.push(format!("{person:?} may see {may} conversations and is told of {counts}"));
            }
        }
    }

    /// Mails that came since the last time.
    async fn letters(&mut self) -> Vec<Receipt> {
        self.world.all_mailed().await;
        let mut receipts = Vec::new();
        for who in 0..self.team.len() {
            let mails = self.world.mails(&email(self.oracle.rules.people[who].name));
            let before = std::mem::replace(&mut self.mails[who], mails.len());
            receipts.extend(mails.into_iter().skip(before).map(|text| Receipt {
                who: Who::Person(who),
                way: Way::Mail,
                how: "mail".to_owned(),
                asked: String::new(),
                text,
                moving: true,
            }));
        }
        receipts
    }

    /// What customers got is theirs, and never a word of the team among itself.
    fn phones_show_their_own(&mut self) {
        let mut receipts = Vec::new();
        for (number, phone) in &self.phones {
            let Some(oracle::Secret::Contact(contact)) = self.oracle.secrets.get(number) else { continue };
            let bodies: Vec<String> = phone.inbox().iter().map(|message| message.body.to_string()).collect();
            receipts.push(Receipt {
                who: Who::Guest(*contact),
                way: Way::Frame,
                how: format!("the phone {number}"),
                asked: String::new(),
                text: bodies.join("\n"),
                moving: false,
            });
        }
        let leaks = self.oracle.judge(&receipts);
        self.leaks.extend(leaks);
    }
}
