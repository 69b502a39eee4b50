//! What every mail consists of, before it is put into an envelope.

/// A mail, written.
pub(super) struct Draft<'a> {
    pub(super) to: &'a str,
    pub(super) to_name: &'a str,
    pub(super) subject: &'a str,
    /// For those who read text.
    pub(super) plain: String,
    /// For everybody else. No images, no tracking, nothing from elsewhere.
    pub(super) html: String,
    /// Where a mail program's own "unsubscribe" leads (RFC 2369, RFC 8058).
    pub(super) unsubscribe: Option<&'a str>,
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// One line without control characters: nothing anybody types starts a header of its own.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
