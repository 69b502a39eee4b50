//! The document as a page: every call with its inputs and answers. No script, nothing from elsewhere.

use super::escape;
use serde_json::Value;
use std::fmt::Write;
use utoipa::openapi::OpenApi;

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
<title>Switchboard API</title><style>\
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
code{font-family:ui-monospace,monospace;font-size:.9em}section{border-top:1px solid #8884;padding:.75rem 0}\
h3{margin:.25rem 0;font-size:1rem}h3 b{display:inline-block;min-width:4.5rem}p{margin:.25rem 0}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem;margin:.25rem 0}dd{margin:0}a{color:inherit}</style></head><body>\
<h1>Switchboard API</h1><p>For programs: <a href=\"/api/openapi.json\"><code>/api/openapi.json</code></a>, OpenAPI 3.1.</p>";

pub(super) fn render(document: &OpenApi) -> String {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut page = HEAD.to_owned();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            section(&mut page, &method.to_uppercase(), path, operation);
        }
    }
    page.push_str("<h2>Shapes</h2>");
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        let body = serde_json::to_string_pretty(schema).unwrap_or_default();
        let (name, body) = (escape(name), escape(&body));
        let _ = write!(
            page,
            "<details id=\"{name}\"><summary><code>{name}</code></summary><pre><code>{body}</code></pre></details>"
        );
    }
    page.push_str("</body></html>");
    page
}

fn section(page: &mut String, method: &str, path: &str, operation: &Value) {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).map(escape).unwrap_or_default();
    let path = escape(path);
    let _ = write!(
        page,
        "<section><h3><b>{method}</b><code>{path}</code></h3><p>{} {}</p><dl>",
        text("summary"),
        text("description")
    );
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let field = |name: &str| parameter.get(name).and_then(Value::as_str).map(escape).unwrap_or_default();
        let _ = write!(page, "<dt><code>{}</code></dt><dd>{}</dd>", field("name"), field("description"));
    }
    if let Some(shape) = operation.get("requestBody").and_then(shape_of) {
        let _ = write!(page, "<dt>body</dt><dd>{shape}</dd>");
    }
    for (status, answer) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        let description = answer.get("description").and_then(Value::as_str).map(escape).unwrap_or_default();
        let shape = shape_of(answer).unwrap_or_default();
        let _ = write!(page, "<dt><code>{}</code></dt><dd>{shape} {description}</dd>", escape(status));
    }
    page.push_str("</dl></section>");
}

/// A link to the shape of a body, where it has a name.
fn shape_of(holder: &Value) -> Option<String> {
    let content = holder.get("content")?.as_object()?;
    let reference = content.values().find_map(|one| one.pointer("/schema/$ref"))?.as_str()?;
    let name = escape(reference.rsplit('/').next()?);
    Some(format!("<a href=\"#{name}\"><code>{name}</code></a>"))
}
