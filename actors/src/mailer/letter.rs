//! Letters: what a mail says, as plain text and as a simple page.

use super::draft::{Draft, escape};
use serde_json::{Value, json};

/// A mail before it is put into an envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub to_name: String,
    pub subject: String,
    /// Lines before the link or the secret.
    pub text: String,
    /// What to press, and where it leads.
    pub action: (String, String),
    /// Lines after it.
    pub foot: String,
}

impl Letter {
    pub(super) fn to_json(&self) -> Value {
        let Self { to, to_name, subject, text, action: (label, url), foot } = self;
        json!({"to": to, "to_name": to_name, "subject": subject, "text": text, "label": label, "url": url, "foot": foot})
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            to: text("to")?,
            to_name: text("to_name")?,
            subject: text("subject")?,
            text: text("text")?,
            action: (text("label")?, text("url")?),
            foot: text("foot")?,
        })
    }

    pub(super) fn draft(&self) -> Draft<'_> {
        Draft {
            to: &self.to,
            to_name: &self.to_name,
            subject: &self.subject,
            plain: self.plain(),
            html: self.html(),
            unsubscribe: None,
        }
    }

    fn plain(&self) -> String {
        let Self { text, action: (label, url), foot, .. } = self;
        format!("{text}\n\n{label}:\n{url}\n\n{foot}\n")
    }

    fn html(&self) -> String {
        let paragraphs = |text: &str| {
            let parts: Vec<String> =
                text.split("\n\n").map(|part| escape(part).replace('\n', "<br>")).collect();
            format!("<p>{}</p>", parts.join("</p><p>"))
        };
        let (label, url) = (escape(&self.action.0), escape(&self.action.1));
        let style = "display:inline-block;padding:10px 16px;border-radius:6px;background:#1f6feb;color:#ffffff;text-decoration:none";
        format!(
            "<!doctype html><html lang=\"en\"><body style=\"font-family:sans-serif;font-size:15px;line-height:1.5;color:#1a1a1a\">\
             {}<p><a href=\"{url}\" style=\"{style}\">{label}</a></p>{}</body></html>\n",
            paragraphs(&self.text),
            paragraphs(&self.foot)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_becomes_markup() {
        let letter = Letter {
            to: "ann@x.test".to_owned(),
            to_name: "Ann".to_owned(),
            subject: "Hello".to_owned(),
            text: "Hello <script>alert(1)</script>,\n\nBean & Leaf asks.".to_owned(),
            action: ("Go \"on\"".to_owned(), "https://x.test/welcome#a&b".to_owned()),
            foot: "Bye".to_owned(),
        };
        let html = letter.html();
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
        assert!(html.contains("href=\"https://x.test/welcome#a&amp;b\"") && html.contains("Bean &amp; Leaf"));
        assert_eq!(Letter::from_json(&letter.to_json()).map(|again| again == letter), Some(true));
    }
}
