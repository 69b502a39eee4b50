//! Who a request really comes from: the peer, or behind a proxy that is trusted whoever the proxy says.
//!
//! Limits and the audit log hang on this. A header that anybody may write moves nobody's limit: `X-Forwarded-For` counts from a trusted peer
//! only, and is read from its end, where our own proxies write.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Once;

const FORWARDED: &str = "x-forwarded-for";

/// Proxies in front of this server: addresses and networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// `10.0.0.0/8`; a plain address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    prefix: u32,
}

/// What is not an address or a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotANetwork(String);

impl fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is neither an address nor a network", self.0)
    }
}

impl std::error::Error for NotANetwork {}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (base, prefix) = text.split_once('/').map_or((text, None), |(base, prefix)| (base, Some(prefix)));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let widest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(widest), |prefix| prefix.parse().map_err(|_| wrong()))?;
        if prefix > widest { Err(wrong()) } else { Ok(Self { base, prefix }) }
    }
}

impl FromStr for Proxies {
    type Err = NotANetwork;

    /// A list with commas; an empty one trusts nobody.
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        let rest = |widest: u32| widest - self.prefix;
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let differ = base.to_bits() ^ address.to_bits();
                differ.checked_shr(rest(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let differ = base.to_bits() ^ address.to_bits();
                differ.checked_shr(rest(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl Proxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// Where a request comes from, as far as it can be believed.
    pub fn source(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !headers.contains_key(FORWARDED) {
            return peer;
        }
        if !self.trusts(peer) {
            warn_of(peer);
            return peer;
        }
        let mut nearest = peer;
        for text in headers.get_all(FORWARDED).collect::<Vec<_>>().into_iter().rev() {
            for name in text.to_str().unwrap_or_default().rsplit(',') {
                // Behind something that is no address nothing can be believed.
                let Some(address) = address_in(name.trim()) else { return nearest };
                nearest = address;
                if !self.trusts(address) {
                    return address;
                }
            }
        }
        nearest
    }
}

/// Once: whoever runs this behind a proxy without saying so has one limit for all of their visitors.
fn warn_of(peer: IpAddr) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(%peer, "a request was forwarded by a proxy that is not among --trusted-proxies; limits and the audit log take the proxy for the person");
    });
}

/// Some proxies write the port behind it.
fn address_in(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split(']').next());
    let address = text.parse().ok().or_else(|| bare?.parse().ok());
    let address = address.or_else(|| text.split_once(':').and_then(|(host, _)| host.parse().ok()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Whether somebody in front of us says that they passed this on.
pub fn is_forwarded(request: &HttpRequest) -> bool {
    request.headers().contains_key(FORWARDED) || request.headers().contains_key("forwarded")
}

/// The key of an address for limits: a home or a company has a whole network of IPv6 addresses.
pub fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn source(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static(FORWARDED), HeaderValue::from_str(value).unwrap());
        }
        trusted.parse::<Proxies>().unwrap().source(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_peer_is_believed_and_only_from_the_end() {
        let two = "10.0.0.0/8, 192.168.1.5, fd00::/8";
        for (trusted, peer, forwarded, wanted) in [
            ("", "203.0.113.9", &["1.2.3.4"][..], "203.0.113.9"),
            ("", "127.0.0.1", &["1.2.3.4"], "127.0.0.1"),
            ("127.0.0.1", "127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", "127.0.0.1", &["1.2.3.4"], "1.2.3.4"),
            ("127.0.0.1", "::ffff:127.0.0.1", &["1.2.3.4"], "1.2.3.4"),
            ("127.0.0.1", "127.0.0.1", &["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
            ("127.0.0.1", "127.0.0.1", &["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
            (two, "10.1.2.3", &["6.6.6.6, 1.2.3.4, 192.168.1.5"], "1.2.3.4"),
            (two, "fd00::1", &["2001:db8::7"], "2001:db8::7"),
            (two, "11.1.2.3", &["1.2.3.4"], "11.1.2.3"),
            (two, "10.1.2.3", &["nonsense, 192.168.1.5"], "192.168.1.5"),
            (two, "10.1.2.3", &["1.2.3.4:5678"], "1.2.3.4"),
            (two, "10.1.2.3", &["[2001:db8::7]:5678"], "2001:db8::7"),
            ("0.0.0.0/0", "10.1.2.3", &["1.2.3.4"], "1.2.3.4"),
        ] {
            assert_eq!(source(trusted, peer, forwarded), wanted, "{trusted} {peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["localhost", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0", "10.0.0.0/x"] {
            assert!(bad.parse::<Proxies>().is_err(), "{bad}");
        }
        assert_eq!("".parse::<Proxies>(), Ok(Proxies::default()));
    }

    #[test]
    fn neighbours_on_ipv6_are_one() {
        let key = |text: &str| household(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2:aaaa::1"), key("2001:db8:1:2:bbbb::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("1.2.3.4"), key("1.2.3.5"));
    }
}
