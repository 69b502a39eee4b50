//! Settings: flags and environment in, a checked [`Config`] out. What cannot work is an error with a hint, never a guess.

use crate::proxies::Proxies;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use switchboard_actors::mailer::{self, MailSettings};
use tokio::runtime::Handle;

mod limits;
mod secret;

pub use limits::Limits;

/// A shared team inbox for webchat, WhatsApp and SMS.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub settings: Settings,
}

const AFTER_HELP: &str = "\
Environment only:
  SWITCHBOARD_SECRET_KEY  64 hex digits; encrypts stored credentials and signs visitors' tokens
                          [default: made on first start, kept in <data-dir>/secret.key]
  SWITCHBOARD_SECRET_KEY_PREVIOUS
                          the key before, after a change: what it sealed is sealed anew at start

Exit codes: 2 settings, 3 database, 4 the server could not start or a check of `doctor` failed.";

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run the server (the default)
    Serve,
    /// Bring the database up to date and exit
    Migrate,
    /// Check database, disk, limits and settings; with --demo print how to post a webhook by hand
    Doctor,
    /// Manage users from the command line (the server must not be running on SQLite)
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// Add an admin; the password is read from standard input
    AddAdmin { email: String, first_name: String, last_name: String },
    /// Set a new password, read from standard input; ends all of the user's sessions
    ResetPassword { email: String },
}

#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Address and port to listen on
    #[arg(
        long,
        global = true,
        env = "SWITCHBOARD_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    pub listen: SocketAddr,
    /// sqlite://path or postgres://… [default: sqlite://<data-dir>/switchboard.db]
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Where files, the embedded database and the secret key live [default: data, with --demo data/demo]
    #[arg(long, global = true, env = "SWITCHBOARD_DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// What browsers and providers call this server [default: http://127.0.0.1:<port>]
    #[arg(long, global = true, env = "SWITCHBOARD_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Mail server for invitations and the like, smtp://user:password@host:587 or smtps://… [default: none, mails are written to <data-dir>/mail]
    #[arg(long, global = true, env = "SWITCHBOARD_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Sender of those mails, for example "Bean & Leaf <inbox@bean.example>"; needed with --smtp-url
    #[arg(long, global = true, env = "SWITCHBOARD_MAIL_FROM", value_name = "SENDER")]
    pub mail_from: Option<String>,
    /// Let webhooks go to plain http and to this machine and its network: for development, or receivers beside the server
    #[arg(long, global = true, env = "SWITCHBOARD_WEBHOOKS_INSIDE", value_parser = clap::builder::BoolishValueParser::new(),
        num_args = 0..=1, default_value = "false", default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub webhooks_inside: bool,
    /// NATS server that joins several nodes [default: none, a single node]
    #[arg(long, global = true, env = "SWITCHBOARD_NATS_URL", value_name = "URL", hide_env_values = true)]
    pub nats_url: Option<String>,
    /// Start with a sample business, users and simulated providers at /simulator
    #[arg(long, global = true, env = "SWITCHBOARD_DEMO", value_parser = clap::builder::BoolishValueParser::new(),
        num_args = 0..=1, default_value = "false", default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub demo: bool,
    /// Web worker threads [default: one per core]
    #[arg(long, global = true, env = "SWITCHBOARD_WORKERS", value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// Proxies in front of this server, addresses and networks with commas (127.0.0.1,10.0.0.0/8): what they write into X-Forwarded-For is who is limited and written down [default: nobody is believed]
    #[arg(
        long,
        global = true,
        env = "SWITCHBOARD_TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        value_name = "LIST"
    )]
    pub trusted_proxies: Proxies,
    #[command(flatten)]
    pub limits: Limits,
    /// How the log is written
    #[arg(
        long,
        global = true,
        env = "SWITCHBOARD_LOG_FORMAT",
        default_value = "readable",
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,
    /// What is logged: a level, or targets with levels (`info,switchboard_actors=debug`)
    #[arg(
        long,
        global = true,
        env = "SWITCHBOARD_LOG",
        default_value = "info,actix_server=warn",
        value_name = "FILTER"
    )]
    pub log: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Readable,
    Json,
}

/// Every environment variable with our prefix that means something here.
const VARIABLES: [&str; 20] = [
    "SWITCHBOARD_LISTEN",
    "SWITCHBOARD_DATA_DIR",
    "SWITCHBOARD_PUBLIC_URL",
    "SWITCHBOARD_SMTP_URL",
    "SWITCHBOARD_MAIL_FROM",
    "SWITCHBOARD_WEBHOOKS_INSIDE",
    "SWITCHBOARD_NATS_URL",
    "SWITCHBOARD_DEMO",
    "SWITCHBOARD_WORKERS",
    "SWITCHBOARD_TRUSTED_PROXIES",
    "SWITCHBOARD_LIMIT_SIGN_INS",
    "SWITCHBOARD_LIMIT_API",
    "SWITCHBOARD_LIMIT_WIDGET",
    "SWITCHBOARD_LIMIT_VISITORS",
    "SWITCHBOARD_LIMIT_VISITOR_MESSAGES",
    "SWITCHBOARD_LIMIT_BAD_CALLBACKS",
    "SWITCHBOARD_LOG_FORMAT",
    "SWITCHBOARD_LOG",
    SECRET_KEY,
    PREVIOUS_KEY,
];

/// Read by the front-end's build and by the tests, which `cargo run` and `cargo test` share their environment with.
const OTHERS: [&str; 2] = ["SWITCHBOARD_UI", "SWITCHBOARD_TEST"];

const SECRET_KEY: &str = "SWITCHBOARD_SECRET_KEY";
const PREVIOUS_KEY: &str = "SWITCHBOARD_SECRET_KEY_PREVIOUS";

/// Everything the server needs to know, checked.
#[derive(Clone)]
pub struct Config {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub database_url: String,
    pub data_dir: PathBuf,
    /// Without a slash at the end; `None`: made from the address that was bound.
    pub public_url: Option<String>,
    pub mail: MailSettings,
    /// Whether webhooks may go to this machine and its network; the demo's always may.
    pub webhooks_inside: bool,
    pub demo: bool,
    /// Web worker threads; `None`: one per core.
    pub workers: Option<usize>,
    pub trusted_proxies: Proxies,
    pub limits: Limits,
    pub secret_key: [u8; 32],
    pub previous_key: Option<[u8; 32]>,
    /// A multi-thread runtime that outlives the server; owns every database connection.
    pub database_runtime: Handle,
    /// Accept a database that may lose acknowledged writes in a power cut: tests only.
    pub allow_unsafe_durability: bool,
}

/// Settings that cannot work: what is wrong, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub problem: String,
    pub hint: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  hint: {}", self.problem, self.hint)
    }
}

impl std::error::Error for ConfigError {}

fn error(problem: impl Into<String>, hint: impl Into<String>) -> ConfigError {
    ConfigError { problem: problem.into(), hint: hint.into() }
}

impl Config {
    /// Checks settings and reads (or makes) the secret key.
    pub fn new(settings: Settings, database_runtime: Handle) -> Result<Self, ConfigError> {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        check_variables(names)?;
        check_combinations(&settings)?;
        let data_dir = settings.data_dir();
        let secret_key = secret::load(&data_dir, std::env::var(SECRET_KEY).ok())?;
        let previous_key = secret::previous(std::env::var(PREVIOUS_KEY).ok())?;
        let database_url = settings.database_url(&data_dir)?;
        let public_url = settings.public_url.as_deref().map(checked_url).transpose()?;
        let mail = MailSettings { smtp_url: settings.smtp_url, from: settings.mail_from };
        Ok(Self {
            listen: settings.listen,
            database_url,
            data_dir,
            mail,
            public_url,
            webhooks_inside: settings.webhooks_inside,
            demo: settings.demo,
            workers: settings.workers.map(usize::from),
            trusted_proxies: settings.trusted_proxies,
            limits: settings.limits,
            secret_key,
            previous_key,
            database_runtime,
            allow_unsafe_durability: false,
        })
    }

    /// The URL browsers and providers use, once the port is known.
    pub fn public_url_at(&self, bound: SocketAddr) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let host = match bound {
            SocketAddr::V4(v4) if !v4.ip().is_unspecified() => v4.ip().to_string(),
            SocketAddr::V6(v6) if !v6.ip().is_unspecified() => format!("[{}]", v6.ip()),
            _ => "127.0.0.1".to_owned(),
        };
        format!("http://{host}:{}", bound.port())
    }
}

impl Settings {
    fn data_dir(&self) -> PathBuf {
        let default = || PathBuf::from(if self.demo { "data/demo" } else { "data" });
        self.data_dir.clone().unwrap_or_else(default)
    }

    fn database_url(&self, data_dir: &Path) -> Result<String, ConfigError> {
        let Some(url) = &self.database_url else {
            return Ok(format!("sqlite://{}", data_dir.join("switchboard.db").display()));
        };
        let known =
            ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        if known {
            return Ok(url.clone());
        }
        // The URL itself may hold a password.
        Err(error(
            "--database-url has an unknown scheme",
            "write sqlite://data/switchboard.db or postgres://user@host/name",
        ))
    }
}

fn check_variables(names: impl Iterator<Item = String>) -> Result<(), ConfigError> {
    let ours = |name: &String| {
        name.starts_with("SWITCHBOARD_") && !OTHERS.iter().any(|other| name.starts_with(other))
    };
    for name in names.filter(ours) {
        if !VARIABLES.contains(&name.as_str()) {
            let hint = nearest(&name).map_or_else(
                || "unset it; `switchboard --help` lists every setting".to_owned(),
                |known| format!("did you mean {known}?"),
            );
            return Err(error(format!("unknown environment variable {name}"), hint));
        }
    }
    Ok(())
}

/// The known variable that shares the longest beginning with `name`, if they share more than the prefix.
fn nearest(name: &str) -> Option<&'static str> {
    let shared = |known: &str| known.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let best = VARIABLES.into_iter().max_by_key(|known| shared(known))?;
    (shared(best) > "SWITCHBOARD_".len()).then_some(best)
}

fn check_combinations(settings: &Settings) -> Result<(), ConfigError> {
    if settings.demo && !settings.listen.ip().is_loopback() {
        let problem = format!("--demo has a published password and cannot listen on {}", settings.listen);
        return Err(error(problem, "leave out --listen, or use 127.0.0.1"));
    }
    if settings.nats_url.is_some() {
        let hint = "leave out --nats-url; a single node serves one machine's worth of work";
        return Err(error("--nats-url: this version runs as a single node", hint));
    }
    check_mail(settings)?;
    if settings.log.parse::<tracing_subscriber::EnvFilter>().is_err() {
        return Err(error(
            format!("--log {:?} is not a filter", settings.log),
            "for example info or info,switchboard_actors=debug",
        ));
    }
    let in_public =
        settings.public_url.as_deref().is_some_and(|url| url.starts_with("http://") && !is_local(url));
    if in_public && !settings.listen.ip().is_loopback() {
        tracing::warn!("the public URL is plain http: passwords and messages cross the network unencrypted");
    }
    Ok(())
}

fn check_mail(settings: &Settings) -> Result<(), ConfigError> {
    if settings.smtp_url.is_some() && settings.demo {
        let hint = "leave out --smtp-url; the demo writes its mails to <data-dir>/mail";
        return Err(error("--demo sends no mail: its users do not exist", hint));
    }
    if settings.smtp_url.is_some() && settings.mail_from.is_none() {
        let hint = "add --mail-from \"Your Business <inbox@your-domain.example>\"";
        return Err(error("--smtp-url needs a sender", hint));
    }
    let hint =
        "for example --smtp-url smtp://user:password@mail.example.com:587 --mail-from inbox@example.com";
    mailer::check(settings.smtp_url.as_deref(), settings.mail_from.as_deref())
        .map_err(|problem| error(problem, hint))
}

/// `scheme://host[:port]`, nothing behind it.
fn checked_url(url: &str) -> Result<String, ConfigError> {
    let hint = "for example https://chat.example.com";
    let trimmed = url.trim_end_matches('/');
    let Some((scheme, host)) = trimmed.split_once("://") else {
        return Err(error(format!("--public-url {url:?} has no scheme"), hint));
    };
    if !matches!(scheme, "http" | "https") {
        return Err(error(format!("--public-url {url:?} must be http or https"), hint));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
    if host.is_empty() || !host.chars().all(plain) {
        return Err(error(format!("--public-url {url:?} must be an origin: no path, query or login"), hint));
    }
    Ok(trimmed.to_ascii_lowercase())
}

/// Whether a URL names this machine only.
pub fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, host)| host);
    ["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local))
}

#[cfg(test)]
mod tests;
