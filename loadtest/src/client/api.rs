//! [`Api`]: the REST interface as one signed-in user sees it.

use super::http::Connection;
use crate::error::{Context, Result, fail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Where the server is.
#[derive(Clone, Debug)]
pub struct Site {
    pub to: SocketAddr,
    /// As browsers name it: `http://127.0.0.1:8080`.
    pub origin: String,
}

impl Site {
    /// Reads `http://127.0.0.1:8080`.
    pub fn of(url: &str) -> Result<Self> {
        let origin = url.trim_end_matches('/').to_owned();
        let Some(host) = origin.strip_prefix("http://") else { fail!("{url}: only http:// is measured") };
        let to: SocketAddr = host.replace("localhost", "127.0.0.1").parse().context(url)?;
        if !to.ip().is_loopback() {
            fail!("{url}: the harness runs against loopback addresses only");
        }
        Ok(Self { to, origin })
    }

    pub fn host(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap_or(&self.origin)
    }
}

pub struct Api {
    pub site: Site,
    /// `name=value`
    pub cookie: Option<String>,
    connection: Option<Connection>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Group {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    pub groups: Vec<Group>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Channel {
    pub id: String,
    pub kind: String,
    pub address: String,
}

impl Api {
    pub fn anonymous(site: &Site) -> Self {
        Self { site: site.clone(), cookie: None, connection: None }
    }

    /// Another connection of the same user.
    pub fn again(&self) -> Self {
        Self { site: self.site.clone(), cookie: self.cookie.clone(), connection: None }
    }

    pub async fn sign_in(site: &Site, email: &str, password: &str) -> Result<Self> {
        let mut api = Self::anonymous(site);
        let body = json!({"email": email, "password": password});
        let (status, answer) = api.call("POST", "/api/v1/session", Some(&body)).await?;
        if status != 201 {
            fail!("signing in as {email} was answered {status} {}", String::from_utf8_lossy(&answer));
        }
        let cookie = api.connection.as_ref().and_then(|connection| connection.header("set-cookie"));
        let Some(cookie) = cookie.and_then(|cookie| cookie.split(';').next()) else {
            fail!("signing in as {email} gave no cookie")
        };
        api.cookie = Some(cookie.to_owned());
        Ok(api)
    }

    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T> {
        self.expect("GET", path, None).await
    }

    pub async fn post<T: DeserializeOwned>(&mut self, path: &str, body: &Value) -> Result<T> {
        self.expect("POST", path, Some(body)).await
    }

    async fn expect<T: DeserializeOwned>(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T> {
        let (status, answer) = self.call(method, path, body).await?;
        if !(200..300).contains(&status) {
            fail!("{method} {path} was answered {status} {}", String::from_utf8_lossy(&answer));
        }
        serde_json::from_slice(&answer).context(format!("{method} {path}"))
    }

    /// Status and body. A connection the server has closed meanwhile is replaced once.
    pub async fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Vec<u8>)> {
        let request = self.request(method, path, body);
        for last in [false, true] {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => Connection::open(self.site.to).await.context(&self.site.origin)?,
            };
            match connection.exchange(&request).await {
                Ok(status) => {
                    let answer = connection.body().to_vec();
                    self.connection = (!connection.closes()).then_some(connection);
                    return Ok((status, answer));
                }
                Err(error) if last => fail!("{method} {path}: {error}"),
                Err(_) => {}
            }
        }
        fail!("{method} {path}: no answer")
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let Site { origin, .. } = &self.site;
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\n{cookie}", self.site.host());
        match body {
            Some(body) => {
                let body = body.to_string();
                format!(
                    "{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            }
            None => format!("{head}\r\n"),
        }
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_sites_are_taken() {
        let site = Site::of("http://localhost:8080/").unwrap();
        assert_eq!((site.to.port(), site.host()), (8080, "localhost:8080"));
        assert!(Site::of("https://127.0.0.1:1").is_err());
        assert!(Site::of("http://192.0.2.1:80").is_err());
    }
}
