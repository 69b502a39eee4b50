//! Starting the whole program in this process, and ending it in order.

use crate::app;
use crate::config::Config;
use crate::demo::{self, Demo};
use crate::edge;
use crate::origin::Origins;
use crate::session::Sessions;
use crate::setup_token::SetupToken;
use crate::site::Site;
use crate::sockets::Connection;
use crate::starting;
use crate::telemetry;
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use socket2::{Domain, Protocol, Socket, Type};
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};
use switchboard_actors::hub::LocalHub;
use switchboard_actors::{Actors, StartError};
use switchboard_simulator::Simulator;
use tokio::task::JoinHandle;
use utoipa_actix_web::AppExt;

const BACKLOG: i32 = 4096;
/// Connections per worker.
const CONNECTIONS: usize = 100_000;
/// How long requests and sockets may take to end; with the rest it stays below ten seconds.
const PATIENCE: Duration = Duration::from_secs(6);

/// How long an upload may wait for its message.
const UPLOADS_KEPT: Duration = Duration::from_hours(24);

/// How long a mail or a delivery that left, and a link nobody can use any more, is remembered.
const MAILS_KEPT: Duration = Duration::from_hours(30 * 24);

/// The program, running.
pub struct Running {
    pub site: web::Data<Site>,
    pub addr: SocketAddr,
    /// Only with `demo`.
    pub simulator: Option<Simulator>,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
}

/// Why it did not start.
#[derive(Debug)]
pub enum ServeError {
    Listen { address: SocketAddr, error: std::io::Error },
    Start(StartError),
    Demo(String),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, error } => {
                write!(
                    f,
                    "cannot listen on {address}: {error}\n  hint: is another Switchboard running? Choose another --listen"
                )
            }
            Self::Start(error) => error.fmt(f),
            Self::Demo(problem) => write!(f, "the demo cannot start: {problem}"),
        }
    }
}

impl std::error::Error for ServeError {}

impl From<StartError> for ServeError {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

/// Starts everything. Call inside an actix system, with a rustls provider installed.
pub async fn start(config: Config) -> Result<Running, ServeError> {
    let address = config.listen;
    let listener = listen(address).map_err(|error| ServeError::Listen { address, error })?;
    let addr = listener.local_addr().map_err(|error| ServeError::Listen { address, error })?;
    let public_url = config.public_url_at(addr);
    let metrics = telemetry::recorder();
    let demo = if config.demo { Some(Demo::open(&config, addr, &public_url).await?) } else { None };
    let starting = Actors::start(actors_config(&config, &public_url));
    let actors = starting::during(&listener, starting).await?;
    if let Some(demo) = &demo {
        demo.seed(&actors).await?;
    }
    let setup = SetupToken::new(actors.roster.get().business.is_none());
    let origins = Origins::new(&public_url, addr);
    let site = web::Data::new(Site::new(actors, origins, setup, metrics, &config));
    let simulator = demo.map(Demo::into_simulator);
    let server = server(&config, listener, &site, simulator.clone());
    let server = server.map_err(|error| ServeError::Listen { address, error })?;
    let handle = server.handle();
    let server = actix_web::rt::spawn(server);
    actix_web::rt::spawn(keep_house(site.clone()));
    Ok(Running { site, addr, simulator, handle, server })
}

fn actors_config(config: &Config, public_url: &str) -> switchboard_actors::Config {
    switchboard_actors::Config {
        database_url: config.database_url.clone(),
        data_dir: config.data_dir.clone(),
        public_url: public_url.to_owned(),
        mail: config.mail.clone(),
        webhooks_inside: config.webhooks_inside || config.demo,
        secret_key: config.secret_key,
        previous_key: config.previous_key,
        database_runtime: config.database_runtime.clone(),
        conversation_threads: cores(),
        allow_unsafe_durability: config.allow_unsafe_durability,
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, Into::into)
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn server(
    config: &Config,
    listener: TcpListener,
    site: &web::Data<Site>,
    simulator: Option<Simulator>,
) -> std::io::Result<actix_web::dev::Server> {
    let site = site.clone();
    let server = HttpServer::new(move || {
        // This runs once on every worker's own thread.
        LocalHub::start_here(&site.actors.core.fanout);
        let simulator = simulator.clone();
        App::new()
            .app_data(site.clone())
            .into_utoipa_app()
            .configure(app::documented)
            .into_app()
            .configure(|config| demo::mount(config, simulator))
            .configure(app::rest)
            .wrap(from_fn(edge::guard))
    });
    let server = server
        .workers(config.workers.unwrap_or_else(cores))
        .backlog(BACKLOG.unsigned_abs())
        .max_connections(CONNECTIONS)
        .tcp_nodelay(true)
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(5))
        .client_disconnect_timeout(Duration::from_secs(1))
        .shutdown_timeout(1)
        .disable_signals()
        .on_connect(Connection::remember)
        .listen(listener)?;
    Ok(server.run())
}

/// Small regular duties of the web side.
async fn keep_house(site: web::Data<Site>) {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    for beat in 1_u64.. {
        tick.tick().await;
        if site.is_draining() {
            return;
        }
        // Histograms would keep every sample until somebody asks for them.
        site.metrics.run_upkeep();
        end_sessions(&site).await;
        if beat.is_multiple_of(120) {
            clear_out(&site).await;
        }
    }
}

/// A tab that is open when its session is over is closed with it.
async fn end_sessions(site: &Site) {
    match site.actors.core.store.end_expired_sessions(site.now()).await {
        Ok(ended) => Sessions::ended(site, ended),
        Err(error) => tracing::warn!(%error, "sessions past their time could not be ended"),
    }
}

/// Links past their time, old mails, and uploads that never became part of a message.
async fn clear_out(site: &Site) {
    let (store, now) = (&site.actors.core.store, site.now());
    let forgotten = async {
        store.forget_links(now.minus(MAILS_KEPT)).await?;
        store.forget_mails(now.minus(MAILS_KEPT)).await?;
        store.forget_deliveries(now.minus(MAILS_KEPT)).await?;
        store.forget_uploads(now.minus(UPLOADS_KEPT)).await
    };
    match forgotten.await {
        Ok(keys) => {
            for id in keys.iter().filter_map(|key| key.parse().ok()) {
                if let Err(error) = tokio::fs::remove_file(site.actors.files.path(id)).await {
                    tracing::debug!(%error, media.id = %id, "an upload nobody used could not be removed");
                }
            }
        }
        Err(error) => tracing::warn!(%error, "old links and uploads could not be cleared out"),
    }
}

impl Running {
    /// Where the server answers, for example `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The one-time token of the first-run set-up, while that is to be done.
    pub fn setup_token(&self) -> Option<String> {
        self.site.setup.show()
    }

    /// Ends in order: readiness says no, sockets are sent away, what runs is finished, what was accepted is on disk. At most ten seconds.
    pub async fn stop(self) {
        self.site.begin_draining();
        self.site.actors.drain();
        let deadline = Instant::now() + PATIENCE;
        while !self.site.is_idle() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.handle.stop(true).await;
        if let Ok(Err(error)) = self.server.await {
            tracing::warn!(%error, "the server did not end well");
        }
        self.site.actors.stop().await;
    }
}
