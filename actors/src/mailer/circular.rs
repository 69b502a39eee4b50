//! Circulars: the same words to many, each with a way of its own to get no more of them.

use super::draft::{Draft, escape};

/// A mail to one of many.
#[derive(Clone, PartialEq, Eq)]
pub struct Circular {
    pub to: String,
    /// Empty where nobody has given them a name.
    pub to_name: String,
    pub subject: String,
    pub text: String,
    /// Who writes, for the line that says why this came.
    pub business: String,
    /// Where this one reader says: no more.
    pub unsubscribe: String,
}

impl Circular {
    pub(super) fn draft(&self) -> Draft<'_> {
        Draft {
            to: &self.to,
            to_name: &self.to_name,
            subject: &self.subject,
            plain: self.plain(),
            html: self.html(),
            unsubscribe: Some(&self.unsubscribe),
        }
    }

    fn why(&self) -> String {
        format!("You get this e-mail because you are a customer of {}.", self.business)
    }

    fn plain(&self) -> String {
        let Self { text, unsubscribe, .. } = self;
        format!("{text}\n\n-- \n{}\nUnsubscribe: {unsubscribe}\n", self.why())
    }

    fn html(&self) -> String {
        let (url, why) = (escape(&self.unsubscribe), escape(&self.why()));
        format!(
            "<!doctype html><html lang=\"en\"><body style=\"font-family:sans-serif;font-size:15px;line-height:1.5;color:#1a1a1a\">\
             {}<p style=\"margin-top:32px;font-size:13px;color:#57606a\">{why}<br>\
             <a href=\"{url}\" style=\"color:#57606a\">Unsubscribe</a></p></body></html>\n",
            paragraphs(&self.text)
        )
    }
}

fn paragraphs(text: &str) -> String {
    let lines = |part: &str| part.split('\n').map(line).collect::<Vec<_>>().join("<br>");
    format!("<p>{}</p>", text.split("\n\n").map(lines).collect::<Vec<_>>().join("</p><p>"))
}

/// What is typed as an address of the web becomes a link; everything else is words.
fn line(text: &str) -> String {
    let word = |word: &str| {
        if !word.starts_with("https://") && !word.starts_with("http://") {
            return escape(word);
        }
        let address = word.trim_end_matches(['.', ',', ';', ':', '!', ')', '>']);
        let rest = word.get(address.len()..).unwrap_or_default();
        let (address, rest) = (escape(address), escape(rest));
        format!("<a href=\"{address}\">{address}</a>{rest}")
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_links_and_nothing_typed_is_markup() {
        let circular = Circular {
            to: "jo@x.test".to_owned(),
            to_name: String::new(),
            subject: "We moved".to_owned(),
            text: "Hello <b>,\n\nwrite here: https://wa.me/44?text=a&b\"c.\nBye".to_owned(),
            business: "Bean & Leaf".to_owned(),
            unsubscribe: "https://x.test/unsubscribe/1-2-ab".to_owned(),
        };
        let html = circular.html();
        let link = "<a href=\"https://wa.me/44?text=a&amp;b&quot;c\">https://wa.me/44?text=a&amp;b&quot;c</a>.<br>Bye";
        assert!(html.contains(link) && html.contains("Hello &lt;b&gt;,") && !html.contains("<b>"), "{html}");
        assert!(
            html.contains("href=\"https://x.test/unsubscribe/1-2-ab\"") && html.contains("Bean &amp; Leaf")
        );
        assert!(circular.plain().ends_with("Unsubscribe: https://x.test/unsubscribe/1-2-ab\n"));
    }
}
