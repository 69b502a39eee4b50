//! `switchboard user …`: for whoever has the machine but lost the password.

use super::open;
use crate::api::setup::is_email;
use crate::config::Config;
use crate::console::complain;
use crate::password;
use switchboard_actors::clock::{Clock, Ids};
use switchboard_engine::ids::UserId;
use switchboard_engine::user::Role;
use switchboard_schema::{Constraint, NewUser, Store, StoreError, UserChange, UserStatus};

pub(super) async fn add_admin(
    config: &Config,
    email: String,
    first_name: String,
    last_name: String,
) -> Result<String, String> {
    if !is_email(&email) {
        return Err(format!("{email:?} is not an e-mail address"));
    }
    let hash = new_password(&email)?;
    let store = opened(config).await?;
    let result = create(&store, &email, (first_name, last_name), hash).await;
    store.close().await;
    result.map(|()| format!("{email} can sign in as an admin."))
}

async fn create(
    store: &Store,
    email: &str,
    (first_name, last_name): (String, String),
    hash: String,
) -> Result<(), String> {
    let business = store.business().await.map_err(plain)?;
    let business =
        business.ok_or("This installation is not set up yet: start it and use the token on its console.")?;
    let user = NewUser {
        id: UserId(Ids::default().next()),
        first_name,
        last_name,
        email: email.to_lowercase(),
        role: Role::Admin,
        status: UserStatus::Active,
        password_hash: Some(hash),
        must_change_password: false,
        locale: None,
        time_zone: None,
    };
    store.create_user(business.id, user, Clock::default().now()).await.map_err(|error| match error {
        StoreError::Conflict { constraint: Constraint::Identity } => format!("{email} is already in use."),
        other => plain(other),
    })
}

pub(super) async fn reset_password(config: &Config, email: String) -> Result<String, String> {
    let hash = new_password(&email)?;
    let store = opened(config).await?;
    let result = reset(&store, &email, hash).await;
    store.close().await;
    result.map(|sessions| format!("{email} has a new password; {sessions} sessions ended."))
}

async fn reset(store: &Store, email: &str, hash: String) -> Result<usize, String> {
    let found = store.find_user_by_email(email.to_owned()).await.map_err(plain)?;
    let (user, _) = found.ok_or_else(|| format!("There is no user {email}."))?;
    let now = Clock::default().now();
    store.set_password(user.id, hash, false, now).await.map_err(plain)?;
    if user.status == UserStatus::Invited {
        // Whoever has the machine vouches for them.
        let active = UserChange { status: Some(UserStatus::Active), ..UserChange::default() };
        store.change_user(user.business_id, user.id, active, now).await.map_err(plain)?;
    }
    store.delete_sessions_of(user.id).await.map_err(plain)
}

async fn opened(config: &Config) -> Result<Store, String> {
    open(config).await.map_err(|error| match error {
        StoreError::InUse => "The server is running with this database. Stop it first.".to_owned(),
        other => plain(other),
    })
}

fn new_password(email: &str) -> Result<String, String> {
    complain("New password (one line):");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| error.to_string())?;
    let given = line.trim_end_matches(['\r', '\n']);
    if let Some(weakness) = password::weakness(given, &[email]) {
        return Err(format!("The password {weakness}."));
    }
    password::hash(given).ok_or_else(|| "The password could not be hashed.".to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
fn plain(error: StoreError) -> String {
    error.to_string()
}
