//! The stage: a server with a team and channels on a fresh database, and the simulated providers and phones it talks to.

use crate::people::Agent;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use switchboard_actors::StartError;
use switchboard_actors::clock::Clock;
use switchboard_actors::mailer::MailSettings;
use switchboard_engine::ids::{BusinessId, GroupId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;
use switchboard_schema::testing::TestDatabase;
use switchboard_schema::{Business, Group, NewUser, SetUp, Store, StoreError, UserStatus};
use switchboard_simulator::{Account, Config as Outside, Phone, Simulator};
use switchboard_web::config::{Config, Limits};
use switchboard_web::proxies::Proxies;
use switchboard_web::serve::{Running, ServeError};
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle, Runtime};

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const PASSWORD: &str = "correct-horse-battery";
pub(crate) const WHATSAPP_ID: &str = "106540352242922";
pub(crate) const APP_SECRET: &str = "app-secret-of-the-tests";
pub(crate) const SMS_NUMBER: &str = "+441134960000";
pub(crate) const TWILIO_TOKEN: &str = "twilio-token-of-the-tests";
pub(crate) const DIALOG_ID: &str = "360360360360360";
pub(crate) const VONAGE_NUMBER: &str = "+441134960003";
pub(crate) const GATEWAY_NUMBER: &str = "+441134960004";
const TWILIO_SID: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) fn database(self) -> TestDatabase {
        match self {
            Self::Sqlite => TestDatabase::sqlite(),
            Self::Postgres => TestDatabase::postgres(),
        }
    }
}

/// Makes two tests, `name::sqlite` and `name::postgres`, of each `async fn name(kind: Kind)`.
macro_rules! both {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[test]
            fn sqlite() {
                $crate::world::run(super::$name($crate::world::Kind::Sqlite));
            }
            #[test]
            fn postgres() {
                $crate::world::run(super::$name($crate::world::Kind::Postgres));
            }
        }
    )* };
}

/// The same for tests that hold a promise of time. `tests/run` runs them once more by this name, one after the other and with
/// `SWITCHBOARD_TEST_ALONE`, see [`promptly`].
macro_rules! timed {
    ($($name:ident),* $(,)?) => {
        mod in_time { $(
            mod $name {
                #[test]
                fn sqlite() {
                    $crate::world::run(super::super::$name($crate::world::Kind::Sqlite));
                }
                #[test]
                fn postgres() {
                    $crate::world::run(super::super::$name($crate::world::Kind::Postgres));
                }
            }
        )* }
    };
}

/// Whether what was promised within a time was there. Alone on the machine the promise holds as it is; beside hundreds of other tests and
/// their servers, all on the same few cores, ten times of it.
#[track_caller]
pub(crate) fn promptly(what: &str, took: Duration, promise: Duration) {
    let alone = std::env::var_os("SWITCHBOARD_TEST_ALONE").is_some();
    let bound = promise * if alone { 1 } else { 10 };
    eprintln!("{what} took {took:?} of {promise:?}");
    assert!(
        took <= bound,
        "{what} took {took:?}, promised within {promise:?} (alone on the machine: {alone})"
    );
}

/// Runs a test on the runtime all tests share.
pub(crate) fn run(test: impl Future<Output = ()>) {
    TESTS.block_on(test);
}

static TESTS: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(2).thread_name("tests").enable_all().build().unwrap()
});

/// The HTTP client of everybody outside.
pub(crate) static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
});

/// Database connections of every server in this process live here.
static DATABASES: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(2).thread_name("database").enable_all().build().unwrap()
});

/// Hashing is slow on purpose; the whole team of every world has the same password.
static HASH: LazyLock<String> = LazyLock::new(|| switchboard_web::password::hash(PASSWORD).unwrap());

/// A database, a folder for files, a server on them and the outside world.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    pub(crate) simulator: Simulator,
    /// Ids of the channels.
    pub(crate) whatsapp: String,
    pub(crate) sms: String,
    pub(crate) webchat: String,
    pub(crate) widget_key: String,
}

impl World {
    /// Ada (admin), Ann and Bob of the group "Sales" with a WhatsApp number, an SMS number and a widget, and Cat of the group "Support".
    pub(crate) async fn start(kind: Kind) -> Self {
        Self::start_on(kind.database()).await
    }

    pub(crate) async fn start_on(database: TestDatabase) -> Self {
        Self::begin(database, |_| {}).await
    }

    /// The same under other settings.
    pub(crate) async fn start_with(kind: Kind, change: impl FnOnce(&mut Config)) -> Self {
        Self::begin(kind.database(), change).await
    }

    async fn begin(database: TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        people(&database).await;
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(&database, folder.path().to_owned());
        change(&mut config);
        let server = Server::start(config).await;
        let simulator = outside(free_port()).await;
        let channels = connect(&server, &simulator).await;
        let id = |index: usize| channels[index]["id"].as_str().unwrap().to_owned();
        let widget_key = channels[2]["address"].as_str().unwrap().to_owned();
        Self { database, folder, server, simulator, whatsapp: id(0), sms: id(1), webchat: id(2), widget_key }
    }

    pub(crate) async fn ada(&self) -> Agent {
        Agent::sign_in(&self.server.url, "ada@team.test").await
    }

    pub(crate) async fn ann(&self) -> Agent {
        Agent::sign_in(&self.server.url, "ann@team.test").await
    }

    pub(crate) async fn bob(&self) -> Agent {
        Agent::sign_in(&self.server.url, "bob@team.test").await
    }

    pub(crate) async fn cat(&self) -> Agent {
        Agent::sign_in(&self.server.url, "cat@team.test").await
    }

    /// A customer's phone on WhatsApp.
    pub(crate) fn phone(&self, number: &str) -> Phone {
        self.simulator.phone(WHATSAPP_ID, number)
    }

    pub(crate) fn sms_phone(&self, number: &str) -> Phone {
        self.simulator.phone(SMS_NUMBER, number)
    }

    pub(crate) fn hook(&self) -> String {
        format!("{}/hooks/whatsapp/{}", self.server.url, self.whatsapp)
    }

    /// Ends the server in order and starts another on the same database, folder and address.
    pub(crate) async fn restart(&mut self) {
        self.server.stop().await;
        self.server = Server::start(self.config()).await;
    }

    /// How this world's server is started again.
    pub(crate) fn config(&self) -> Config {
        let listen = self.server.address;
        Config { listen, ..config(&self.database, self.folder.path().to_owned()) }
    }

    /// One more colleague, of no group yet; the server knows of them once it reads its people again.
    pub(crate) async fn add_colleague(&self, id: i64, name: &str, role: Role) {
        self.server.store.create_user(BusinessId(1), user(id, name, role), BEGAN).await.unwrap();
    }

    /// Everything the database holds, as text.
    pub(crate) fn dump(&self) -> String {
        self.database.dump()
    }
}

/// A server nobody has set up.
pub(crate) async fn blank(kind: Kind) -> (Server, TestDatabase, TempDir) {
    let database = kind.database();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(config(&database, folder.path().to_owned())).await;
    (server, database, folder)
}

fn config(database: &TestDatabase, data_dir: PathBuf) -> Config {
    Config { database_url: database.url().to_owned(), data_dir, ..settings(DATABASES.handle().clone()) }
}

/// Tests ask far more often than people; guessing passwords is as slow as everywhere.
pub(crate) const UNLIMITED: Limits =
    Limits { api: 0, widget: 0, visitors: 0, visitor_messages: 0, ..Limits::USUAL };

/// What all servers of the tests have in common; each adds its database and folder.
pub(crate) fn settings(database_runtime: Handle) -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        database_url: String::new(),
        data_dir: PathBuf::new(),
        public_url: None,
        mail: MailSettings::default(),
        webhooks_inside: true,
        demo: false,
        workers: Some(2),
        trusted_proxies: Proxies::default(),
        limits: UNLIMITED,
        secret_key: [7; 32],
        previous_key: None,
        database_runtime,
        allow_unsafe_durability: true,
    }
}

/// A server in a thread of its own.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    pub(crate) setup_token: Option<String>,
    /// The server's own handle on its database, to make the disk small.
    pub(crate) store: Store,
    /// The server's own clock, to push it.
    pub(crate) clock: Arc<Clock>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub(crate) async fn start(config: Config) -> Self {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (up, ready) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let system = actix::System::new();
            system.block_on(async move {
                let server = begin(config).await;
                let _ = up.send((
                    server.addr,
                    server.setup_token(),
                    server.site.actors.core.store.clone(),
                    server.site.actors.core.clock.clone(),
                ));
                let _ = stopped.await;
                server.stop().await;
                // Every thread of the server ends with it, as with its process.
                actix::System::current().stop();
            });
            system.run().expect("the server's threads end");
        });
        let (address, setup_token, store, clock) = ready.await.expect("the server starts");
        let url = format!("http://{address}");
        Self { url, address, setup_token, store, clock, stop: Some(stop), thread: Some(thread) }
    }

    /// Ends it in order; returns when it is gone.
    pub(crate) async fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            tokio::task::spawn_blocking(|| thread.join()).await.unwrap().expect("the server ends in order");
        }
    }
}

/// Within one process the lock of a database that was just closed may linger for a moment; and a restarted server's port may for a moment
/// be the near end of somebody's connection.
async fn begin(config: Config) -> Running {
    eventually_or("a server", || async {
        match switchboard_web::start(config.clone()).await {
            Err(ServeError::Start(StartError::Store(StoreError::InUse))) => {
                Err("a database in use".to_owned())
            }
            Err(ServeError::Listen { error, .. }) if error.kind() == std::io::ErrorKind::AddrInUse => {
                Err("an address in use".to_owned())
            }
            other => Ok(other.expect("the server starts")),
        }
    })
    .await
}

/// Tests end whenever they like; the server must be gone before its database is.
impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

const BEGAN: Timestamp = Timestamp(1_767_607_200_000_000);

/// Somebody who signs in with [`PASSWORD`].
fn user(id: i64, name: &str, role: Role) -> NewUser {
    NewUser {
        id: UserId(id),
        first_name: name.to_owned(),
        last_name: "Tester".to_owned(),
        email: format!("{}@team.test", name.to_lowercase()),
        role,
        status: UserStatus::Active,
        password_hash: Some(HASH.clone()),
        must_change_password: false,
        locale: None,
        time_zone: None,
    }
}

/// Those every world begins with are there before its server starts.
async fn people(database: &TestDatabase) {
    let store = database.open(DATABASES.handle().clone()).await;
    let (now, business) = (BEGAN, BusinessId(1));
    let (sales, support) = (GroupId(2), GroupId(3));
    let about = Business::new(business, "Bean & Leaf".to_owned(), "GB", "Europe/London", now);
    let group = |id, name: &str| Group::new(id, name);
    let set_up = SetUp { business: about, admin: user(10, "Ada", Role::Admin), group: group(sales, "Sales") };
    store.create_business(set_up).await.unwrap();
    store.create_group(business, group(support, "Support"), now).await.unwrap();
    for (id, name, group) in [(11, "Ann", sales), (12, "Bob", sales), (13, "Cat", support)] {
        store.create_user(business, user(id, name, Role::Agent), now).await.unwrap();
        store.add_member(group, UserId(id), now).await.unwrap();
    }
    store.close().await;
}

/// Ada connects the three channels of "Sales", as she would on the page, and the providers learn where to call.
async fn connect(server: &Server, simulator: &Simulator) -> Vec<Value> {
    let ada = Agent::sign_in(&server.url, "ada@team.test").await;
    let base_url = simulator.base_url();
    let wanted = [
        json!({"kind": "whatsapp", "provider": "cloud_api", "name": "WhatsApp", "group_id": "2", "address": WHATSAPP_ID,
            "settings": {"base_url": base_url, "accept_any_number": true, "waba_id": "102290129340398"},
            "credentials": {"access_token": "token", "app_secret": APP_SECRET, "verify_token": "verify"}}),
        json!({"kind": "sms", "provider": "twilio", "name": "SMS", "group_id": "2", "address": SMS_NUMBER,
            "settings": {"base_url": base_url},
            "credentials": {"account_sid": TWILIO_SID, "auth_token": TWILIO_TOKEN}}),
        json!({"kind": "webchat", "provider": "widget", "name": "Website", "group_id": "2",
            "settings": {"greeting": "Hello!"}, "credentials": {}}),
    ];
    let mut channels = Vec::new();
    for channel in wanted {
        let answer = ada.post("/api/v1/channels", channel).await;
        let channel = answer.expect(201)["channel"].clone();
        if let (Some(address), Some(url)) = (channel["address"].as_str(), channel["webhook_url"].as_str()) {
            simulator.set_webhook(address, url).expect("the provider knows this number");
        }
        channels.push(channel);
    }
    channels
}

/// The providers' accounts of the business; `connect` and the tests say where their callbacks go.
async fn outside(port: u16) -> Simulator {
    let whatsapp = |phone_number_id: &str, token: &str, app_secret: &str, verify: &str| Account::CloudApi {
        phone_number_id: phone_number_id.to_owned(),
        waba_id: "102290129340398".to_owned(),
        display_phone_number: "15550783881".to_owned(),
        access_token: token.to_owned(),
        app_secret: app_secret.to_owned(),
        verify_token: verify.to_owned(),
        webhook_url: String::new(),
        api_version: "v23.0".to_owned(),
    };
    let accounts = vec![
        whatsapp(WHATSAPP_ID, "token", APP_SECRET, "verify"),
        // The number of the documentation's signed example.
        whatsapp("277321005464405", "t", "", "v"),
        Account::Twilio {
            account_sid: TWILIO_SID.to_owned(),
            auth_token: TWILIO_TOKEN.to_owned(),
            number: SMS_NUMBER.to_owned(),
            webhook_url: String::new(),
        },
        Account::Dialog360 {
            phone_number_id: DIALOG_ID.to_owned(),
            display_phone_number: "441134960002".to_owned(),
            api_key: "dialog-key".to_owned(),
            webhook_url: String::new(),
            webhook_headers: Vec::new(),
        },
        Account::Vonage {
            api_key: "vonage-key".to_owned(),
            api_secret: "vonage-secret".to_owned(),
            signature_secret: "vonage-signs".to_owned(),
            number: VONAGE_NUMBER.to_owned(),
            webhook_url: String::new(),
        },
        Account::HttpSms {
            token: "gateway-token".to_owned(),
            webhook_secret: "gateway-secret".to_owned(),
            number: GATEWAY_NUMBER.to_owned(),
            webhook_url: String::new(),
        },
    ];
    let config = Outside { accounts, ..Outside::default() };
    Simulator::start(config, SocketAddr::from(([127, 0, 0, 1], port))).await.expect("the simulator starts")
}

/// A port below those the system hands out by itself, so that nobody else takes it in between.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = (std::process::id() % 97) as u16 * 100;
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Asks again and again until there is an answer; panics after [`PATIENCE`].
#[track_caller]
pub(crate) fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> impl Future<Output = T> {
    eventually_or(what, move || {
        let asked = ask();
        async move { asked.await.ok_or_else(String::new) }
    })
}

/// The same; the last error says what was there instead.
#[track_caller]
pub(crate) fn eventually_or<T, F: Future<Output = Result<T, String>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> impl Future<Output = T> {
    let (at, what) = (std::panic::Location::caller(), what.to_owned());
    async move {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut tick = tokio::time::interval(Duration::from_millis(15));
        loop {
            tick.tick().await;
            let instead = match tokio::time::timeout_at(deadline + PATIENCE, ask()).await {
                Ok(Ok(found)) => return found,
                Ok(Err(instead)) => instead,
                Err(_) => "no answer at all".to_owned(),
            };
            assert!(
                tokio::time::Instant::now() < deadline,
                "{at}: waited {PATIENCE:?} for {what}; there was {instead}"
            );
        }
    }
}
