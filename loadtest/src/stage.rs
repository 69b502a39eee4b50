//! [`Stage`]: everything a scenario needs before it begins: the server, its database, people, a WhatsApp line and a widget of our own.

use crate::client::api::{Api, Channel, Session};
use crate::client::socket::Door;
use crate::error::{Context, Result, fail};
use crate::graph::Graph;
use crate::hook::Hook;
use crate::options::Options;
use crate::oracle::Rows;
use crate::postgres::Cluster;
use crate::process::Process;
use crate::server::{Launch, Server};
use crate::{readback, sql};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub struct Stage {
    pub server: Server,
    pub database: Database,
    pub admin: Api,
    /// Of everybody who listens, `name=value`.
    cookies: Vec<String>,
    group: String,
    /// The number our customers write to.
    pub phone_number_id: String,
    pub hook: Hook,
    /// Newest number of each conversation that was there before.
    pub before: HashMap<i64, i64>,
    /// The provider of a scenario that brings none.
    _provider: Option<Graph>,
}

/// Where the server keeps its data.
pub enum Database {
    /// The SQLite file; `None` when the server is not ours.
    Sqlite(Option<PathBuf>),
    /// Our own cluster.
    Cluster(Cluster),
    Postgres(String),
}

#[derive(Deserialize)]
struct Made {
    channel: Channel,
}

#[derive(Deserialize)]
struct Channels {
    channels: Vec<Channel>,
}

const APP_SECRET: &str = "loadtest-app-secret-0123456789abcdef";

impl Database {
    /// Opens what `--database` names; a cluster gets its own folder.
    pub async fn open(options: &Options, folder: &Path) -> Result<Self> {
        match options.database.as_str() {
            "sqlite" => Ok(Self::Sqlite(None)),
            "postgres" => Ok(Self::Cluster(Cluster::start(&folder.join("postgres")).await?)),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Self::Postgres(url.to_owned()))
            }
            other => fail!("--database {other}: write sqlite, postgres or postgres://…"),
        }
    }

    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite(_) => None,
            Self::Cluster(cluster) => Some(cluster.url()),
            Self::Postgres(url) => Some(url.clone()),
        }
    }

    /// The database server's process.
    pub fn process(&self) -> Option<Process> {
        match self {
            Self::Cluster(cluster) => Some(Process(cluster.pid())),
            Self::Sqlite(_) | Self::Postgres(_) => None,
        }
    }

    /// What is stored; `None` when it cannot be asked.
    pub async fn rows(&self) -> Result<Option<Rows>> {
        match self {
            Self::Sqlite(None) => Ok(None),
            Self::Sqlite(Some(file)) => {
                let file = file.clone();
                tokio::task::spawn_blocking(move || sql::sqlite(&file)).await?.map(Some)
            }
            Self::Cluster(cluster) => sql::postgres(&cluster.url()).await.map(Some),
            Self::Postgres(url) => sql::postgres(url).await.map(Some),
        }
    }
}

impl Stage {
    /// `provider`: base URL of whoever takes the agents' replies; without one, somebody who is only there: lines are connected to no one else.
    pub async fn set(options: &Options, folder: &Path, provider: Option<&str>) -> Result<Self> {
        let own = match provider {
            Some(_) => None,
            None => Some(Graph::start().await?.0),
        };
        let provider = own.as_ref().map(|graph| graph.base_url.as_str()).or(provider);
        let (server, database) = match &options.url {
            Some(url) => (Server::attach(url, options.pid)?, Database::Sqlite(None)),
            None => start(options, folder).await?,
        };
        let site = &server.site;
        let mut admin = Api::sign_in(site, &options.admin, &options.password).await?;
        let mut cookies = vec![admin.cookie.clone().unwrap_or_default()];
        let mut session: Session = admin.get("/api/v1/session").await?;
        for user in &options.users {
            let mut api = Api::sign_in(site, user, &options.password).await?;
            cookies.push(api.cookie.clone().unwrap_or_default());
            session = api.get("/api/v1/session").await?;
        }
        let Some(group) = session.groups.first() else { fail!("the users are in no group") };
        let phone_number_id = format!("99{:013}", rand::random_range(0..10_u64.pow(13)));
        let settings = json!({"base_url": provider, "api_version": "v23.0", "messages_per_second": 0});
        let credentials = json!({"access_token": "loadtest-token", "app_secret": APP_SECRET, "verify_token": "loadtest-verify"});
        let channel = json!({
            "kind": "whatsapp", "provider": "cloud_api", "name": "WhatsApp load test", "group_id": group.id,
            "address": phone_number_id, "settings": settings, "credentials": credentials,
        });
        let made: Made = admin.post("/api/v1/channels", &channel).await?;
        let hook = Hook::new(site.host(), &made.channel.id, APP_SECRET, &phone_number_id)?;
        let before = readback::numbers(&mut admin).await.context("reading what is there")?;
        let group = group.id.clone();
        Ok(Self { server, database, admin, cookies, group, phone_number_id, hook, before, _provider: own })
    }

    /// A widget for visitors; answers its key.
    pub async fn widget(&mut self) -> Result<String> {
        let settings = json!({"title": "Load test", "allowed_origins": []});
        let channel = json!({
            "kind": "webchat", "provider": "widget", "name": "Load test widget", "group_id": self.group,
            "address": "", "settings": settings, "credentials": {},
        });
        let (status, body) = self.admin.call("POST", "/api/v1/channels", Some(&channel)).await?;
        if (200..300).contains(&status) {
            let made: Made = serde_json::from_slice(&body)?;
            return Ok(made.channel.address);
        }
        // Fall back on a widget that is there.
        let all: Channels = self.admin.get("/api/v1/channels").await?;
        match all.channels.into_iter().find(|channel| channel.kind == "webchat") {
            Some(widget) => Ok(widget.address),
            None => fail!(
                "there is no widget, and making one was answered {status} {}",
                String::from_utf8_lossy(&body)
            ),
        }
    }

    /// The way in for the `nth` agent's socket.
    pub fn agent_door(&self, nth: usize) -> Door {
        let cookie = self.cookies.get(nth % self.cookies.len().max(1)).cloned();
        self.door("/ws/agent", cookie, nth)
    }

    pub fn visitor_door(&self, nth: usize) -> Door {
        self.door("/ws/visitor", None, nth)
    }

    fn door(&self, path: &str, cookie: Option<String>, nth: usize) -> Door {
        let site = &self.server.site;
        // 127.0.0.2 and up, a thousand sockets each.
        let source = if nth < 1000 { 0 } else { (nth / 1000 + 1).min(250) as u8 };
        Door {
            to: site.to,
            path: path.to_owned(),
            origin: site.origin.clone(),
            cookie,
            source,
            receive_buffer: None,
        }
    }

    /// One figure of `/metrics`, all labels added up.
    pub async fn metric(&mut self, name: &str) -> Result<f64> {
        let (_, body) = self.admin.call("GET", "/metrics", None).await?;
        let text = String::from_utf8_lossy(&body);
        let lines = text
            .lines()
            .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Answers a reply's message id, or what the server said instead.
    pub async fn reply(
        api: &mut Api,
        conversation: i64,
        client_id: &str,
        text: &str,
    ) -> Result<(u16, Value)> {
        let body = json!({"client_id": client_id, "text": text});
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let (status, answer) = api.call("POST", &path, Some(&body)).await?;
        Ok((status, serde_json::from_slice(&answer).unwrap_or_default()))
    }
}

async fn start(options: &Options, folder: &Path) -> Result<(Server, Database)> {
    let database = Database::open(options, folder).await?;
    let binary = options.server_bin.canonicalize().context(options.server_bin.display())?;
    let launch = Launch {
        binary,
        folder: folder.join("server"),
        database_url: database.url(),
        sabotage: options.server_sabotage(),
    };
    let server = Server::start(launch).await?;
    let database = match database {
        Database::Sqlite(_) => Database::Sqlite(server.sqlite()),
        other => other,
    };
    Ok((server, database))
}
