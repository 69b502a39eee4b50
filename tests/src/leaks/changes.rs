//! What changes who may see what: groups, roles, people, lists of viewers, deleted conversations, lines that move.

use super::people::Colleague;
use super::scene::{Scene, email};
use crate::answer::Answer;
use crate::people::Agent;
use crate::world::promptly;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long a change may take to reach an open socket.
const AT_ONCE: Duration = Duration::from_secs(1);

impl Scene {
    pub(super) async fn change(&mut self) {
        self.steps += 1;
        match self.draw.below(14) {
            0..4 => self.change_team().await,
            4..6 => self.change_role().await,
            6..8 => self.let_go_or_back().await,
            8..11 => self.change_list().await,
            11..13 => self.delete_or_restore().await,
            _ => self.move_line().await,
        }
    }

    /// Somebody enters or leaves a group.
    async fn change_team(&mut self) {
        let who = 1 + self.draw.below(self.team.len() - 1);
        let group = self.draw.of(&[2, 3]).unwrap_or(2);
        // Whoever is deactivated is not shown in the team, and keeps their place there.
        if !self.oracle.rules.people[who].active {
            return;
        }
        let groups = &mut self.oracle.rules.people[who].groups;
        let left = groups.remove(&group);
        if !left {
            groups.insert(group);
        }
        let from = self.team[who].heard();
        self.put_team(group).await;
        let news = if left { "\"group.left\"" } else { "\"group.joined\"" };
        self.reaches(who, &from, news).await;
        self.oracle.rules.reveal_orphans();
    }

    async fn change_role(&mut self) {
        let who = 1 + self.draw.below(self.team.len() - 1);
        let person = &mut self.oracle.rules.people[who];
        person.admin = !person.admin;
        let role = if person.admin { "admin" } else { "agent" };
        let from = self.team[who].heard();
        let path = format!("/api/v1/users/{}", self.things.people[who]);
        self.boss().patch(&path, json!({"role": role})).await.expect(200);
        self.reaches(who, &from, "\"user.updated\"").await;
        self.oracle.rules.reveal_orphans();
    }

    /// Waits until a change is known on all of somebody's sockets, which must be at once.
    async fn reaches(&mut self, who: usize, from: &[usize], news: &str) {
        let (boss, others) = self.team.split_at_mut(1);
        let mut latest = Instant::now();
        let answered = latest;
        let heard = async {
            for (ear, from) in others[who - 1].ears.iter_mut().zip(from) {
                let (_, at) =
                    ear.wait(*from, news, |text| text.contains(news)).await.expect("an open socket");
                latest = latest.max(at);
            }
        };
        let (breath, ()) = tokio::join!(breath(&mut boss[0]), heard);
        self.took(latest - answered, breath);
    }

    /// At once is a second, for a machine that breathes.
    fn took(&mut self, time: Duration, breath: Duration) {
        self.slowest = self.slowest.max(time.saturating_sub(breath));
        promptly("a change on open sockets, beyond a ping", self.slowest, AT_ONCE);
    }

    async fn let_go_or_back(&mut self) {
        let who = 1 + self.draw.below(self.team.len() - 1);
        let path = format!("/api/v1/users/{}", self.things.people[who]);
        if !self.oracle.rules.people[who].active {
            self.boss().post(&format!("{path}/activate"), json!({})).await.expect(200);
            self.oracle.rules.people[who].active = true;
            let name = self.oracle.rules.people[who].name;
            self.team[who].agent = Agent::sign_in(&self.world.server.url, &email(name)).await;
            let cursor = self.team[who].earlier(self.draw.below(30));
            return self.team[who].listen(cursor).await;
        }
        // Enough must be left to look.
        if self.oracle.rules.people.iter().filter(|person| !person.active).count() >= 3 {
            return;
        }
        self.boss().post(&format!("{path}/deactivate"), json!({})).await.expect(200);
        let (boss, others) = self.team.split_at_mut(1);
        let answered = Instant::now();
        let over = async {
            for ear in &mut others[who - 1].ears {
                ear.ended().await;
            }
            answered.elapsed()
        };
        let (breath, time) = tokio::join!(breath(&mut boss[0]), over);
        self.took(time, breath);
        self.team[who].collect();
        self.team[who].ears.clear();
        self.oracle.rules.people[who].active = false;
        self.oracle.rules.reveal_orphans();
    }

    /// Who alone may see what a contact begins from here on.
    async fn change_list(&mut self) {
        let Some(contact) = self.draw.of(&self.oracle.contacts) else { return };
        let active: Vec<usize> =
            (0..self.team.len()).filter(|who| self.oracle.rules.people[*who].active).collect();
        let count = if self.draw.one_in(4) { 0 } else { 1 + self.draw.below(3) };
        let list: BTreeSet<usize> = (0..count).filter_map(|_| self.draw.of(&active)).collect();
        let ids: Vec<&String> = list.iter().map(|who| &self.things.people[*who]).collect();
        let body = json!({"visible_to": if ids.is_empty() { None } else { Some(ids) }});
        self.boss().put(&format!("/api/v1/contacts/{contact}/access"), body).await.expect(200);
        if list.is_empty() {
            self.oracle.rules.lists.remove(&contact);
        } else {
            self.oracle.rules.lists.insert(contact, list);
        }
        // What is open goes on as it was; closed, so that the next word begins anew.
        let talks = self.oracle.rules.talks.iter();
        let theirs: Vec<i64> =
            talks.filter(|(_, talk)| talk.contact == contact && !talk.deleted).map(|(id, _)| *id).collect();
        for talk in theirs.iter().rev().take(2) {
            let body = json!({"pending": "send"});
            self.boss().post(&format!("/api/v1/conversations/{talk}/close"), body).await;
        }
    }

    async fn delete_or_restore(&mut self) {
        let restore = self.draw.one_in(3);
        let talks = self.oracle.rules.talks.iter().filter(|(_, talk)| talk.deleted == restore);
        let known: Vec<i64> =
            talks.filter(|(_, talk)| self.oracle.rules.knows(0, talk)).map(|(id, _)| *id).collect();
        let Some(id) = self.draw.of(&known) else { return };
        let path = format!("/api/v1/conversations/{id}");
        let answer: Answer = if restore {
            self.boss().post(&format!("{path}/restore"), json!({})).await
        } else {
            self.boss().delete(&path).await
        };
        match (answer.status, answer.code().as_str()) {
            (409, "open_conversation_exists") if restore => return,
            _ => drop(answer.expect(200)),
        }
        if let Some(talk) = self.oracle.rules.talks.get_mut(&id) {
            talk.deleted = !restore;
        }
    }

    /// A line goes to the other group; what was begun there stays.
    async fn move_line(&mut self) {
        let Some(channel) = self.draw.of(&self.things.channels) else { return };
        let group = self.draw.of(&["2", "3"]).unwrap_or("2");
        let body = json!({"group_id": group});
        self.boss().post(&format!("/api/v1/channels/{channel}/move"), body).await.expect(200);
    }
}

/// How long a ping takes right now.
async fn breath(colleague: &mut Colleague) -> Duration {
    let asked = Instant::now();
    for ear in &mut colleague.ears {
        ear.settle().await;
    }
    asked.elapsed()
}

impl Colleague {
    /// How much each tab has heard.
    fn heard(&self) -> Vec<usize> {
        self.ears.iter().map(super::ear::Ear::len).collect()
    }
}
