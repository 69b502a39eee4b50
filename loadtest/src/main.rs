//! `loadtest`: see `--help`. Exit codes: 0 every promise was kept, 1 one was broken, 2 the run could not be carried out.

use clap::Parser;
use std::process::ExitCode;
use switchboard_loadtest::options::Options;
use switchboard_loadtest::{console, scenarios};

fn main() -> ExitCode {
    match scenarios::execute(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            console::note(&format!("loadtest: {error}"));
            ExitCode::from(2)
        }
    }
}
