//! Everything somebody can do or ask for, drawn at random: with conversations they see, and as often with those they do not.

use super::oracle::{Oracle, Secret, Way};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// One step of somebody at their browser.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Call {
        method: &'static str,
        path: String,
        body: Value,
        way: Way,
    },
    /// Over the socket.
    Command(Value),
    /// A file with a secret name and secret words, into a conversation.
    Send {
        talk: i64,
        name: String,
    },
    /// A broadcast to one contact.
    Announce {
        body: Value,
    },
    /// The socket is cut; another one resumes from some earlier cursor.
    Return {
        back: usize,
    },
}

/// What there is besides people and conversations.
pub(super) struct Things {
    pub(super) people: Vec<String>,
    pub(super) channels: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) numbers: Vec<String>,
    pub(super) template: String,
}

pub(super) struct Draw {
    rng: StdRng,
    client_id: u64,
    /// Stands in every note.
    pub(super) sabotage: &'static str,
}

const LISTS: [&str; 9] =
    ["team", "mine", "sent", "unassigned", "pending", "snoozed", "closed", "all", "deleted"];

fn get(path: String, way: Way) -> Deed {
    Deed::Call { method: "GET", path, body: Value::Null, way }
}

fn post(path: String, body: Value) -> Deed {
    Deed::Call { method: "POST", path, body, way: Way::Rest }
}

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), client_id: 0, sabotage: "" }
    }

    /// For somebody who draws beside us.
    pub(super) fn seed(&mut self) -> u64 {
        self.rng.random()
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        self.rng.random_range(0..count.max(1))
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(super) fn of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        if list.is_empty() { None } else { list.get(self.below(list.len())).cloned() }
    }

    /// A word that exists nowhere else.
    pub(super) fn marker(&mut self) -> String {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxy23456789";
        let letters = (0..10).map(|_| char::from(LETTERS[self.rng.random_range(0..LETTERS.len())]));
        letters.fold("zq".to_owned(), |word, letter| word + &letter.to_string())
    }

    pub(super) fn client_id(&mut self) -> String {
        self.client_id += 1;
        format!("c{}", self.client_id)
    }

    /// A conversation: one they see, or any; rather a new one than an old one.
    fn talk(&mut self, oracle: &Oracle, who: usize) -> i64 {
        let all: Vec<i64> = oracle.rules.talks.keys().copied().collect();
        let mine: Vec<i64> = {
            let open = oracle.rules.talks.iter().filter(|(_, talk)| !talk.deleted);
            open.filter(|(_, talk)| oracle.rules.knows(who, talk)).map(|(id, _)| *id).collect()
        };
        let from = if mine.is_empty() || self.one_in(3) { all } else { mine };
        let newest = if self.one_in(3) { from.len() } else { from.len().min(12) };
        self.of(&from[from.len() - newest..]).unwrap_or(1)
    }

    /// One step of `who`.
    pub(super) fn deed(&mut self, oracle: &mut Oracle, things: &Things, who: usize) -> Deed {
        let talk = self.talk(oracle, who);
        let at = |what: &str| format!("/api/v1/conversations/{talk}{what}");
        match self.below(100) {
            0..15 => self.list(oracle, things),
            15..25 => self.search(oracle, things),
            25..31 => get(at(""), Way::Rest),
            31..39 => {
                let limits = ["", "?limit=200", "?after=2", "?before=9&limit=5"];
                get(at(&format!("/timeline{}", self.of(&limits).unwrap_or_default())), Way::Timeline)
            }
            39..43 => {
                let format = if self.one_in(4) { "pdf" } else { "txt" };
                let more = if self.one_in(2) { "&notes=true&system=true" } else { "" };
                get(at(&format!("/transcript?format={format}{more}")), Way::Transcript)
            }
            43..48 => {
                let file = self.of(&oracle.files).unwrap_or(1);
                get(format!("/api/v1/media/{file}"), Way::File)
            }
            48..51 => self.audit(things),
            51..55 => self.look(oracle, things, talk),
            55..58 => self.draft(oracle, talk, who),
            58..68 => self.write(talk, things),
            68..74 => self.note(talk, things),
            74..77 => Deed::Send { talk, name: self.marker() },
            77..86 => self.life(oracle, talk, things),
            86..89 => self.command(talk, things),
            89..91 => self.begin(oracle, things),
            91..94 if self.one_in(2) => self.announce(oracle, things),
            91..94 => self.bulk(oracle, things, who),
            94..96 => self.presence(talk),
            96..98 => Deed::Return { back: self.below(30) },
            _ => {
                let message = self.of(&oracle.messages).unwrap_or(1);
                let what = if self.one_in(2) { "retry" } else { "cancel" };
                post(format!("/api/v1/messages/{message}/{what}"), json!({}))
            }
        }
    }

    fn list(&mut self, oracle: &Oracle, things: &Things) -> Deed {
        let view = self.of(&LISTS).unwrap_or("all");
        let mut path = format!("/api/v1/conversations?view={view}&limit={}", 5 + self.below(30));
        if self.one_in(6) {
            path = format!("/api/v1/conversations?view=user&user_id={}", self.person(things));
        }
        if self.one_in(2) {
            path = format!("{path}&group_id={}", self.of(&things.groups).unwrap_or_default());
        }
        let more = match self.below(8) {
            0 => format!("&channel_id={}", self.of(&things.channels).unwrap_or_default()),
            1 => format!("&assignee_id={}", self.person(things)),
            2 => "&channel_kind=sms".to_owned(),
            3 => format!("&q={}", self.words(oracle, things)),
            4 => "&status=open".to_owned(),
            _ => String::new(),
        };
        get(path + &more, if view == "deleted" { Way::Deleted } else { Way::Lists })
    }

    fn person(&mut self, things: &Things) -> String {
        self.of(&things.people).unwrap_or_default()
    }

    /// What somebody may look for: the beginning of a secret word, a number, somebody's name.
    fn words(&mut self, oracle: &Oracle, things: &Things) -> String {
        match self.below(4) {
            0 => format!("%2B{}", self.of(&things.numbers).unwrap_or_default()),
            1 => format!("%23{}", 1_000 + self.below(oracle.rules.talks.len() + 2)),
            2 => "about".to_owned(),
            _ => {
                let length = 3 + self.below(10);
                self.of(&oracle.markers).unwrap_or_default().chars().take(length).collect()
            }
        }
    }

    fn search(&mut self, oracle: &Oracle, things: &Things) -> Deed {
        let within = self.of(&["all", "contacts", "conversations", "messages", "messages"]).unwrap_or("all");
        let mut path = format!("/api/v1/search?in={within}&limit=20&q={}", self.words(oracle, things));
        if self.one_in(3) {
            path = format!("{path}&group_id={}", self.of(&things.groups).unwrap_or_default());
        }
        get(path, Way::Search)
    }

    fn audit(&mut self, things: &Things) -> Deed {
        let more = match self.below(3) {
            0 => format!("&group_id={}", self.of(&things.groups).unwrap_or_default()),
            1 => format!("&actor_id={}", self.person(things)),
            _ => String::new(),
        };
        get(format!("/api/v1/audit?limit=40{more}"), Way::Audit)
    }

    /// Pages beside the inbox.
    fn look(&mut self, oracle: &Oracle, things: &Things, talk: i64) -> Deed {
        let group = self.of(&things.groups).unwrap_or_default();
        let contact = self.of(&oracle.contacts).unwrap_or(1);
        let channel = self.of(&things.channels).unwrap_or_default();
        match self.below(10) {
            0 => get(format!("/api/v1/inbox/counts?group_id={group}"), Way::Rest),
            1 => get(format!("/api/v1/groups/{group}/nav"), Way::Rest),
            2 => get(format!("/api/v1/groups/{group}/members"), Way::Rest),
            3 => get(format!("/api/v1/groups/{group}/team"), Way::Rest),
            4 => get(format!("/api/v1/contacts/{contact}/consent"), Way::Contacts),
            5 => get(format!("/api/v1/contacts/{contact}/access"), Way::Contacts),
            6 => get("/api/v1/channels".to_owned(), Way::Rest),
            7 => get(format!("/api/v1/conversations/{talk}/sendable-templates"), Way::Rest),
            8 => get(
                format!("/api/v1/channels/{channel}/sendable-templates?contact_id={contact}"),
                Way::Contacts,
            ),
            _ => get("/api/v1/users".to_owned(), Way::Rest),
        }
    }

    fn draft(&mut self, oracle: &mut Oracle, talk: i64, who: usize) -> Deed {
        let path = format!("/api/v1/conversations/{talk}/draft");
        if self.one_in(2) {
            return get(path, Way::Rest);
        }
        let marker = self.marker();
        oracle.secrets.insert(marker.clone(), Secret::Own(who));
        let body = json!({"text": format!("Begun {marker}")});
        Deed::Call { method: "PUT", path, body, way: Way::Rest }
    }

    fn write(&mut self, talk: i64, things: &Things) -> Deed {
        let (client_id, text) = (self.client_id(), format!("Dear you, about {}", self.marker()));
        match self.below(6) {
            0 | 1 => Deed::Command(
                json!({"t": "message.send", "conversation_id": talk.to_string(), "client_id": client_id, "text": text}),
            ),
            2 => {
                let template = json!({"id": things.template, "vars": {"1": self.marker()}});
                let body = json!({"client_id": client_id, "template": template});
                post(format!("/api/v1/conversations/{talk}/messages"), body)
            }
            _ => {
                let body = json!({"client_id": client_id, "text": text});
                post(format!("/api/v1/conversations/{talk}/messages"), body)
            }
        }
    }

    fn note(&mut self, talk: i64, things: &Things) -> Deed {
        let mentions: Vec<String> = if self.one_in(2) { vec![self.person(things)] } else { Vec::new() };
        let (client_id, text) = (self.client_id(), format!("Among us: {} {}", self.marker(), self.sabotage));
        let mut body = json!({"client_id": client_id, "text": text, "mentions": mentions});
        if self.one_in(2) {
            return post(format!("/api/v1/conversations/{talk}/notes"), body);
        }
        body["t"] = "note.add".into();
        body["conversation_id"] = talk.to_string().into();
        Deed::Command(body)
    }

    /// What changes a conversation's state.
    fn life(&mut self, oracle: &mut Oracle, talk: i64, things: &Things) -> Deed {
        let at = |what: &str| format!("/api/v1/conversations/{talk}/{what}");
        let (one, two) = (self.person(things), self.person(things));
        let until = "2035-01-05T10:00:00Z";
        match self.below(12) {
            0 | 1 => post(at("attend"), json!({})),
            2 | 3 => {
                let body = json!({"user_ids": [one, two]});
                Deed::Call { method: "PUT", path: at("assignees"), body, way: Way::Rest }
            }
            4 => post(at(&format!("assignees/{one}")), json!({})),
            5 | 6 => {
                let marker = self.marker();
                // Words for colleagues; where the close is refused they are nowhere.
                let words = Secret::Part { talk, team: true, is_id: false };
                oracle.secrets.insert(marker.clone(), words);
                post(at("close"), json!({"note": format!("Ended: {marker}"), "pending": "send"}))
            }
            7 => post(at("reopen"), json!({})),
            8 => Deed::Call {
                method: "PUT",
                path: at("snooze"),
                body: json!({"until": until}),
                way: Way::Rest,
            },
            9 => post(at("read"), json!({"upto": 5})),
            10 => post(at("read"), json!({"unread": true, "user_id": one, "confirm": true})),
            _ => Deed::Call { method: "DELETE", path: at("assignees"), body: json!({}), way: Way::Rest },
        }
    }

    fn command(&mut self, talk: i64, things: &Things) -> Deed {
        let (talk, one) = (talk.to_string(), self.person(things));
        let names = [
            "attend",
            "unassign",
            "reopen",
            "unsnooze",
            "close",
            "assignee.add",
            "assignee.remove",
            "assign",
        ];
        let name = self.of(&names).unwrap_or("attend");
        Deed::Command(
            json!({"t": format!("conversation.{name}"), "conversation_id": talk, "user_id": one, "user_ids": [one]}),
        )
    }

    /// The team writes first.
    fn begin(&mut self, oracle: &Oracle, things: &Things) -> Deed {
        let group = self.of(&things.groups).unwrap_or_default();
        let mut body = json!({"group_id": group});
        if self.one_in(2) {
            body["phone"] = format!("+{}", self.of(&things.numbers).unwrap_or_default()).into();
        } else {
            body["contact_id"] = self.of(&oracle.contacts).unwrap_or(1).to_string().into();
        }
        if self.one_in(2) {
            let path = "/api/v1/conversations/find".to_owned();
            return Deed::Call { method: "POST", path, body, way: Way::Contacts };
        }
        body["channel_id"] = self.of(&things.channels).unwrap_or_default().into();
        body["client_id"] = self.client_id().into();
        body["text"] = format!("First of all about {}", self.marker()).into();
        post("/api/v1/conversations".to_owned(), body)
    }

    fn announce(&mut self, oracle: &Oracle, things: &Things) -> Deed {
        let contact = self.of(&oracle.contacts).unwrap_or(1).to_string();
        let body = json!({
            "client_id": self.client_id(),
            "name": "Spring sale",
            "text": format!("All of it about {}", self.marker()),
            "channel_id": self.of(&things.channels).unwrap_or_default(),
            "contact_ids": [contact],
        });
        Deed::Announce { body }
    }

    fn bulk(&mut self, oracle: &Oracle, things: &Things, who: usize) -> Deed {
        let ids: Vec<String> = (0..5).map(|_| self.talk(oracle, who).to_string()).collect();
        let action = self.of(&["assign", "close", "read", "unread"]).unwrap_or("read");
        let body =
            json!({"ids": ids, "action": action, "user_ids": [self.person(things)], "pending": "send"});
        post("/api/v1/conversations/bulk".to_owned(), body)
    }

    fn presence(&mut self, talk: i64) -> Deed {
        let t = if self.one_in(2) { "typing" } else { "viewing" };
        Deed::Command(json!({"t": t, "conversation_id": talk.to_string()}))
    }
}
