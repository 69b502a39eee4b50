//! Those who act and receive: people of the team at their browsers, visitors at their panels.

use super::deeds::{Deed, Draw};
use super::ear::Ear;
use super::oracle::{BY_TOKEN, Receipt, Way, Who};
use super::programs;
use crate::answer::Answer;
use crate::people::Agent;
use crate::transcripts::words_of;
use crate::world::HTTP;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Somebody of the team, with their browser.
pub(super) struct Colleague {
    pub(super) who: usize,
    pub(super) agent: Agent,
    /// Open tabs; none while they are not let in.
    pub(super) ears: Vec<Ear>,
    cursors: Vec<String>,
    pub(super) receipts: Vec<Receipt>,
    moving: Arc<AtomicBool>,
    /// For a program of theirs, which makes every other call.
    pub(super) token: Option<String>,
    calls: usize,
}

impl Colleague {
    pub(super) fn new(who: usize, agent: Agent, moving: Arc<AtomicBool>) -> Self {
        let (ears, cursors, receipts) = (Vec::new(), Vec::new(), Vec::new());
        Self { who, agent, ears, cursors, receipts, moving, token: None, calls: 0 }
    }

    /// Opens a tab that hears everything from here on, or from an earlier cursor.
    pub(super) async fn listen(&mut self, cursor: Option<String>) {
        let mut ear = self.tab().await;
        match cursor {
            Some(cursor) => drop(ear.ask(json!({"t": "resume", "cursor": cursor})).await),
            None => ear.settle().await,
        }
        self.ears.push(ear);
    }

    /// Opens a tab that has not yet said whether it resumes.
    pub(super) async fn tab(&self) -> Ear {
        let mut ear = Ear::open(&self.agent.url, "/ws/agent", Some(&self.agent.cookie), &self.moving).await;
        ear.wait(0, "hello", |text| text.contains("\"hello\"")).await;
        ear
    }

    /// An earlier cursor of theirs.
    pub(super) fn earlier(&self, back: usize) -> Option<String> {
        self.cursors.iter().rev().nth(back).or(self.cursors.first()).cloned()
    }

    pub(super) async fn live(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Call { method, path, body, way } => self.call(method, &path, &body, way).await,
                Deed::Command(frame) => self.command(frame).await,
                Deed::Send { talk, name } => self.send_file(talk, &name).await,
                Deed::Announce { body } => programs::announce(&self.agent, &body).await,
                Deed::Return { back } => {
                    self.collect();
                    let cursor = self.earlier(back);
                    if self.ears.pop().is_some() {
                        self.listen(cursor).await;
                    }
                }
            }
        }
    }

    /// Takes what the tabs have heard.
    pub(super) fn collect(&mut self) {
        for ear in &self.ears {
            self.cursors.extend(ear.cursor());
            self.receipts.extend(ear.receipts(Who::Person(self.who)));
        }
    }

    pub(super) async fn call(&mut self, method: &'static str, path: &str, body: &Value, way: Way) {
        self.calls += 1;
        let token = self.token.as_ref().filter(|_| self.calls.is_multiple_of(2));
        let (mut request, by) = match token {
            Some(token) => (
                HTTP.request(method.parse().unwrap(), format!("{}{path}", self.agent.url)).bearer_auth(token),
                BY_TOKEN,
            ),
            None => (self.agent.request(method, path), ""),
        };
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = Answer::of(request).await;
        let text = readable(&answer);
        let asked = format!("{path} {body}");
        let how = format!("{by}{method} {path} {body} -> {}", answer.status);
        self.note(way, how, asked, text);
    }

    fn note(&mut self, way: Way, how: String, asked: String, text: String) {
        let moving = self.moving.load(Ordering::Acquire);
        self.receipts.push(Receipt { who: Who::Person(self.who), way, how, asked, text, moving });
    }

    /// The answer comes with the tab's other frames; the command's own ids may stand in it.
    async fn command(&mut self, frame: Value) {
        let asked = frame.to_string();
        let Some(ear) = self.ears.first_mut() else { return };
        if ["typing", "viewing"].iter().any(|t| frame["t"] == *t) {
            return ear.send(&frame).await;
        }
        if let Some(answer) = ear.ask(frame).await {
            self.note(Way::Frame, format!("the answer to {asked}"), asked, answer.to_string());
        }
    }

    async fn send_file(&mut self, talk: i64, name: &str) {
        let bytes = format!("%PDF-1.7\nAbout {name}\n%%EOF\n").into_bytes();
        let upload = self.agent.upload(&format!("{name}.pdf"), "application/pdf", bytes).await;
        let body = json!({"client_id": format!("f-{name}"), "text": "", "media_ids": [upload.json()["media"]["id"]]});
        self.call("POST", &format!("/api/v1/conversations/{talk}/messages"), &body, Way::Rest).await;
    }
}

/// An answer as words: what a PDF says, what a search found without its marks.
fn readable(answer: &Answer) -> String {
    if answer.header("content-type") == "application/pdf" && answer.bytes.len() > 200 {
        return words_of(&answer.bytes);
    }
    let mut text = answer.text();
    for message in answer.json()["messages"].as_array().unwrap_or(&Vec::new()) {
        let pieces = message["snippet"].as_array().into_iter().flatten();
        let joined: String = pieces.filter_map(|piece| piece["text"].as_str()).collect();
        text = text + " " + &joined;
    }
    text
}

/// Somebody on the website.
pub(super) struct Guest {
    pub(super) ear: Ear,
    url: String,
    token: String,
    widget: String,
    /// Known once they have written.
    pub(super) talk: Option<i64>,
    pub(super) receipts: Vec<Receipt>,
    moving: Arc<AtomicBool>,
}

impl Guest {
    pub(super) async fn arrive(url: &str, widget: &str, moving: Arc<AtomicBool>) -> Self {
        let (ear, token) = panel(url, widget, None, None, &moving).await;
        let (url, widget) = (url.to_owned(), widget.to_owned());
        Self { ear, url, token, widget, talk: None, receipts: Vec::new(), moving }
    }

    pub(super) async fn live(&mut self, draw: &mut Draw, files: &[i64], count: usize) {
        for _ in 0..count {
            match draw.below(8) {
                0..4 => self.say(&format!("I ask about {}", draw.marker()), &draw.client_id()).await,
                4 => {
                    let frame = json!({"t": "typing", "d": {}});
                    self.ear.send(&frame).await;
                }
                5 => {
                    let frame = json!({"t": "message.seen", "d": {"upto": draw.below(20)}});
                    self.ear.send(&frame).await;
                }
                6 => self.come_back(draw.one_in(2)).await,
                _ => {
                    let file = draw.of(files).unwrap_or(1);
                    let what = if draw.one_in(2) { "transcript".to_owned() } else { format!("media/{file}") };
                    self.fetch(&what).await;
                }
            }
        }
    }

    pub(super) async fn say(&mut self, text: &str, client_id: &str) {
        let frame = json!({"t": "message.send", "d": {"client_id": client_id, "text": text}});
        if let Some(answer) = self.ear.ask(frame).await {
            let talk = answer["d"]["conversation_id"].as_str().and_then(|id| id.parse().ok());
            self.talk = talk.or(self.talk);
        }
    }

    /// The page is loaded again, with the cursor or without.
    pub(super) async fn come_back(&mut self, with_cursor: bool) {
        self.ear.settle().await;
        let cursor = self.ear.cursor().filter(|_| with_cursor);
        self.collect(0);
        (self.ear, self.token) =
            panel(&self.url, &self.widget, Some(&self.token), cursor.as_deref(), &self.moving).await;
    }

    async fn fetch(&mut self, what: &str) {
        let request = HTTP.get(format!("{}/widget/v1/{what}", self.url)).bearer_auth(&self.token);
        let answer = Answer::of(request).await;
        let (how, asked) = (format!("GET {what} -> {}", answer.status), what.to_owned());
        let (who, way, text) = (Who::Guest(0), Way::File, answer.text());
        let moving = self.moving.load(Ordering::Acquire);
        self.receipts.push(Receipt { who, way, how, asked, text, moving });
    }

    /// Takes what the panel has heard, as this contact's.
    pub(super) fn collect(&mut self, contact: i64) {
        self.receipts.extend(self.ear.receipts(Who::Guest(contact)));
        for receipt in &mut self.receipts {
            receipt.who = Who::Guest(contact);
        }
    }
}

async fn panel(
    url: &str,
    widget: &str,
    token: Option<&str>,
    cursor: Option<&str>,
    moving: &Arc<AtomicBool>,
) -> (Ear, String) {
    let mut ear = Ear::open(url, "/ws/visitor", None, moving).await;
    let start = json!({"widget_key": widget, "token": token, "cursor": cursor});
    let hello = ear.ask(json!({"t": "session.start", "d": start})).await.expect("a session");
    let token = hello["d"]["token"].as_str().unwrap_or_else(|| panic!("{hello}")).to_owned();
    (ear, token)
}
