//! Origins: which pages are ours, and which may show a widget.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, ORIGIN};
use std::net::SocketAddr;
use switchboard_actors::roster::Line;

/// Our own origins: the public URL's, and on a loopback address every name of this machine.
pub struct Origins {
    own: Vec<String>,
    secure: bool,
}

impl Origins {
    pub fn new(public_url: &str, bound: SocketAddr) -> Self {
        let mut own = vec![public_url.to_ascii_lowercase()];
        if bound.ip().is_loopback() {
            own.extend(
                ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("http://{host}:{}", bound.port())),
            );
        }
        Self { own, secure: public_url.starts_with("https://") }
    }

    pub fn is_own(&self, origin: &str) -> bool {
        self.own.iter().any(|own| own.eq_ignore_ascii_case(origin))
    }

    /// Whether browsers reach us over https, so that cookies can say so.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether a page of `origin` may talk to the widget of `line`. The panel itself comes from us.
    pub fn admits(&self, origin: Option<&str>, line: &Line) -> bool {
        let Some(origin) = origin else { return false };
        let mut allowed = allowed_origins(line).peekable();
        self.is_own(origin) || allowed.peek().is_none() || allowed.any(|pattern| matches(pattern, origin))
    }
}

/// The setting `allowed_origins`: `https://shop.example`, `https://*.shop.example` or `http://localhost:*`; none means any.
pub fn allowed_origins(line: &Line) -> impl Iterator<Item = &str> {
    let list = line.settings.get("allowed_origins").and_then(serde_json::Value::as_array);
    list.into_iter().flatten().filter_map(serde_json::Value::as_str).filter(|pattern| is_source(pattern))
}

/// Whether this can stand in a `frame-ancestors` list as it is.
pub fn is_source(pattern: &str) -> bool {
    let Some((scheme, host)) = pattern.split_once("://") else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '*' | '[' | ']');
    matches!(scheme, "http" | "https") && !host.is_empty() && host.chars().all(plain)
}

fn matches(pattern: &str, origin: &str) -> bool {
    let (pattern, origin) = (pattern.to_ascii_lowercase(), origin.to_ascii_lowercase());
    let any_port = pattern.strip_suffix(":*");
    let (wanted, given) = match any_port {
        Some(wanted) => (wanted, without_port(&origin)),
        None => (pattern.as_str(), origin.as_str()),
    };
    match wanted.split_once("://*.") {
        Some((scheme, domain)) => {
            let host = given.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
            host.and_then(|host| host.strip_suffix(domain))
                .is_some_and(|below| below.len() > 1 && below.ends_with('.'))
        }
        None => wanted == given,
    }
}

fn without_port(origin: &str) -> &str {
    match origin.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => origin,
    }
}

/// The `Origin` header, if there is exactly one and it is text.
pub fn of(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(ORIGIN);
    let first = all.next()?;
    if all.next().is_some() { None } else { first.to_str().ok() }
}

/// As [`of`], for a request.
pub fn of_request(request: &HttpRequest) -> Option<&str> {
    of(request.headers())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_origins_only() {
        for (pattern, origin, wanted) in [
            ("https://shop.example", "https://shop.example", true),
            ("https://shop.example", "https://SHOP.example", true),
            ("https://shop.example", "http://shop.example", false),
            ("https://shop.example", "https://shop.example.evil", false),
            ("https://shop.example", "https://evilshop.example", false),
            ("https://shop.example", "https://shop.example:8443", false),
            ("https://*.shop.example", "https://www.shop.example", true),
            ("https://*.shop.example", "https://shop.example", false),
            ("https://*.shop.example", "https://evilshop.example", false),
            ("https://*.shop.example", "https://.shop.example", false),
            ("http://localhost:*", "http://localhost:5173", true),
            ("http://localhost:*", "http://localhost", true),
            ("http://localhost:*", "http://localhost.evil:80", false),
            ("https://shop.example", "null", false),
        ] {
            assert_eq!(matches(pattern, origin), wanted, "{pattern} {origin}");
        }
        for bad in ["shop.example", "https://a b", "https://x; script-src *", "javascript://x", "https://"] {
            assert!(!is_source(bad), "{bad}");
        }
    }

    #[test]
    fn loopback_has_several_names() {
        let origins = Origins::new("http://127.0.0.1:8080", "127.0.0.1:8080".parse().unwrap());
        assert!(origins.is_own("http://localhost:8080") && !origins.is_own("http://localhost:8081"));
        let public = Origins::new("https://chat.example", "10.0.0.1:80".parse().unwrap());
        assert!(
            public.is_own("https://chat.example")
                && !public.is_own("http://localhost:80")
                && public.is_secure()
        );
    }
}
