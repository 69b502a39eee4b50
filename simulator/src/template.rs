//! Message templates of one account: a few approved samples, and those the product creates.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use serde_json::{Value, json};

use crate::ids::graph_id;
use crate::phone::handset::Button;
use crate::whatsapp::error::GraphError;

/// Templates as the Graph API shows them.
pub(crate) struct Templates {
    all: Vec<Value>,
}

/// A template with its parameters filled in.
pub(crate) struct Rendered {
    pub(crate) body: String,
    pub(crate) buttons: Vec<Button>,
    /// Lower case, as prices name it.
    pub(crate) category: String,
}

impl Templates {
    pub(crate) fn samples() -> Self {
        let sample = |name: &str, language: &str, category: &str, components: Value| {
            json!({ "name": name, "language": language, "category": category, "components": components,
                    "status": "APPROVED", "parameter_format": "POSITIONAL", "id": graph_id() })
        };
        Self {
            all: vec![
                sample(
                    "hello_world",
                    "en_US",
                    "UTILITY",
                    json!([
                        { "type": "HEADER", "format": "TEXT", "text": "Hello World" },
                        { "type": "BODY", "text": "Welcome! This message shows that your number can send templates." },
                        { "type": "FOOTER", "text": "WhatsApp simulator" },
                    ]),
                ),
                sample(
                    "order_update",
                    "en_GB",
                    "UTILITY",
                    json!([{ "type": "BODY", "text": "Hello {{1}}, your order {{2}} is on its way.",
                             "example": { "body_text": [["Jo", "1042"]] } }]),
                ),
                sample(
                    "appointment_reminder",
                    "en_GB",
                    "UTILITY",
                    json!([
                        { "type": "BODY", "text": "Hello {{1}}, see you on {{2}} at {{3}}. Does that still suit you?",
                          "example": { "body_text": [["Jo", "Monday", "10:00"]] } },
                        { "type": "BUTTONS", "buttons": [
                            { "type": "QUICK_REPLY", "text": "Yes" }, { "type": "QUICK_REPLY", "text": "Change it" },
                        ] },
                    ]),
                ),
                sample(
                    "seasonal_offer",
                    "en_GB",
                    "MARKETING",
                    json!([
                        { "type": "BODY", "text": "Hi {{1}}, everything is 10 % off this week.",
                          "example": { "body_text": [["Jo"]] } },
                        { "type": "FOOTER", "text": "Not interested? Tap Stop promotions" },
                        { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Stop promotions" }] },
                    ]),
                ),
            ],
        }
    }

    /// All of them, or those with this status and name.
    pub(crate) fn list(&self, status: Option<&str>, name: Option<&str>) -> Vec<Value> {
        let wanted = |template: &&Value| {
            status.is_none_or(|status| template["status"] == status)
                && name.is_none_or(|name| template["name"] == name)
        };
        self.all.iter().filter(wanted).cloned().collect()
    }

    /// Stores a new template as PENDING. A name and language may exist once.
    pub(crate) fn create(&mut self, mut template: Value) -> Result<Value, GraphError> {
        for field in ["name", "language", "category"] {
            if !template[field].is_string() {
                return Err(GraphError::new(100, format!("The parameter {field} is required.")));
            }
        }
        let same = |one: &Value| one["name"] == template["name"] && one["language"] == template["language"];
        if self.all.iter().any(same) {
            return Err(GraphError::new(100, "There is already content for this template in this language"));
        }
        template["id"] = graph_id().into();
        template["status"] = "PENDING".into();
        self.all.push(template.clone());
        Ok(template)
    }

    /// The review ends; answers what the product is told.
    pub(crate) fn review(&mut self, id: &str) -> Option<Value> {
        let template = self.all.iter_mut().find(|template| template["id"] == id)?;
        let rejected = template["name"].as_str().is_some_and(|name| name.contains("reject"));
        let (event, reason) = if rejected { ("REJECTED", "INVALID_FORMAT") } else { ("APPROVED", "NONE") };
        template["status"] = event.into();
        Some(json!({
            "event": event,
            "message_template_id": id.parse::<u64>().unwrap_or_default(),
            "message_template_name": template["name"],
            "message_template_language": template["language"],
            "reason": reason,
        }))
    }

    pub(crate) fn delete(&mut self, name: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|template| template["name"] != name);
        self.all.len() < before
    }

    /// Fills in a template as a send asks for it.
    pub(crate) fn render(&self, send: &Value) -> Result<Rendered, GraphError> {
        let (name, language) = (text(&send["name"]), text(&send["language"]["code"]));
        let found = self.all.iter().find(|one| one["name"] == name && one["language"] == language);
        let Some(template) = found else {
            let details = format!("template name ({name}) does not exist in {language}");
            return Err(GraphError::new(132_001, details));
        };
        match text(&template["status"]) {
            "APPROVED" => {}
            "PAUSED" => return Err(GraphError::new(132_015, "Template is paused")),
            "DISABLED" => return Err(GraphError::new(132_016, "Template is disabled")),
            status => return Err(GraphError::new(132_001, format!("template {name} is {status}"))),
        }
        Ok(Rendered {
            body: filled(template, send)?,
            buttons: quick_replies(template, send),
            category: text(&template["category"]).to_lowercase(),
        })
    }
}

fn filled(template: &Value, send: &Value) -> Result<String, GraphError> {
    let mut parts = Vec::new();
    for component in list(&template["components"]) {
        let kind = text(&component["type"]);
        let mut line = text(&component["text"]).to_owned();
        let wanted = line.matches("{{").count();
        let given = parameters(send, &kind.to_lowercase(), None);
        if (kind == "BODY" || wanted > 0) && given.len() != wanted {
            let details = format!(
                "{}: number of localizable_params ({}) does not match the expected number of params ({wanted})",
                kind.to_lowercase(),
                given.len()
            );
            return Err(GraphError::new(132_000, details));
        }
        for (position, parameter) in given.iter().enumerate() {
            let name = parameter["parameter_name"]
                .as_str()
                .map_or_else(|| (position + 1).to_string(), str::to_owned);
            line = line.replace(&format!("{{{{{name}}}}}"), &parameter_text(parameter));
        }
        if !line.is_empty() {
            parts.push(line);
        }
    }
    Ok(parts.join("\n"))
}

fn quick_replies(template: &Value, send: &Value) -> Vec<Button> {
    let buttons = list(&template["components"]).iter().flat_map(|component| list(&component["buttons"]));
    buttons
        .enumerate()
        .filter(|(_, button)| button["type"] == "QUICK_REPLY")
        .map(|(index, button)| {
            let title = text(&button["text"]).to_owned();
            let payload = parameters(send, "button", Some(index));
            let id = payload.first().and_then(|parameter| parameter["payload"].as_str()).unwrap_or(&title);
            Button { id: id.to_owned(), title: title.clone(), kind: "quick_reply" }
        })
        .collect()
}

/// The parameters a send gives for one component; buttons are told apart by their index.
fn parameters<'a>(send: &'a Value, kind: &str, index: Option<usize>) -> &'a [Value] {
    let index_matches = |component: &Value| match (index, &component["index"]) {
        (None, _) => true,
        (Some(index), Value::String(given)) => given.parse() == Ok(index),
        (Some(index), given) => given.as_u64() == Some(index as u64),
    };
    list(&send["components"])
        .iter()
        .find(|component| text(&component["type"]).eq_ignore_ascii_case(kind) && index_matches(component))
        .map_or(&[], |component| list(&component["parameters"]))
}

fn parameter_text(parameter: &Value) -> String {
    let fallback =
        ["currency", "date_time"].iter().find_map(|kind| parameter[kind]["fallback_value"].as_str());
    parameter["text"].as_str().or(fallback).unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
