//! Filling in a template the way Meta does: every parameter is counted and checked before anything leaves.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use serde_json::Value;

use super::Templates;
use crate::phone::handset::Button;
use crate::whatsapp::error::GraphError;

/// Longest body, in characters.
const LONGEST_BODY: usize = 1_024;

/// A template with its parameters filled in.
pub(crate) struct Rendered {
    pub(crate) body: String,
    /// The header's file: an uploaded id, or a link.
    pub(crate) media: Option<HeaderFile>,
    pub(crate) buttons: Vec<Button>,
    /// Lower case, as prices name it.
    pub(crate) category: String,
}

pub(crate) enum HeaderFile {
    Id(String),
    Link(String),
}

impl Templates {
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
        let (body, media) = filled(template, send)?;
        check_links(template, send)?;
        Ok(Rendered {
            body,
            media,
            buttons: quick_replies(template, send),
            category: text(&template["category"]).to_lowercase(),
        })
    }
}

fn filled(template: &Value, send: &Value) -> Result<(String, Option<HeaderFile>), GraphError> {
    let (mut parts, mut media) = (Vec::new(), None);
    for component in list(&template["components"]) {
        let kind = text(&component["type"]);
        let given = parameters(send, &kind.to_lowercase(), None);
        let format = text(&component["format"]);
        if kind == "HEADER" && matches!(format, "IMAGE" | "VIDEO" | "DOCUMENT") {
            media = Some(header_file(&format.to_lowercase(), given)?);
            continue;
        }
        let line = filled_line(text(&component["text"]), &kind.to_lowercase(), given)?;
        if kind == "BODY" && line.chars().count() > LONGEST_BODY {
            return Err(GraphError::new(132_005, "body: Translated text too long"));
        }
        if !line.is_empty() {
            parts.push(line);
        }
    }
    Ok((parts.join("\n"), media))
}

fn filled_line(line: &str, kind: &str, given: &[Value]) -> Result<String, GraphError> {
    let names = variables(line);
    if (kind == "body" || !names.is_empty()) && given.len() != names.len() {
        let details = format!(
            "{kind}: number of localizable_params ({}) does not match the expected number of params ({})",
            given.len(),
            names.len()
        );
        return Err(GraphError::new(132_000, details));
    }
    let mut line = line.to_owned();
    for (position, parameter) in given.iter().enumerate() {
        let value = parameter_text(parameter);
        if value.is_empty() {
            return Err(GraphError::new(131_008, format!("{kind}: parameter {} has no text", position + 1)));
        }
        if value.contains(['\n', '\r', '\t']) || value.contains("    ") {
            let details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
            return Err(GraphError::new(132_018, details));
        }
        let name =
            parameter["parameter_name"].as_str().map_or_else(|| (position + 1).to_string(), str::to_owned);
        line = line.replace(&format!("{{{{{name}}}}}"), &value);
    }
    Ok(line)
}

/// The names between double braces, each once.
fn variables(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for piece in line.split("{{").skip(1) {
        if let Some((name, _)) = piece.split_once("}}")
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

fn header_file(kind: &str, given: &[Value]) -> Result<HeaderFile, GraphError> {
    let mismatch = || {
        GraphError::new(
            132_012,
            format!("header: Format mismatch, expected {}, received UNKNOWN", kind.to_uppercase()),
        )
    };
    let file = &given.first().filter(|one| text(&one["type"]) == kind).ok_or_else(mismatch)?[kind];
    match (file["id"].as_str(), file["link"].as_str()) {
        (Some(id), _) => Ok(HeaderFile::Id(id.to_owned())),
        (None, Some(link)) => Ok(HeaderFile::Link(link.to_owned())),
        (None, None) => Err(mismatch()),
    }
}

/// A link with a variable, and a code, need their parameter.
fn check_links(template: &Value, send: &Value) -> Result<(), GraphError> {
    let buttons = list(&template["components"]).iter().flat_map(|component| list(&component["buttons"]));
    for (index, button) in buttons.enumerate() {
        let needs = button["type"] == "COPY_CODE" || !variables(text(&button["url"])).is_empty();
        if needs && parameters(send, "button", Some(index)).is_empty() {
            let kind = text(&button["type"]);
            let details = format!("Button at index {index} of type {kind} requires a parameter");
            return Err(GraphError::new(131_008, details));
        }
    }
    Ok(())
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
