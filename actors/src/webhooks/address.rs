//! Where deliveries may go: addresses of the public internet only, looked at when the connection is made, so that a name that leads
//! somewhere else later changes nothing.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use switchboard_engine::webhook::is_public;

const CONNECT: Duration = Duration::from_secs(5);
/// From asking until the answer's head is here.
const ANSWER: Duration = Duration::from_secs(10);
const LONGEST: usize = 2_000;

/// Refuses to tell an address that is not public.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The client of all deliveries; `inside` lets it reach this machine and its network.
pub(super) fn client(inside: bool) -> reqwest::Result<Client> {
    // A proxy would resolve names itself, and a redirect lead where nobody looked.
    let client =
        Client::builder().no_proxy().redirect(Policy::none()).connect_timeout(CONNECT).timeout(ANSWER);
    let client = client.tcp_nodelay(true).user_agent(concat!("Switchboard/", env!("CARGO_PKG_VERSION")));
    if inside { client.build() } else { client.dns_resolver(PublicOnly).build() }
}

/// The URL as it is stored, or a sentence about what is wrong with it.
pub fn check_url(text: &str, inside: bool) -> Result<String, &'static str> {
    if text.len() > LONGEST {
        return Err("is too long");
    }
    let mut url = Url::parse(text.trim()).map_err(|_| "is no URL")?;
    match url.scheme() {
        "https" => {}
        "http" if inside => {}
        _ => return Err("must begin with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password");
    }
    if !(inside || goes_outside(&url)) {
        return Err("must be reachable from the internet; this is an address of a private network");
    }
    url.set_fragment(None);
    Ok(url.into())
}

/// Whether a URL may be called; names are looked at again when they are resolved.
fn goes_outside(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    // Whatever way an address is written, the URL has it in its plain form by now.
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return is_public(address);
    }
    let host = host.trim_end_matches('.');
    let local = ["localhost", "local", "internal"];
    host.contains('.') && !local.iter().any(|end| host == *end || host.ends_with(&format!(".{end}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_17_only_public_addresses_are_taken() {
        for good in ["https://hooks.example.com/a?b=c", "https://8.8.8.8/x", "https://[2606:4700::1111]/x"] {
            assert_eq!(check_url(good, false), Ok(good.to_owned()));
        }
        assert_eq!(
            check_url(" https://hooks.example.com#x ", false),
            Ok("https://hooks.example.com/".to_owned())
        );
        for bad in [
            "",
            "hooks.example.com",
            "http://hooks.example.com/",
            "ftp://hooks.example.com/",
            "file:///etc/passwd",
            "https://user:pass@hooks.example.com/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/",
            "https://localhost./",
            "https://api.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://intranet/",
        ] {
            assert!(check_url(bad, false).is_err(), "{bad}");
        }
        assert!(check_url(&format!("https://hooks.example.com/{}", "x".repeat(2_000)), false).is_err());
        assert!(check_url("http://127.0.0.1:8081/hook", true).is_ok());
        assert!(check_url("ftp://127.0.0.1/", true).is_err());
    }

    /// The name is public by its looks and leads to this machine: what counts is where it leads.
    #[tokio::test]
    async fn d_17_a_name_that_leads_inside_is_not_called() {
        let found = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert_eq!(found.err().map(|error| error.to_string()).as_deref(), Some("no public address"));
    }
}
