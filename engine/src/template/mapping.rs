//! Where a template's variables get their values: the contact, the business, the agent, a reference such as an order, or a fixed text.

use super::components::{Components, Place, Variable};
use super::fill::{Facts, flaw};
use crate::ids::MediaId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Where one value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    ContactFirstName,
    ContactLastName,
    ContactFullName,
    ContactCompany,
    BusinessName,
    AgentFirstName,
    /// Something about an order, an invoice, a booking: given with the send, or typed by the agent.
    Reference(String),
    Text(String),
}

const NAMED: [(&str, Source); 6] = [
    ("contact.first_name", Source::ContactFirstName),
    ("contact.last_name", Source::ContactLastName),
    ("contact.full_name", Source::ContactFullName),
    ("contact.company", Source::ContactCompany),
    ("business.name", Source::BusinessName),
    ("agent.first_name", Source::AgentFirstName),
];

/// What a nameless contact is called where nothing else is agreed.
pub const NAMELESS: &str = "there";

impl Source {
    /// As people write it; the error says what can be written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some((_, source)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(source.clone());
        }
        if let Some(key) = text.strip_prefix("reference.") {
            let is_key = (1..=40).contains(&key.len())
                && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            return if is_key {
                Ok(Self::Reference(key.to_owned()))
            } else {
                Err("a reference's key has 1 to 40 of a-z, 0-9 and _".to_owned())
            };
        }
        if let Some(fixed) = text.strip_prefix("text:") {
            return match flaw(fixed) {
                _ if fixed.trim().is_empty() => Err("a fixed text must not be empty".to_owned()),
                Some(flaw) => Err(format!("the fixed text {flaw}")),
                None => Ok(Self::Text(fixed.to_owned())),
            };
        }
        let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        Err(format!("must be one of {}, reference.KEY or text:…", names.join(", ")))
    }

    pub fn value(&self, facts: &Facts) -> Option<String> {
        let value = match self {
            Self::ContactFirstName => facts.first_name.clone(),
            Self::ContactLastName => facts.last_name.clone(),
            Self::ContactFullName => facts.full_name.clone(),
            Self::ContactCompany => facts.company.clone(),
            Self::BusinessName => Some(facts.business_name.clone()),
            Self::AgentFirstName => Some(facts.agent_first_name.clone()),
            Self::Reference(key) => facts.reference.get(key).cloned(),
            Self::Text(text) => Some(text.clone()),
        };
        value.filter(|value| !value.trim().is_empty())
    }

    /// What stands for a missing value when the mapping names nothing: only a name can be done without.
    fn default(&self) -> Option<&'static str> {
        matches!(self, Self::ContactFirstName | Self::ContactFullName).then_some(NAMELESS)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(key) => write!(f, "reference.{key}"),
            Self::Text(text) => write!(f, "text:{text}"),
            named => {
                f.write_str(NAMED.iter().find(|(_, source)| source == named).map_or("", |(name, _)| name))
            }
        }
    }
}

/// A source, and what to say when it has nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub source: Source,
    pub fallback: Option<String>,
}

impl Slot {
    pub fn value(&self, facts: &Facts) -> Option<String> {
        let default = || self.source.default().map(str::to_owned);
        self.source.value(facts).or_else(|| self.fallback.clone()).or_else(default)
    }
}

/// `"contact.first_name"`, or with a fallback `{"source":"contact.first_name","fallback":"friend"}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Short(String),
    Long {
        source: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fallback: Option<String>,
    },
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let source = self.source.to_string();
        match &self.fallback {
            None => Written::Short(source),
            Some(fallback) => Written::Long { source, fallback: Some(fallback.clone()) },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (source, fallback) = match Written::deserialize(deserializer)? {
            Written::Short(source) => (source, None),
            Written::Long { source, fallback } => (source, fallback),
        };
        let source = Source::parse(&source).map_err(serde::de::Error::custom)?;
        let fallback = fallback.filter(|text| !text.trim().is_empty());
        if let Some(flaw) = fallback.as_deref().and_then(flaw) {
            return Err(serde::de::Error::custom(format!("the fallback {flaw}")));
        }
        Ok(Self { source, fallback })
    }
}

/// A template's sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The file a header shows.
    #[serde(default)]
    pub header_media_id: Option<MediaId>,
    /// By key: the body's variables and "header".
    #[serde(default)]
    pub vars: BTreeMap<String, Slot>,
    /// By index of the button.
    #[serde(default)]
    pub buttons: BTreeMap<String, Slot>,
}

impl Mapping {
    pub fn slot(&self, variable: &Variable) -> Option<&Slot> {
        match variable.place {
            Place::Header | Place::Body => self.vars.get(&variable.key),
            Place::Button(index) => self.buttons.get(&index.to_string()),
        }
    }

    /// Whether everything there is to fill in has a source.
    pub fn covers(&self, parts: &Components) -> bool {
        let file = parts.header_media().is_none() || self.header_media_id.is_some();
        file && parts.variables().iter().all(|variable| self.slot(variable).is_some())
    }

    /// Keys that name nothing in these parts: a typing error of whoever maps.
    pub fn strangers(&self, parts: &Components) -> Vec<String> {
        let variables = parts.variables();
        let known = |key: &str| variables.iter().any(|variable| variable.key == key);
        let is_button = |key: &String| key.starts_with("button.") || !known(key);
        let vars = self.vars.keys().filter(|key| is_button(key)).cloned();
        let buttons = self.buttons.keys().filter(|index| !known(&format!("button.{index}")));
        vars.chain(buttons.map(|index| format!("button {index}"))).collect()
    }

    /// Names of variables without a source.
    pub fn missing(&self, parts: &Components) -> Vec<String> {
        let variables = parts.variables();
        variables.into_iter().filter(|variable| self.slot(variable).is_none()).map(|one| one.key).collect()
    }
}
