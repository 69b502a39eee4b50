//! The parts of a template, read from the provider's JSON: header, body, footer, buttons, and the variables in them.
//!
//! Reading never fails: a part we cannot fill in makes the template unsupported, and an admin sees why.

use crate::message::MediaKind;
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Components {
    pub header: Option<Header>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<Button>,
    /// What we cannot send, in the provider's word.
    pub unsupported: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    Text(String),
    Media(MediaKind),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub kind: ButtonKind,
    pub text: String,
    /// Of a link; may end in a variable.
    pub url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonKind {
    QuickReply,
    Url,
    Phone,
    CopyCode,
}

impl ButtonKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QuickReply => "quick_reply",
            Self::Url => "url",
            Self::Phone => "phone_number",
            Self::CopyCode => "copy_code",
        }
    }
}

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Header,
    Body,
    /// The button with this index, counted from 0.
    Button(usize),
}

impl Place {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Body => "body",
            Self::Button(_) => "button",
        }
    }
}

/// One thing to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// How mappings, pickers and sends call it: "1" or "first_name" in the body, "header", "button.0".
    pub key: String,
    /// As it stands between the braces; empty where a button has no text for it.
    pub name: String,
    pub place: Place,
}

impl Components {
    /// Reads the provider's list of components.
    pub fn parse(components: &Value) -> Self {
        let mut parts = Self::default();
        for component in components.as_array().map(Vec::as_slice).unwrap_or_default() {
            parts.read(component);
        }
        if parts.body.trim().is_empty() {
            parts.unsupported.get_or_insert_with(|| "no body".to_owned());
        }
        parts
    }

    fn read(&mut self, component: &Value) {
        match word(component, "type").as_str() {
            "HEADER" => self.header = self.read_header(component),
            "BODY" => self.body = text(component, "text"),
            "FOOTER" => self.footer = Some(text(component, "text")).filter(|footer| !footer.is_empty()),
            "BUTTONS" => {
                for button in component.get("buttons").and_then(Value::as_array).into_iter().flatten() {
                    self.read_button(button);
                }
            }
            other => self.refuse(other),
        }
    }

    fn read_header(&mut self, component: &Value) -> Option<Header> {
        let media = match word(component, "format").as_str() {
            "TEXT" => return Some(Header::Text(text(component, "text"))),
            "IMAGE" => MediaKind::Image,
            "VIDEO" => MediaKind::Video,
            "DOCUMENT" => MediaKind::Document,
            other => {
                self.refuse(&format!("HEADER {other}"));
                return None;
            }
        };
        Some(Header::Media(media))
    }

    fn read_button(&mut self, button: &Value) {
        let kind = match word(button, "type").as_str() {
            "QUICK_REPLY" => ButtonKind::QuickReply,
            "URL" => ButtonKind::Url,
            "PHONE_NUMBER" => ButtonKind::Phone,
            "COPY_CODE" => ButtonKind::CopyCode,
            other => return self.refuse(&format!("BUTTON {other}")),
        };
        let url = (kind == ButtonKind::Url).then(|| text(button, "url"));
        self.buttons.push(Button { kind, text: text(button, "text"), url });
    }

    fn refuse(&mut self, what: &str) {
        self.unsupported.get_or_insert_with(|| what.to_owned());
    }

    /// Everything to fill in, in the order in which the provider wants it.
    pub fn variables(&self) -> Vec<Variable> {
        let mut all = Vec::new();
        if let Some(Header::Text(text)) = &self.header
            && let Some(name) = names(text).into_iter().next()
        {
            all.push(Variable { key: "header".to_owned(), name, place: Place::Header });
        }
        all.extend(names(&self.body).into_iter().map(|name| Variable {
            key: name.clone(),
            name,
            place: Place::Body,
        }));
        for (index, button) in self.buttons.iter().enumerate() {
            let name = match button.kind {
                ButtonKind::Url => button.url.as_deref().and_then(|url| names(url).into_iter().next()),
                ButtonKind::CopyCode => Some(String::new()),
                ButtonKind::QuickReply | ButtonKind::Phone => None,
            };
            if let Some(name) = name {
                all.push(Variable { key: format!("button.{index}"), name, place: Place::Button(index) });
            }
        }
        all
    }

    /// The file a header needs.
    pub fn header_media(&self) -> Option<MediaKind> {
        match self.header {
            Some(Header::Media(kind)) => Some(kind),
            _ => None,
        }
    }
}

/// The names between double braces, each once; numbers in their order, then words in the text's.
fn names(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in pieces(text) {
        if let Piece::Variable(name) = piece
            && !found.iter().any(|known| known == name)
        {
            found.push(name.to_owned());
        }
    }
    // Stable: words keep the order of the text.
    found.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
    found
}

/// `text` with every variable replaced, in one pass: braces inside a value stay what they are.
pub(super) fn substitute(text: &str, value: impl Fn(&str) -> String) -> String {
    pieces(text)
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Variable(name) => value(name),
        })
        .collect()
}

enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let at = variable_at(rest);
        let (piece, left) = match at {
            Some((0, name, end)) => (Piece::Variable(name), rest.get(end..)),
            Some((start, ..)) => (Piece::Text(rest.get(..start).unwrap_or(rest)), rest.get(start..)),
            None => (Piece::Text(rest), None),
        };
        rest = left.unwrap_or_default();
        Some(piece)
    })
}

/// The next `{{name}}`: where it starts, its name, where it ends.
fn variable_at(text: &str) -> Option<(usize, &str, usize)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("{{")?;
        let inner = text.get(start + 2..)?;
        let length = inner.find("}}")?;
        let name = inner.get(..length)?.trim();
        let is_name = !name.is_empty()
            && name.len() <= 60
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name {
            return Some((start, name, start + 2 + length + 2));
        }
        from = start + 1;
    }
}

fn word(object: &Value, key: &str) -> String {
    text(object, key).to_ascii_uppercase()
}

fn text(object: &Value, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
