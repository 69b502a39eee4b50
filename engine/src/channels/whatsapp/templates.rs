//! Templates on the wire: asking for the list page by page, reading it, reading news about one, and the body that sends one.

use super::loose::{list_at, string_at};
use super::transport::Transport;
use crate::channels::{Event, HttpCall, OutgoingMedia, TemplateChange, TemplateNews};
use crate::message::MediaKind;
use crate::template::fill::{Filled, Parameter};
use crate::template::{Quality, TemplateStatus};
use serde_json::{Map, Value, json};

/// Templates asked for at once; an answer with this many of the longest fits the limit of an answer.
const PAGE: usize = 100;

/// A template as the provider lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub provider_id: Option<String>,
    pub name: String,
    pub language: String,
    pub category: String,
    pub status: TemplateStatus,
    pub quality: Quality,
    pub components: Value,
}

/// One page of the list, and where the next begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub templates: Vec<Listed>,
    pub next: Option<String>,
}

/// Asks for the page that begins at `after`.
pub fn list_call(transport: &Transport, waba_id: &str, after: Option<&str>) -> HttpCall {
    let cursor = |name: &str| {
        let encoded = |at: &str| form_urlencoded::byte_serialize(at.as_bytes()).collect::<String>();
        after.map(|at| format!("&{name}={}", encoded(at))).unwrap_or_default()
    };
    match transport {
        Transport::CloudApi { .. } => transport.get_path(&format!(
            "{}/message_templates?limit={PAGE}&fields=id,name,language,category,status,quality_score,components{}",
            form_urlencoded::byte_serialize(waba_id.as_bytes()).collect::<String>(),
            cursor("after"),
        )),
        Transport::Dialog360 { .. } => {
            transport.get_path(&format!("v1/configs/templates?limit={PAGE}{}", cursor("offset")))
        }
    }
}

/// Reads one page; `None` when the answer is not one.
pub fn page(body: &[u8]) -> Option<Page> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    if answer.get("waba_templates").is_some_and(Value::is_array) {
        return Some(Page { templates: listed(&answer, "waba_templates"), next: next_offset(&answer) });
    }
    answer.get("data").filter(|data| data.is_array())?;
    let paging = answer.get("paging");
    // The last page has cursors, too, but no link to another.
    let more = paging.and_then(|paging| paging.get("next")).is_some_and(Value::is_string);
    let after = paging.and_then(|paging| paging.get("cursors")).map(|cursors| string_at(cursors, "after"));
    Some(Page { templates: listed(&answer, "data"), next: after.filter(|at| more && !at.is_empty()) })
}

/// 360dialog counts.
fn next_offset(answer: &Value) -> Option<String> {
    let number = |key: &str| super::loose::integer_at(answer, key);
    let shown = i64::try_from(list_at(answer, "waba_templates").len()).ok()?;
    let end = number("offset").unwrap_or(0).checked_add(shown)?;
    (shown > 0 && end < number("total").unwrap_or(0)).then(|| end.to_string())
}

/// An entry without a name or a language is none.
fn listed(answer: &Value, key: &str) -> Vec<Listed> {
    let entry = |entry: &Value| {
        let (name, language) = (string_at(entry, "name"), language_of(entry));
        let quality = entry.get("quality_score").map(|quality| match quality {
            Value::String(word) => word.clone(),
            other => string_at(other, "score"),
        });
        (!name.is_empty() && !language.is_empty()).then(|| Listed {
            provider_id: Some(string_at(entry, "id")).filter(|id| !id.is_empty()),
            name,
            language,
            category: string_at(entry, "category").to_lowercase(),
            status: TemplateStatus::of_provider(&string_at(entry, "status")),
            quality: Quality::parse(&quality.unwrap_or_default()),
            components: entry.get("components").cloned().unwrap_or_else(|| json!([])),
        })
    };
    list_at(answer, key).iter().filter_map(entry).collect()
}

/// "en_GB", or `{"code":"en_GB"}` as some accounts answer.
fn language_of(entry: &Value) -> String {
    match entry.get("language") {
        Some(Value::Object(_)) => entry.get("language").map(|l| string_at(l, "code")).unwrap_or_default(),
        _ => string_at(entry, "language"),
    }
}

/// What a webhook's `field` and `value` say about a template; `None` for other fields.
pub(super) fn event(field: &str, waba_id: Option<String>, value: &Value) -> Option<Event> {
    let change = match field {
        "message_template_status_update" => {
            let event = string_at(value, "event");
            let flagged = event.eq_ignore_ascii_case("flagged");
            TemplateChange::Status {
                status: TemplateStatus::of_provider(&event),
                quality: flagged.then_some(Quality::Red),
            }
        }
        "message_template_quality_update" => {
            TemplateChange::Quality(Quality::parse(&string_at(value, "new_quality_score")))
        }
        "template_category_update" => {
            let category = string_at(value, "new_category").to_lowercase();
            if category.is_empty() { TemplateChange::Other } else { TemplateChange::Category(category) }
        }
        "message_template_components_update" => TemplateChange::Other,
        _ => return None,
    };
    let (name, language) =
        (string_at(value, "message_template_name"), string_at(value, "message_template_language"));
    if name.is_empty() || language.is_empty() {
        return Some(Event::Ignored { reason: "template_without_name" });
    }
    Some(Event::Template(TemplateNews { waba_id, name, language, change }))
}

/// The `template` object of a send.
pub(super) fn content(template: &Filled, media: Option<&OutgoingMedia>) -> Value {
    let mut components = Vec::new();
    let header = media.map(|media| vec![file_parameter(media)]);
    let header = header.unwrap_or_else(|| texts(&template.parameters.header));
    if !header.is_empty() {
        components.push(json!({"type": "header", "parameters": header}));
    }
    if !template.parameters.body.is_empty() {
        components.push(json!({"type": "body", "parameters": texts(&template.parameters.body)}));
    }
    for button in &template.parameters.buttons {
        let parameter = if button.kind == "copy_code" {
            json!({"type": "coupon_code", "coupon_code": button.text})
        } else {
            json!({"type": "text", "text": button.text})
        };
        components.push(json!({"type": "button", "sub_type": button.kind, "index": button.index.to_string(),
            "parameters": [parameter]}));
    }
    let mut content = json!({"name": template.name, "language": {"code": template.language}});
    if let (Some(content), false) = (content.as_object_mut(), components.is_empty()) {
        content.insert("components".to_owned(), components.into());
    }
    content
}

fn texts(parameters: &[Parameter]) -> Vec<Value> {
    let text = |parameter: &Parameter| {
        let mut text = Map::new();
        text.insert("type".to_owned(), "text".into());
        if let Some(name) = &parameter.name {
            text.insert("parameter_name".to_owned(), name.as_str().into());
        }
        text.insert("text".to_owned(), parameter.text.as_str().into());
        Value::Object(text)
    };
    parameters.iter().map(text).collect()
}

fn file_parameter(media: &OutgoingMedia) -> Value {
    let kind = media.kind.as_str();
    let by_url = media.reference.starts_with("https://") || media.reference.starts_with("http://");
    let mut file = Map::new();
    file.insert(if by_url { "link" } else { "id" }.to_owned(), media.reference.as_str().into());
    if let (MediaKind::Document, Some(name)) = (media.kind, &media.file_name) {
        file.insert("filename".to_owned(), name.as_str().into());
    }
    let mut parameter = Map::new();
    parameter.insert("type".to_owned(), kind.into());
    parameter.insert(kind.to_owned(), Value::Object(file));
    Value::Object(parameter)
}
