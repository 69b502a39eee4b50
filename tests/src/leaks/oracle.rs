//! Who may see what, written down a second time: from the product's permission rules in words, never by asking the engine.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use switchboard_schema::testing::TestDatabase;

/// A person of the team, as far as seeing goes.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) active: bool,
    pub(super) admin: bool,
    pub(super) groups: BTreeSet<i64>,
    /// The group they are an admin of while they are in it.
    pub(super) leads: Option<i64>,
}

impl Person {
    fn is_present_in(&self, group: i64) -> bool {
        self.active && (self.admin || self.groups.contains(&group))
    }

    fn audits(&self, talk: &Talk) -> bool {
        let leads = self.leads == Some(talk.group) && self.groups.contains(&talk.group);
        self.active && (self.admin || leads)
    }
}

/// A conversation, as far as seeing goes.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    pub(super) group: i64,
    pub(super) contact: i64,
    /// Only these people, if anybody said so before it began.
    pub(super) only: Option<BTreeSet<usize>>,
    pub(super) deleted: bool,
    /// Nothing but broadcasts: nobody's.
    pub(super) silent: bool,
}

/// Everything the rules depend on.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) people: Vec<Person>,
    pub(super) talks: BTreeMap<i64, Talk>,
    /// Who alone may see new conversations of a contact.
    pub(super) lists: BTreeMap<i64, BTreeSet<usize>>,
}

impl Rules {
    /// S0-39, S1-26: somebody active sees the conversations of their groups, an admin those of every group; where a list was kept for the
    /// contact, only who is on it does, admins included.
    pub(super) fn knows(&self, who: usize, talk: &Talk) -> bool {
        let person = &self.people[who];
        let listed = talk.only.as_ref().is_none_or(|only| only.contains(&who));
        !talk.silent && person.active && listed && (person.admin || person.groups.contains(&talk.group))
    }

    /// S2-33: a deleted one is hidden from everybody but the admins' own list of deleted ones.
    fn sees(&self, who: usize, talk: &Talk, among_deleted: bool) -> bool {
        self.knows(who, talk) && (!talk.deleted || (among_deleted && self.people[who].admin))
    }

    /// Everybody on a list is gone, from the team or from the group: the group sees it rather than nobody.
    pub(super) fn reveal_orphans(&mut self) {
        let people = &self.people;
        for talk in self.talks.values_mut() {
            if let Some(only) = &talk.only
                && !only.iter().any(|who| people[*who].is_present_in(talk.group))
            {
                talk.only = None;
            }
        }
    }

    /// A conversation that begins now.
    fn begin(&mut self, id: i64, group: i64, contact: i64, silent: bool) {
        let list = self.lists.get(&contact);
        let list = list.filter(|list| list.iter().any(|who| self.people[*who].is_present_in(group)));
        let talk = Talk { group, contact, only: list.cloned(), deleted: false, silent };
        self.talks.insert(id, talk);
    }

    /// How many conversations somebody's list of all holds.
    pub(super) fn count(&self, who: usize) -> i64 {
        self.talks.values().filter(|talk| self.sees(who, talk, false)).count() as i64
    }
}

/// Something that not everybody may receive.
#[derive(Clone, Debug)]
pub(super) enum Secret {
    /// Words or a file of a conversation, or the id of something in it; `team`: not even for its own visitor.
    Part { talk: i64, team: bool, is_id: bool },
    /// A contact's name or number: in a list of contacts for the whole team, elsewhere for whoever sees a conversation with them.
    Contact(i64),
    /// Nobody else's: a draft, a file that is part of no message yet.
    Own(usize),
    /// Another business's.
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Person(usize),
    /// The visitor with this contact.
    Guest(i64),
}

/// The way something came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Rest,
    Lists,
    Timeline,
    Search,
    Contacts,
    Deleted,
    Audit,
    Transcript,
    File,
    Frame,
    Mail,
    /// A delivery to a program.
    Webhook,
    /// Any call with a token instead of a cookie; counted beside its own way.
    Token,
}

/// What stands before a call that was made with a token.
pub(super) const BY_TOKEN: &str = "by token: ";

/// Something somebody received.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) who: Who,
    pub(super) way: Way,
    /// The call or frame.
    pub(super) how: String,
    /// What was asked with: its ids may be said again.
    pub(super) asked: String,
    pub(super) text: String,
    /// While something was being changed: what was allowed before may still come.
    pub(super) moving: bool,
}

/// The rules, the secrets, and what was received rightly.
#[derive(Default)]
pub(super) struct Oracle {
    pub(super) rules: Rules,
    /// What held since the last judgement, one after another.
    before: Vec<Rules>,
    pub(super) secrets: HashMap<String, Secret>,
    /// How often something secret was rightly received, by way: an oracle that sees nothing would be content with everything.
    pub(super) seen: BTreeMap<Way, usize>,
    newest: i64,
    /// The newest id of the time before: what had an id by then is stored now, even if others were quicker.
    settled: i64,
    pub(super) messages: Vec<i64>,
    pub(super) files: Vec<i64>,
    pub(super) contacts: Vec<i64>,
    pub(super) markers: Vec<String>,
}

impl Oracle {
    /// Something is about to change; what holds now may be heard until the next judgement.
    pub(super) fn remember(&mut self) {
        self.before.push(self.rules.clone());
    }

    /// Where everything new lies: facts, not permissions, so the database may say it.
    pub(super) fn learn(&mut self, database: &TestDatabase) {
        let settled = std::mem::replace(&mut self.settled, self.newest);
        let silent: BTreeSet<i64> = database
            .texts("SELECT '' || id FROM conversation WHERE status = 'silent'")
            .iter()
            .map(|id| id.parse().unwrap())
            .collect();
        self.awake(&silent);
        let all = database.texts(&format!(
            "SELECT 'c|' || id || '|' || id || '|' || display_name || '|' || coalesce(phone, '') || '|' || coalesce(profile_name, '') \
               FROM contact WHERE business_id = 1 \
             UNION ALL SELECT 't|' || id || '|' || group_id || '|' || contact_id \
               FROM conversation WHERE id > {settled} AND business_id = 1 \
             UNION ALL SELECT 'm|' || m.id || '|' || m.conversation_id || '|' || m.direction || '|' || m.body || ' ' \
               || coalesce(CAST(m.extra AS TEXT), '') \
               FROM message m JOIN conversation c ON c.id = m.conversation_id WHERE m.id > {settled} AND c.business_id = 1 \
             UNION ALL SELECT 'f|' || f.id || '|' || m.conversation_id || '|' || m.direction || '|' || coalesce(f.file_name, '') \
               FROM media f JOIN message m ON m.id = f.message_id WHERE m.id > {settled} AND f.business_id = 1"
        ));
        for line in &all {
            let fields: Vec<&str> = line.splitn(5, '|').collect();
            let number = |at: usize| fields[at].parse::<i64>().unwrap();
            let id = number(1);
            let known = self.secrets.contains_key(fields[1]);
            match fields[0] {
                "c" => self.contact(id, &fields[3..].join(" ")),
                _ if known => {}
                "t" => {
                    self.rules.begin(id, number(2), number(3), silent.contains(&id));
                    self.part(id.to_string(), id, false, true);
                }
                kind => {
                    let team = fields[3] == "internal";
                    self.part(id.to_string(), number(2), team, true);
                    for marker in tokens(fields[4]).filter(|token| is_marker(token)) {
                        self.markers.push(marker.clone());
                        self.part(marker, number(2), team, false);
                    }
                    if kind == "m" { self.messages.push(id) } else { self.files.push(id) }
                }
            }
            self.newest = self.newest.max(id);
        }
    }

    /// Silent ones that were answered begin now.
    fn awake(&mut self, silent: &BTreeSet<i64>) {
        let talks = self.rules.talks.iter().filter(|(id, talk)| talk.silent && !silent.contains(id));
        let begun: Vec<(i64, i64, i64)> = talks.map(|(id, talk)| (*id, talk.group, talk.contact)).collect();
        for (id, group, contact) in begun {
            self.rules.begin(id, group, contact, false);
        }
    }

    fn contact(&mut self, id: i64, texts: &str) {
        if !self.contacts.contains(&id) {
            self.contacts.push(id);
        }
        for token in tokens(texts) {
            self.secrets.insert(token, Secret::Contact(id));
        }
    }

    fn part(&mut self, token: String, talk: i64, team: bool, is_id: bool) {
        self.secrets.insert(token, Secret::Part { talk, team, is_id });
    }

    /// What was received and should not have been, in words.
    pub(super) fn judge(&mut self, receipts: &[Receipt]) -> Vec<String> {
        let mut leaks = Vec::new();
        for receipt in receipts {
            let asked: BTreeSet<String> = tokens(&receipt.asked).filter(|token| !is_marker(token)).collect();
            for token in tokens(&receipt.text).collect::<BTreeSet<_>>() {
                if asked.contains(&token) {
                    continue;
                }
                let secret = self.secrets.get(&token);
                let may = |rules: &Rules| secret.is_some_and(|secret| allowed(rules, receipt, secret));
                if secret.is_none() && !is_marker(&token) {
                    continue;
                }
                if may(&self.rules) || (receipt.moving && self.before.iter().any(&may)) {
                    *self.seen.entry(receipt.way).or_default() += 1;
                    if receipt.how.starts_with(BY_TOKEN) {
                        *self.seen.entry(Way::Token).or_default() += 1;
                    }
                } else {
                    leaks.push(self.told(receipt, &token, secret));
                }
            }
        }
        self.before.clear();
        leaks
    }

    fn told(&self, receipt: &Receipt, token: &str, secret: Option<&Secret>) -> String {
        let Receipt { who, way, how, text, moving, .. } = receipt;
        let whose = match who {
            Who::Person(who) => format!("{:?}", self.rules.people[*who]),
            Who::Guest(contact) => format!("the visitor {contact}"),
        };
        let talk = match secret {
            Some(Secret::Part { talk, .. }) => self.rules.talks.get(talk),
            _ => None,
        };
        let at = text.to_ascii_lowercase().find(token).unwrap_or(0);
        let text: String = text.chars().skip(at.saturating_sub(400)).take(800).collect();
        format!(
            "{whose} got {token} ({secret:?} of {talk:?}) by {way:?} {how} (moving: {moving}):\n    {text}"
        )
    }
}

fn allowed(rules: &Rules, receipt: &Receipt, secret: &Secret) -> bool {
    let person = match receipt.who {
        Who::Person(who) => who,
        Who::Guest(contact) => {
            return match secret {
                Secret::Part { talk, team, .. } => {
                    !team && rules.talks.get(talk).is_some_and(|talk| talk.contact == contact)
                }
                Secret::Contact(id) => *id == contact,
                Secret::Own(_) | Secret::Foreign => false,
            };
        }
    };
    // That it is deleted is the last thing they hear of it, whenever they come back; nothing of what was said.
    let news = match receipt.way {
        Way::Frame => receipt.text.starts_with(r#"{"t":"conversation.deleted""#),
        Way::Webhook => receipt.text.contains(r#""type":"conversation.deleted""#),
        _ => false,
    };
    let words = matches!(secret, Secret::Part { is_id: false, .. });
    let deleted = receipt.way == Way::Deleted;
    let sees =
        |talk: &Talk| rules.sees(person, talk, deleted) || (news && !words && rules.knows(person, talk));
    match secret {
        // The log says of which conversation it speaks, to admins of everything or of its group.
        Secret::Part { talk, is_id: true, .. } if receipt.way == Way::Audit => {
            rules.talks.get(talk).is_some_and(|talk| rules.people[person].audits(talk))
        }
        Secret::Part { talk: id, is_id, .. } => rules.talks.get(id).is_some_and(|talk| {
            // The one after it names it, also when it was deleted since.
            let named = || receipt.text.contains(&format!(r#""previous_conversation_id":"{id}""#));
            sees(talk) || (*is_id && rules.knows(person, talk) && named())
        }),
        Secret::Contact(id) => {
            let listed = matches!(receipt.way, Way::Contacts | Way::Search) && rules.people[person].active;
            listed || rules.talks.values().filter(|talk| talk.contact == *id).any(sees)
        }
        Secret::Own(author) => *author == person && rules.people[person].active,
        Secret::Foreign => false,
    }
}

/// "zq" and ten letters or digits.
pub(super) fn is_marker(token: &str) -> bool {
    token.len() == 12 && token.starts_with("zq")
}

/// What in a text may be a secret: markers, long numbers (ids), telephone numbers.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = String> {
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| run.len() >= 12);
    runs.map(str::to_ascii_lowercase)
        .filter(|run| is_marker(run) || run.bytes().all(|byte| byte.is_ascii_digit()))
}
