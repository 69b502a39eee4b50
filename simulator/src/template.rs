//! Message templates of one account: a few approved samples, and those the product creates.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use serde_json::{Value, json};

mod render;

pub(crate) use render::HeaderFile;

use crate::ids::graph_id;
use crate::whatsapp::error::GraphError;

/// Templates as the Graph API shows them.
pub(crate) struct Templates {
    all: Vec<Value>,
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

    /// Makes these the only ones. Each needs a name, a language and components; the rest is added. One that was there keeps its id.
    pub(crate) fn replace(&mut self, templates: Vec<Value>) {
        let before = std::mem::replace(&mut self.all, templates);
        for template in &mut self.all {
            let known = before
                .iter()
                .find(|one| one["name"] == template["name"] && one["language"] == template["language"]);
            let id = known.map_or_else(|| Value::from(graph_id()), |one| one["id"].clone());
            for (field, usual) in [
                ("id", id),
                ("status", "APPROVED".into()),
                ("category", "UTILITY".into()),
                ("parameter_format", "POSITIONAL".into()),
                ("components", json!([])),
            ] {
                if template[field].is_null() {
                    template[field] = usual;
                }
            }
        }
    }

    /// Somebody at Meta, or enough customers, changed their mind; answers what the product is told.
    pub(crate) fn set_status(&mut self, name: &str, language: &str, status: &str) -> Option<Value> {
        let template = self.find(name, language)?;
        template["status"] = status.into();
        Some(json!({
            "event": status,
            "message_template_id": number_of(template),
            "message_template_name": name,
            "message_template_language": language,
            "reason": if status == "REJECTED" { "INVALID_FORMAT" } else { "NONE" },
            "message_template_category": template["category"],
        }))
    }

    /// The same for what customers think of it: GREEN, YELLOW or RED.
    pub(crate) fn set_quality(&mut self, name: &str, language: &str, score: &str) -> Option<Value> {
        let template = self.find(name, language)?;
        let before = template["quality_score"]["score"].as_str().unwrap_or("UNKNOWN").to_owned();
        template["quality_score"] = json!({ "score": score });
        Some(json!({
            "previous_quality_score": before,
            "new_quality_score": score,
            "message_template_id": number_of(template),
            "message_template_name": name,
            "message_template_language": language,
        }))
    }

    fn find(&mut self, name: &str, language: &str) -> Option<&mut Value> {
        self.all.iter_mut().find(|one| one["name"] == name && one["language"] == language)
    }

    pub(crate) fn delete(&mut self, name: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|template| template["name"] != name);
        self.all.len() < before
    }
}

/// Webhooks write the id as a number.
fn number_of(template: &Value) -> u64 {
    template["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default()
}
