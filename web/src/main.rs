//! The binary `switchboard`: reads the settings, makes the two runtimes, hands over to the command.

use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;
use switchboard_web::config::{Cli, Command, Config};
use switchboard_web::{commands, console, limits, telemetry};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As `--help` lists them.
const BAD_SETTINGS: u8 = 2;
const BROKEN: u8 = 4;

fn main() -> ExitCode {
    let Cli { command, settings } = Cli::parse();
    // Before anything can open a TLS connection; a second provider would be a defect of the build.
    let _ = rustls::crypto::ring::default_provider().install_default();
    telemetry::log(settings.log_format, &settings.log);
    if let Err(error) = limits::raise_descriptors() {
        tracing::warn!(%error, "the number of open files cannot be raised");
    }
    // Owns every database connection, and outlives everything that uses one.
    let database =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("db").enable_all().build();
    let database = match database {
        Ok(database) => database,
        Err(error) => {
            console::complain(format!("no threads: {error}"));
            return ExitCode::from(BROKEN);
        }
    };
    let code = match Config::new(settings, database.handle().clone()) {
        Ok(config) => {
            actix_web::rt::System::new().block_on(commands::run(command.unwrap_or(Command::Serve), config))
        }
        Err(error) => {
            console::complain(error);
            ExitCode::from(BAD_SETTINGS)
        }
    };
    database.shutdown_timeout(Duration::from_secs(1));
    code
}
