//! The demo: a sample business whose providers are the simulator, ready to be tried without an account anywhere.
//!
//! Its ids, secrets and password are published on purpose; it listens on loopback only. A second start finds what the first one made.

use crate::config::Config;
use crate::password;
use crate::serve::ServeError;
use actix_web::web::ServiceConfig;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use switchboard_actors::Actors;
use switchboard_engine::channel::{Channel, Provider};
use switchboard_engine::ids::{BusinessId, ChannelId, GroupId, UserId};
use switchboard_engine::user::Role;
use switchboard_schema::{
    Business, ChannelRecord, ChannelState, ChannelStatus, Group, NewUser, SetUp, UserStatus,
};
use switchboard_simulator::{Account, Simulator};

pub mod facts;
mod templates;

use facts::{CLOUD, DIALOG360, GATEWAY, PASSWORD, TWILIO, VONAGE, WIDGET};

const BUSINESS: BusinessId = BusinessId(1);
const GROUP: GroupId = GroupId(1);
/// First name, last name, role; their address is the first name at demo.test.
const USERS: [(UserId, &str, &str, Role); 3] = [
    (UserId(1), "Ada", "Moss", Role::Admin),
    (UserId(2), "Ann", "Lee", Role::Agent),
    (UserId(3), "Bob", "Hart", Role::Agent),
];

/// The demo's outside world, running before the product does.
pub struct Demo {
    simulator: Simulator,
}

impl Demo {
    /// Starts the simulator where it was the last time: its address stands in the channels' settings.
    pub async fn open(config: &Config, product: SocketAddr, public_url: &str) -> Result<Self, ServeError> {
        let problem = |what: &str, error: std::io::Error| ServeError::Demo(format!("{what}: {error}"));
        if !product.ip().is_loopback() {
            return Err(ServeError::Demo(format!(
                "{product} is not a loopback address, and the password is published"
            )));
        }
        let memory = config.data_dir.join("simulator.port");
        std::fs::create_dir_all(&config.data_dir).map_err(|error| problem("the data directory", error))?;
        let simulator = match remembered(&memory) {
            Some(port) => start(port, public_url).await.map_err(|error| {
                problem(
                    &format!("port {port}, which the simulator had before (is another demo running?)"),
                    error,
                )
            })?,
            None => {
                let near =
                    config.listen.port().checked_add(u16::from(config.listen.port() != 0)).unwrap_or(0);
                match start(near, public_url).await {
                    Ok(simulator) => simulator,
                    Err(_) => start(0, public_url).await.map_err(|error| problem("the simulator", error))?,
                }
            }
        };
        simulator
            .set_templates(CLOUD.phone_number_id, templates::registered())
            .map_err(|error| ServeError::Demo(error.to_string()))?;
        let port = simulator.base_url().rsplit(':').next().unwrap_or_default().to_owned();
        std::fs::write(&memory, port).map_err(|error| problem("the data directory", error))?;
        Ok(Self { simulator })
    }

    /// Makes the sample business, unless it is there, and has the product's clock follow the simulator's.
    pub async fn seed(&self, actors: &Actors) -> Result<(), ServeError> {
        let mut clock = self.simulator.watch_clock();
        let product = actors.core.clock.clone();
        actix_web::rt::spawn(async move {
            loop {
                product.set_ahead(*clock.borrow_and_update());
                if clock.changed().await.is_err() {
                    return;
                }
            }
        });
        if actors.roster.get().business.is_some() {
            return Ok(());
        }
        self.create(actors).await.map_err(|error| ServeError::Demo(error.to_string()))
    }

    async fn create(&self, actors: &Actors) -> Result<(), Box<dyn std::error::Error>> {
        let store = &actors.core.store;
        let now = actors.core.clock.now();
        let hash =
            tokio::task::spawn_blocking(|| password::hash(PASSWORD)).await?.ok_or("no password hash")?;
        let user = |(id, first, last, role): (UserId, &str, &str, Role)| NewUser {
            id,
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            email: format!("{}@demo.test", first.to_lowercase()),
            role,
            status: UserStatus::Active,
            password_hash: Some(hash.clone()),
            must_change_password: false,
            locale: None,
            time_zone: None,
        };
        let [ada, ann, bob] = USERS.map(user);
        let business = Business::new(BUSINESS, "Bean & Leaf".to_owned(), "GB", "Europe/London", now);
        let group = Group::new(GROUP, "General");
        store.create_business(SetUp { business, admin: ada, group }).await?;
        for agent in [ann, bob] {
            store.create_user(BUSINESS, agent, now).await?;
        }
        for (user, ..) in USERS {
            store.add_member(GROUP, user, now).await?;
        }
        for (id, provider, address, name, settings, credentials) in self.lines() {
            let (id, name, address) = (ChannelId(id), name.to_owned(), address.to_owned());
            let (channel_id, kind) = (id, provider.kind());
            let channel =
                Channel { id, business_id: BUSINESS, group_id: GROUP, kind, provider, name, address };
            let credentials = Some(actors.vault.seal_json("channel", id.0, &credentials));
            let status = ChannelStatus::Connected;
            // What the check of a channel that is connected by hand would have found.
            let numbers = [(CLOUD.channel, CLOUD.number), (DIALOG360.channel, DIALOG360.number)];
            let phone = numbers.into_iter().find(|(channel, _)| *channel == channel_id.0);
            let state =
                ChannelState { phone: phone.map(|(_, number)| number.to_owned()), ..ChannelState::default() };
            store
                .create_channel(ChannelRecord {
                    channel,
                    status,
                    credentials,
                    settings,
                    created_at: now,
                    state,
                })
                .await?;
        }
        templates::seed(actors, BUSINESS, GROUP, ChannelId(CLOUD.channel)).await?;
        actors.reload().await?;
        Ok(())
    }

    fn lines(&self) -> [(i64, Provider, &'static str, &'static str, Value, Value); 6] {
        let base = self.simulator.base_url();
        [
            (
                CLOUD.channel,
                Provider::CloudApi,
                CLOUD.phone_number_id,
                "WhatsApp (Cloud API)",
                json!({"base_url": base, "api_version": "v23.0", "accept_any_number": true, "waba_id": CLOUD.waba_id}),
                json!({"access_token": CLOUD.access_token, "app_secret": CLOUD.app_secret, "verify_token": CLOUD.verify_token}),
            ),
            (
                DIALOG360.channel,
                Provider::Dialog360,
                DIALOG360.phone_number_id,
                "WhatsApp (360dialog)",
                json!({"base_url": base, "webhook_header": DIALOG360.header}),
                json!({"api_key": DIALOG360.api_key, "webhook_secret": DIALOG360.webhook_secret}),
            ),
            (
                TWILIO.channel,
                Provider::Twilio,
                TWILIO.number,
                "SMS +44 20 7946 0003",
                json!({"base_url": base}),
                json!({"account_sid": TWILIO.account_sid, "auth_token": TWILIO.auth_token}),
            ),
            (
                WIDGET.channel,
                Provider::Widget,
                WIDGET.key,
                "Shop webchat",
                json!({"title": "Bean & Leaf", "greeting": "Hi! Looking for a plant that stays alive?", "colour": "#0f766e",
                    "allowed_origins": ["http://localhost:*", "http://127.0.0.1:*"]}),
                Value::Null,
            ),
            (
                VONAGE.channel,
                Provider::Vonage,
                VONAGE.number,
                "SMS +44 20 7946 0005",
                json!({"base_url": base, "signature_method": "sha256"}),
                json!({"api_key": VONAGE.api_key, "api_secret": VONAGE.api_secret, "signature_secret": VONAGE.signature_secret}),
            ),
            (
                GATEWAY.channel,
                Provider::HttpSms,
                GATEWAY.number,
                "SMS +44 20 7946 0006",
                json!({"send_url": format!("{base}/http-sms/messages"), "check_url": format!("{base}/http-sms/account"), "mms": true}),
                json!({"token": GATEWAY.token, "webhook_secret": GATEWAY.webhook_secret}),
            ),
        ]
    }

    pub fn into_simulator(self) -> Simulator {
        self.simulator
    }
}

/// The simulator's page, where there is a simulator.
pub fn mount(config: &mut ServiceConfig, simulator: Option<Simulator>) {
    if let Some(simulator) = simulator {
        switchboard_simulator::configure(config, simulator);
    }
}

fn remembered(memory: &Path) -> Option<u16> {
    std::fs::read_to_string(memory).ok()?.trim().parse().ok()
}

async fn start(port: u16, public_url: &str) -> std::io::Result<Simulator> {
    let config = switchboard_simulator::Config { accounts: accounts(public_url), ..Default::default() };
    Simulator::start(config, SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await
}

fn accounts(public_url: &str) -> Vec<Account> {
    vec![
        Account::CloudApi {
            phone_number_id: CLOUD.phone_number_id.to_owned(),
            waba_id: CLOUD.waba_id.to_owned(),
            display_phone_number: CLOUD.number.to_owned(),
            access_token: CLOUD.access_token.to_owned(),
            app_secret: CLOUD.app_secret.to_owned(),
            verify_token: CLOUD.verify_token.to_owned(),
            webhook_url: format!("{public_url}/hooks/whatsapp/{}", CLOUD.channel),
            api_version: "v23.0".to_owned(),
        },
        Account::Dialog360 {
            phone_number_id: DIALOG360.phone_number_id.to_owned(),
            display_phone_number: DIALOG360.number.to_owned(),
            api_key: DIALOG360.api_key.to_owned(),
            webhook_url: format!("{public_url}/hooks/whatsapp/{}", DIALOG360.channel),
            webhook_headers: vec![(DIALOG360.header.to_owned(), DIALOG360.webhook_secret.to_owned())],
        },
        Account::Twilio {
            account_sid: TWILIO.account_sid.to_owned(),
            auth_token: TWILIO.auth_token.to_owned(),
            number: TWILIO.number.to_owned(),
            webhook_url: format!("{public_url}/hooks/sms/{}", TWILIO.channel),
        },
        Account::Vonage {
            api_key: VONAGE.api_key.to_owned(),
            api_secret: VONAGE.api_secret.to_owned(),
            signature_secret: VONAGE.signature_secret.to_owned(),
            number: VONAGE.number.to_owned(),
            webhook_url: format!("{public_url}/hooks/sms/{}", VONAGE.channel),
        },
        Account::HttpSms {
            token: GATEWAY.token.to_owned(),
            webhook_secret: GATEWAY.webhook_secret.to_owned(),
            number: GATEWAY.number.to_owned(),
            webhook_url: format!("{public_url}/hooks/sms/{}", GATEWAY.channel),
        },
    ]
}
