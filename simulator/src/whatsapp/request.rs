//! The body of `POST …/messages`, checked the way Meta checks it.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use serde_json::Value;

use super::error::GraphError;
use crate::phone::handset::Button;

pub(super) enum Request {
    Read { message_id: String, typing: bool },
    Send(Box<Outgoing>),
}

pub(super) struct Outgoing {
    /// As dialled: a number in any notation, or a business-scoped user id.
    pub(super) to: String,
    pub(super) kind: &'static str,
    /// Text or caption; empty for templates until they are rendered.
    pub(super) body: String,
    pub(super) file: Option<File>,
    pub(super) file_name: Option<String>,
    pub(super) buttons: Vec<Button>,
    pub(super) reply_to: Option<String>,
    /// The message a reaction is about; the emoji is the body.
    pub(super) reaction_to: Option<String>,
    pub(super) template: Option<Value>,
    pub(super) attempt_key: Option<String>,
}

pub(super) enum File {
    Id(String),
    Link(String),
}

const KINDS: [&str; 11] = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
];

pub(super) fn parse(body: &Value) -> Result<Request, GraphError> {
    if body["messaging_product"] != "whatsapp" {
        return Err(GraphError::new(100, "The parameter messaging_product is required."));
    }
    if body["status"] == "read" {
        let message_id = required(&body["message_id"], "message_id")?;
        return Ok(Request::Read { message_id, typing: body["typing_indicator"].is_object() });
    }
    let to = body["to"].as_str().filter(|to| !to.is_empty()).or_else(|| body["recipient"].as_str());
    let Some(to) = to else { return Err(GraphError::new(100, "The parameter to is required.")) };
    let wanted = body["type"].as_str().unwrap_or("text");
    let Some(kind) = KINDS.into_iter().find(|kind| *kind == wanted) else {
        return Err(GraphError::new(131_051, format!("Message type {wanted} is not supported")));
    };
    let content = &body[kind];
    if content.is_null() {
        return Err(GraphError::new(131_008, format!("Parameter '{kind}' is missing")));
    }
    let file = file(kind, content)?;
    Ok(Request::Send(Box::new(Outgoing {
        to: to.to_owned(),
        kind,
        body: text_of(kind, content)?,
        file,
        file_name: content["filename"].as_str().map(str::to_owned),
        buttons: buttons(content)?,
        reply_to: body["context"]["message_id"].as_str().map(str::to_owned),
        reaction_to: if kind == "reaction" {
            Some(required(&content["message_id"], "message_id")?)
        } else {
            None
        },
        template: (kind == "template").then(|| content.clone()),
        attempt_key: body["biz_opaque_callback_data"].as_str().map(str::to_owned),
    })))
}

fn required(value: &Value, name: &str) -> Result<String, GraphError> {
    let missing = || GraphError::new(131_008, format!("Parameter '{name}' is missing"));
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(missing)
}

fn limited(value: &Value, name: &str, limit: usize) -> Result<String, GraphError> {
    let text = value.as_str().unwrap_or_default();
    if text.chars().count() > limit {
        return Err(GraphError::new(131_009, format!("{name} must be at most {limit} characters long")));
    }
    Ok(text.to_owned())
}

fn text_of(kind: &str, content: &Value) -> Result<String, GraphError> {
    match kind {
        "text" => {
            required(&content["body"], "text.body")?;
            limited(&content["body"], "text.body", 4096)
        }
        "image" | "video" | "document" => limited(&content["caption"], "caption", 1024),
        "audio" | "sticker" if !content["caption"].is_null() => {
            Err(GraphError::new(100, format!("Unexpected key \"caption\" on param \"{kind}\"")))
        }
        "reaction" => Ok(content["emoji"].as_str().unwrap_or_default().to_owned()),
        "interactive" => {
            required(&content["body"]["text"], "interactive.body.text")?;
            limited(&content["body"]["text"], "interactive.body.text", 1024)
        }
        "location" => {
            let place =
                content["name"].as_str().or_else(|| content["address"].as_str()).unwrap_or("Location");
            Ok(format!("{place} ({}, {})", content["latitude"], content["longitude"]))
        }
        "contacts" => {
            let name = &content[0]["name"]["formatted_name"];
            Ok(required(name, "contacts[0].name.formatted_name")?)
        }
        _ => Ok(String::new()),
    }
}

fn file(kind: &str, content: &Value) -> Result<Option<File>, GraphError> {
    if !matches!(kind, "image" | "video" | "audio" | "document" | "sticker") {
        return Ok(None);
    }
    match (content["id"].as_str(), content["link"].as_str()) {
        (Some(id), _) => Ok(Some(File::Id(id.to_owned()))),
        (None, Some(link)) => Ok(Some(File::Link(link.to_owned()))),
        (None, None) => Err(GraphError::new(131_008, format!("Parameter '{kind}' needs an id or a link"))),
    }
}

fn buttons(content: &Value) -> Result<Vec<Button>, GraphError> {
    let action = &content["action"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let replies: Vec<Value> = list(&action["buttons"]).iter().map(|button| button["reply"].clone()).collect();
    let rows: Vec<Value> =
        list(&action["sections"]).iter().flat_map(|section| list(&section["rows"])).collect();
    if replies.len() > 3 {
        return Err(GraphError::new(131_009, "At most 3 reply buttons are allowed"));
    }
    if rows.len() > 10 {
        return Err(GraphError::new(131_009, "Total row count exceeds the limit of 10"));
    }
    let replies = replies.into_iter().map(|reply| ("button_reply", 20, reply));
    let rows = rows.into_iter().map(|row| ("list_reply", 24, row));
    replies
        .chain(rows)
        .map(|(kind, limit, reply)| {
            let id = required(&reply["id"], "id")?;
            Ok(Button { id, title: limited(&reply["title"], "title", limit)?, kind })
        })
        .collect()
}
