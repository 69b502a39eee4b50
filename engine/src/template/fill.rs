//! Filling a template in: every variable gets a value that WhatsApp will take, or the person is told which one does not.

use super::components::{Components, Header, Place, Variable, substitute};
use super::{Hindrance, Mapping, Template};
use crate::contact::Contact;
use crate::conversation::Refusal;
use crate::ids::{ChannelId, MediaId, TemplateId};
use crate::message::Message;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// WhatsApp's limits, in characters.
const MAX_BODY: usize = 1_024;
const MAX_HEADER: usize = 60;
const MAX_LINK: usize = 2_000;
const MAX_CODE: usize = 15;

/// What is known without asking anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub full_name: Option<String>,
    pub company: Option<String>,
    pub business_name: String,
    pub agent_first_name: String,
    /// About an order, an invoice, a booking.
    pub reference: BTreeMap<String, String>,
}

impl Facts {
    /// A placeholder name is no name.
    pub fn of(contact: &Contact, business_name: &str, agent_first_name: &str) -> Self {
        let name = Some(contact.name.trim()).filter(|name| !contact.name_is_placeholder && !name.is_empty());
        let (first, last) = match name.and_then(|name| name.split_once(char::is_whitespace)) {
            Some((first, last)) => (Some(first), Some(last.trim())),
            None => (name, None),
        };
        Self {
            first_name: first.map(str::to_owned),
            last_name: last.map(str::to_owned),
            full_name: name.map(str::to_owned),
            company: None,
            business_name: business_name.to_owned(),
            agent_first_name: agent_first_name.to_owned(),
            reference: BTreeMap::new(),
        }
    }
}

/// What whoever sends says themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// By the variables' keys; wins over the mapping.
    pub vars: BTreeMap<String, String>,
    pub reference: BTreeMap<String, String>,
}

/// A template ready to be sent. Stored beside its message: the bubble is drawn from it, and so is the provider's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    pub id: TemplateId,
    pub name: String,
    pub language: String,
    pub category: String,
    pub header: Option<FilledHeader>,
    pub footer: Option<String>,
    pub buttons: Vec<FilledButton>,
    pub parameters: Parameters,
    /// The rendered body: the message's text.
    #[serde(skip)]
    pub text: String,
    #[serde(skip)]
    pub channel_id: Option<ChannelId>,
    /// The file of the mapping, to be sent along.
    #[serde(skip)]
    pub header_media: Option<MediaId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledHeader {
    /// `text`, `image`, `video` or `document`
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledButton {
    #[serde(rename = "type")]
    pub kind: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The values in the order in which the provider wants them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    pub header: Vec<Parameter>,
    pub body: Vec<Parameter>,
    pub buttons: Vec<ButtonParameter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Of variables that have one instead of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ButtonParameter {
    pub index: usize,
    /// `url` or `copy_code`
    pub kind: String,
    pub text: String,
}

impl Template {
    /// The message this template makes, or what is in its way.
    pub fn fill(&self, ask: &Ask, facts: &Facts) -> Result<Filled, Refusal> {
        if let Some(status) = self.told_status() {
            return Err(Refusal::TemplateNotApproved { status });
        }
        let parts = self.parts();
        let values = values(&self.mapping, &parts, ask, facts)?;
        let filled = self.filled(&parts, &values);
        check_whole(&parts, &filled, &values)?;
        Ok(filled)
    }

    /// What a picker shows: known values filled in, the others as `{{key}}`.
    pub fn preview(&self, facts: &Facts) -> String {
        let parts = self.parts();
        let variables = parts.variables();
        let shown = |place: Place| {
            let variables = &variables;
            move |name: &str| {
                let variable = variables.iter().find(|one| one.place == place && one.name == name);
                let value = variable.and_then(|one| self.mapping.slot(one)?.value(facts));
                value.unwrap_or_else(|| format!("{{{{{}}}}}", variable.map_or(name, |one| &one.key)))
            }
        };
        let header = match &parts.header {
            Some(Header::Text(text)) => Some(substitute(text, shown(Place::Header))),
            Some(Header::Media(kind)) => Some(format!("[{}]", kind.as_str())),
            None => None,
        };
        let body = Some(substitute(&parts.body, shown(Place::Body)));
        let buttons: Vec<String> = parts.buttons.iter().map(|button| format!("[{}]", button.text)).collect();
        let buttons = Some(buttons.join(" ")).filter(|line| !line.is_empty());
        let lines: Vec<String> =
            [header, body, parts.footer.clone(), buttons].into_iter().flatten().collect();
        lines.join("\n")
    }

    fn filled(&self, parts: &Components, values: &[(Variable, String)]) -> Filled {
        let of = |place: Place| {
            move |name: &str| {
                let found = values.iter().find(|(one, _)| one.place == place && one.name == name);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            }
        };
        let header = parts.header.as_ref().map(|header| match header {
            Header::Text(text) => {
                FilledHeader { kind: "text".to_owned(), text: Some(substitute(text, of(Place::Header))) }
            }
            Header::Media(kind) => FilledHeader { kind: kind.as_str().to_owned(), text: None },
        });
        let buttons = parts.buttons.iter().enumerate().map(|(index, button)| FilledButton {
            kind: button.kind.as_str().to_owned(),
            text: button.text.clone(),
            url: button.url.as_ref().map(|url| substitute(url, of(Place::Button(index)))),
        });
        Filled {
            id: self.id,
            name: self.name.clone(),
            language: self.language.clone(),
            category: self.category.clone(),
            header,
            footer: parts.footer.clone(),
            buttons: buttons.collect(),
            parameters: parameters(parts, values),
            text: substitute(&parts.body, of(Place::Body)),
            channel_id: Some(self.channel_id),
            header_media: parts.header_media().and(self.mapping.header_media_id),
        }
    }
}

impl Filled {
    /// By the category it was registered in.
    pub fn is_marketing(&self) -> bool {
        self.category.eq_ignore_ascii_case("marketing")
    }

    /// What a message's `extra` keeps of it.
    pub fn extra(&self) -> serde_json::Value {
        serde_json::json!({ "template": self })
    }

    /// The template a stored message was made of; its text and files are the message's own.
    pub fn of_message(message: &Message) -> Option<Self> {
        let kept = message.extra.as_ref()?.get("template")?.clone();
        let filled: Self = serde_json::from_value(kept).ok()?;
        Some(Self { text: message.text.clone(), channel_id: Some(message.channel_id), ..filled })
    }
}

/// A value for each variable: what was said, else what the mapping finds.
fn values(
    mapping: &Mapping,
    parts: &Components,
    ask: &Ask,
    facts: &Facts,
) -> Result<Vec<(Variable, String)>, Refusal> {
    let variables = parts.variables();
    if let Some(stranger) = ask.vars.keys().find(|key| !variables.iter().any(|one| one.key == **key)) {
        let detail = format!("this template has no variable {stranger:?}");
        return Err(Refusal::Invalid { field: "template.vars", detail });
    }
    let facts = Facts { reference: ask.reference.clone(), ..facts.clone() };
    let (mut found, mut missing) = (Vec::with_capacity(variables.len()), Vec::new());
    for variable in variables {
        let value = match ask.vars.get(&variable.key) {
            // Emptied on purpose: nobody wants the mapping's value then.
            Some(said) => Some(said.trim().to_owned()).filter(|said| !said.is_empty()),
            None => mapping.slot(&variable).and_then(|slot| slot.value(&facts)),
        };
        match value {
            Some(value) => found.push((variable, value)),
            None => missing.push(variable.key),
        }
    }
    if !missing.is_empty() {
        return Err(Refusal::TemplateVarsMissing { vars: missing });
    }
    for (variable, value) in &found {
        if let Some(detail) = flaw(value) {
            return Err(Refusal::TemplateVarInvalid { var: variable.key.clone(), detail });
        }
    }
    Ok(found)
}

/// What WhatsApp does not take in a value, as the rest of a sentence.
pub(super) fn flaw(value: &str) -> Option<String> {
    if value.chars().any(char::is_control) {
        Some("must not contain line breaks or tabs".to_owned())
    } else if value.contains("    ") {
        Some("must not contain four or more spaces in a row".to_owned())
    } else if value.chars().count() > MAX_BODY {
        Some(format!("may have at most {MAX_BODY} characters"))
    } else {
        None
    }
}

/// Limits of the parts as a whole; blamed on the longest value in them.
fn check_whole(parts: &Components, filled: &Filled, values: &[(Variable, String)]) -> Result<(), Refusal> {
    let too_long = |place: Place, max: usize, what: &str| {
        let longest =
            values.iter().filter(|(one, _)| one.place == place).max_by_key(|(_, value)| value.len());
        let var = longest.map_or_else(|| place.as_str().to_owned(), |(one, _)| one.key.clone());
        Err(Refusal::TemplateVarInvalid {
            var,
            detail: format!("makes the {what} longer than {max} characters"),
        })
    };
    if filled.text.chars().count() > MAX_BODY {
        return too_long(Place::Body, MAX_BODY, "message");
    }
    let header = filled.header.as_ref().and_then(|header| header.text.as_deref()).unwrap_or_default();
    if header.chars().count() > MAX_HEADER {
        return too_long(Place::Header, MAX_HEADER, "headline");
    }
    for (index, button) in filled.buttons.iter().enumerate() {
        let place = Place::Button(index);
        if button.url.as_ref().is_some_and(|url| url.chars().count() > MAX_LINK) {
            return too_long(place, MAX_LINK, "link");
        }
        let is_code = parts.buttons.get(index).is_some_and(|one| one.kind == super::ButtonKind::CopyCode);
        let code = values.iter().find(|(one, _)| is_code && one.place == place);
        if code.is_some_and(|(_, code)| code.chars().count() > MAX_CODE) {
            return too_long(place, MAX_CODE, "code");
        }
    }
    Ok(())
}

fn parameters(parts: &Components, values: &[(Variable, String)]) -> Parameters {
    let mut parameters = Parameters::default();
    for (variable, text) in values {
        let name = Some(variable.name.clone()).filter(|name| name.parse::<u32>().is_err());
        let parameter = Parameter { name, text: text.clone() };
        match variable.place {
            Place::Header => parameters.header.push(parameter),
            Place::Body => parameters.body.push(parameter),
            Place::Button(index) => {
                let kind = parts.buttons.get(index).map_or("url", |button| button.kind.as_str()).to_owned();
                parameters.buttons.push(ButtonParameter { index, kind, text: text.clone() });
            }
        }
    }
    parameters
}

impl Hindrance {
    /// What can be done about it.
    pub fn cure(status: &str) -> &'static str {
        match status {
            "removed" => "It no longer exists at WhatsApp. Choose another template.",
            "unsupported" => "It has a part this product cannot fill in. Choose another template.",
            "unmapped" => "An admin must first say where its variables get their values.",
            "invoice_only" => "It is kept for invoices. Choose another template.",
            "paused" => "WhatsApp has paused it because of complaints. Choose another template.",
            _ => "WhatsApp must approve it first. Choose another template.",
        }
    }
}
