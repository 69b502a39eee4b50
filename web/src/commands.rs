//! The sub-commands of the binary. Each answers with its exit code.

use crate::config::{Command, Config, UserCommand};
use crate::console::{complain, say};
use crate::demo::facts;
use crate::serve::{Running, ServeError, start};
use std::process::ExitCode;
use switchboard_actors::StartError;
use switchboard_schema::{Options, Store, StoreError};
use tokio::signal::unix::{SignalKind, signal};

mod doctor;
mod user;

/// Exit codes, as `--help` lists them.
const DATABASE: u8 = 3;
const SERVER: u8 = 4;

pub async fn run(command: Command, config: Config) -> ExitCode {
    match command {
        Command::Serve => serve(config).await,
        Command::Migrate => migrate(&config).await,
        Command::Doctor => doctor::run(&config).await,
        Command::User(UserCommand::AddAdmin { email, first_name, last_name }) => {
            done(user::add_admin(&config, email, first_name, last_name).await)
        }
        Command::User(UserCommand::ResetPassword { email }) => {
            done(user::reset_password(&config, email).await)
        }
    }
}

fn done(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(line) => {
            say(line);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            complain(problem);
            ExitCode::from(SERVER)
        }
    }
}

async fn serve(config: Config) -> ExitCode {
    let demo = config.demo;
    let running = match start(config).await {
        Ok(running) => running,
        Err(error) => {
            complain(&error);
            let database = matches!(error, ServeError::Start(StartError::Store(_)));
            return ExitCode::from(if database { DATABASE } else { SERVER });
        }
    };
    greet(&running, demo);
    if let Err(error) = wait_for_signal().await {
        complain(format!("signals cannot be heard: {error}"));
    }
    say("Shutting down; once more to exit at once.");
    tokio::select! {
        () = running.stop() => ExitCode::SUCCESS,
        _ = wait_for_signal() => ExitCode::from(130),
    }
}

/// What a person needs to go on.
fn greet(running: &Running, demo: bool) {
    let url = &running.site.actors.public_url;
    if let Some(reason) = switchboard_ui::not_built() {
        complain(format!("The front-end was not built: {reason}"));
    }
    if demo {
        say(format!("{}\nMore: switchboard doctor --demo", facts::welcome(url)));
    } else if let Some(token) = running.setup_token() {
        say(format!(
            "Set this installation up at {url}/setup with this token (good once, until the next start):\n\n    {token}\n"
        ));
    } else {
        say(format!("Switchboard is at {url}"));
    }
    if let Some(folder) = running.site.actors.mailer.folder() {
        say(format!("No mail server is set (--smtp-url): mails are written to {}", folder.display()));
    }
}

async fn wait_for_signal() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn migrate(config: &Config) -> ExitCode {
    match open(config).await {
        Ok(store) => {
            store.close().await;
            say("The database is up to date.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(error);
            ExitCode::from(DATABASE)
        }
    }
}

/// Opens the database, which brings it up to date.
async fn open(config: &Config) -> Result<Store, StoreError> {
    let mut options = Options::new(config.database_url.clone(), config.database_runtime.clone());
    options.allow_unsafe_durability = config.allow_unsafe_durability;
    Store::open(options).await
}
