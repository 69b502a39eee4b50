//! Builds again when a migration changes: the macro that embeds them cannot tell Cargo by itself.

fn main() {
    for folder in ["../migrations/sqlite", "../migrations/postgres"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
