//! The stage of the search for leaks: ten people in two groups, five lines, customers, visitors, and another business in the same database.

use super::deeds::{Draw, Things};
use super::oracle::{Oracle, Person, Rules, Secret, tokens};
use super::people::{Colleague, Guest};
use super::programs::{Listener, token};
use crate::people::{Agent, id};
use crate::templates::body;
use crate::world::{GATEWAY_NUMBER, Kind, SMS_NUMBER, WHATSAPP_ID, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use switchboard_engine::user::Role;
use switchboard_simulator::Phone;

pub(super) struct Scene {
    pub(super) world: World,
    pub(super) oracle: Oracle,
    pub(super) draw: Draw,
    pub(super) things: Things,
    pub(super) team: Vec<Colleague>,
    pub(super) guests: Vec<Guest>,
    pub(super) listeners: Vec<Listener>,
    pub(super) phones: Vec<(String, Phone)>,
    /// Whether somebody's rights are being changed right now.
    pub(super) moving: Arc<AtomicBool>,
    /// The longest it took until a change had reached an open socket.
    pub(super) slowest: Duration,
    pub(super) mails: Vec<usize>,
    pub(super) steps: usize,
    pub(super) leaks: Vec<String>,
}

/// Who is there, in the order the oracle counts them: id, admin or agent, groups.
const TEAM: [(i64, &str, Role, &[i64]); 10] = [
    (10, "Ada", Role::Admin, &[2]),
    (11, "Ann", Role::Agent, &[2]),
    (12, "Bob", Role::Agent, &[2]),
    (13, "Cat", Role::Agent, &[3]),
    (14, "Dan", Role::Agent, &[2, 3]),
    (15, "Eve", Role::Admin, &[]),
    (16, "Fay", Role::Agent, &[2]),
    (17, "Gus", Role::Agent, &[2, 3]),
    (18, "Hal", Role::Agent, &[3]),
    (19, "Ivy", Role::Agent, &[]),
];

/// Words of the other business, and ids long enough to be told from any other number.
const FOREIGN: [&str; 3] = ["zqforeignword", "900000000000000001", "900000000000000002"];

impl Scene {
    pub(super) async fn set(kind: Kind, seed: u64) -> Self {
        let mut world = World::start(kind).await;
        for (id, name, role, _) in &TEAM[4..] {
            world.add_colleague(*id, name, *role).await;
        }
        foreign_business(&world);
        world.restart().await;
        let channels = lines(&world).await;
        let widget = channels.last().unwrap()["address"].as_str().unwrap().to_owned();
        let mut channels: Vec<String> = channels.iter().map(id).collect();
        channels.extend([world.whatsapp.clone(), world.sms.clone(), world.webchat.clone()]);
        let template = template(&world).await;
        let moving = Arc::new(AtomicBool::new(true));
        let phones = phones(&world);
        let mut scene = Self {
            oracle: oracle(),
            draw: Draw::new(seed),
            things: Things {
                people: TEAM.iter().map(|(id, ..)| id.to_string()).collect(),
                groups: vec!["2".to_owned(), "3".to_owned(), "90".to_owned()],
                numbers: phones.iter().map(|(number, _)| number.clone()).collect(),
                channels,
                template,
            },
            team: Vec::new(),
            guests: Vec::new(),
            listeners: Vec::new(),
            phones,
            moving,
            slowest: Duration::ZERO,
            mails: vec![0; TEAM.len()],
            steps: 0,
            leaks: Vec::new(),
            world,
        };
        scene.people().await;
        scene.programs().await;
        for widget in [scene.world.widget_key.clone(), widget] {
            for _ in 0..2 {
                let url = scene.world.server.url.clone();
                scene.guests.push(Guest::arrive(&url, &widget, scene.moving.clone()).await);
            }
        }
        scene
    }

    /// Everybody signs in, opens a tab and wants mail; the groups are put together.
    async fn people(&mut self) {
        for (who, (_, name, ..)) in TEAM.iter().enumerate() {
            let agent = Agent::sign_in(&self.world.server.url, &email(name)).await;
            agent.patch("/api/v1/me", json!({"email_on_assignment": true})).await.expect(200);
            self.team.push(Colleague::new(who, agent, self.moving.clone()));
        }
        for group in [2, 3] {
            self.put_team(group).await;
        }
        for colleague in &mut self.team {
            colleague.listen(None).await;
        }
        let on = json!({"settings": {"visitor_transcripts": true}});
        self.boss().patch("/api/v1/business", on).await.expect(200);
    }

    /// What the admins of the beginning have made for themselves; Eve does not stay one.
    async fn programs(&mut self) {
        for who in (0..TEAM.len()).filter(|who| TEAM[*who].2 == Role::Admin) {
            let colleague = &mut self.team[who];
            colleague.token = Some(token(&colleague.agent).await);
            self.listeners.push(Listener::of(who, &colleague.agent).await);
        }
    }

    /// Ada, who stays an admin throughout.
    pub(super) fn boss(&self) -> &Agent {
        &self.team[0].agent
    }

    /// Makes a group's team what the rules say; Fay leads Sales and Hal leads Support while they are in.
    pub(super) async fn put_team(&self, group: i64) {
        let people = self.oracle.rules.people.iter().enumerate();
        let members: Vec<Value> = people
            .filter(|(_, person)| person.groups.contains(&group))
            .map(|(who, person)| {
                let role = if person.leads == Some(group) { "admin" } else { "agent" };
                json!({"user_id": self.things.people[who], "role": role})
            })
            .collect();
        let body = json!({"members": members, "confirm": true});
        self.boss().put(&format!("/api/v1/groups/{group}/team"), body).await.expect(200);
    }

    /// The server goes down in order and comes up again; whoever may comes back with an old cursor.
    pub(super) async fn restart(&mut self) {
        for colleague in &mut self.team {
            colleague.collect();
            colleague.ears.clear();
        }
        for guest in &mut self.guests {
            guest.collect(0);
        }
        self.world.restart().await;
        for colleague in &mut self.team {
            if self.oracle.rules.people[colleague.who].active {
                let cursor = colleague.earlier(self.draw.below(60));
                colleague.listen(cursor).await;
            }
        }
        for guest in &mut self.guests {
            guest.come_back(true).await;
        }
    }
}

pub(super) fn email(name: &str) -> String {
    format!("{}@team.test", name.to_lowercase())
}

fn oracle() -> Oracle {
    let person = |(_, name, role, groups): &(i64, &'static str, Role, &[i64])| Person {
        name,
        active: true,
        admin: *role == Role::Admin,
        groups: groups.iter().copied().collect::<BTreeSet<i64>>(),
        leads: match *name {
            "Fay" => Some(2),
            "Hal" => Some(3),
            _ => None,
        },
    };
    let rules = Rules { people: TEAM.iter().map(person).collect(), ..Rules::default() };
    let mut oracle = Oracle::default();
    oracle.rules = rules;
    for token in FOREIGN.iter().flat_map(|text| tokens(text)) {
        oracle.secrets.insert(token, Secret::Foreign);
    }
    oracle
}

/// Support's own lines, beside those of Sales.
async fn lines(world: &World) -> Vec<Value> {
    let mut gateway = world.gateway();
    gateway["group_id"] = "3".into();
    let gateway = world.connect(gateway).await;
    let widget = json!({"kind": "webchat", "provider": "widget", "name": "W", "group_id": "3"});
    let ada = world.ada().await;
    let widget = ada.post("/api/v1/channels", widget).await.expect(201)["channel"].clone();
    vec![gateway, widget]
}

async fn template(world: &World) -> String {
    world.provide(vec![body("news", "en_GB", "News about {{1}} for you.")]).await;
    world.map("news", json!({"vars": {"1": "contact.first_name"}})).await.expect(200);
    id(&world.template("news").await)
}

/// Fourteen customers; some have two lines to write on.
fn phones(world: &World) -> Vec<(String, Phone)> {
    let mut phones = Vec::new();
    for n in 0..14 {
        let number = format!("4477009{n:05}");
        for (at, ours) in [WHATSAPP_ID, SMS_NUMBER, GATEWAY_NUMBER].into_iter().enumerate() {
            if n % 3 == at || n % 5 == 0 {
                let phone = world.simulator.phone(ours, &format!("+{number}"));
                phones.push((number.clone(), phone.named(&format!("Zqname{n:06}"))));
            }
        }
    }
    phones
}

/// What another company keeps in the same tables. The log goes on behind it.
fn foreign_business(world: &World) {
    let [word, talk, message] = FOREIGN;
    let at = 1_767_607_200_000_000_i64;
    world.database.run(&format!(
        "INSERT INTO business (id, name, country, time_zone, created_at, updated_at) VALUES (9, 'Other', 'GB', 'Europe/London', {at}, {at}); \
         INSERT INTO team_group (id, business_id, name, position, status, created_at, updated_at) \
           VALUES (90, 9, 'Theirs', 0, 'active', {at}, {at}); \
         INSERT INTO contact (id, business_id, kind, display_name, name_is_placeholder, phone, status, created_at, updated_at) \
           VALUES (91, 9, 'contact', '{word}', FALSE, '+447700999999', 'active', {at}, {at}); \
         INSERT INTO conversation (id, business_id, group_id, contact_id, number, status, last_seq, version, ai_epoch, inbound_count, \
           last_inbound_seq, last_activity_at, created_at) VALUES ({talk}, 9, 90, 91, 1001, 'open', 1, 1, 0, 1, 1, {at}, {at}); \
         INSERT INTO message (id, conversation_id, seq, channel_id, direction, kind, sender_kind, sender_id, body, at) \
           VALUES ({message}, {talk}, 1, 92, 'in', 'text', 'contact', 91, 'about {word}', {at}); \
         INSERT INTO event (position, conversation_id, seq, kind, at, message_id) \
           VALUES (1000000, {talk}, 1, 'message.created', {at}, {message});"
    ));
}
