//! The tables of the program and of both databases are the same, and migrations go up, down and up again.

use crate::on_both;
use crate::support::*;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use switchboard_schema::{Store, StoreError};

on_both! {
    every_column_can_be_read => columns;
    a_newer_database_is_refused => newer;
    migrations_go_down_and_up_again => redo;
}

/// How many tables the program knows.
fn declared_tables() -> usize {
    include_str!("../src/tables.rs").matches("diesel::table!").count()
}

fn directories() -> usize {
    std::fs::read_dir("../migrations/sqlite").unwrap().count()
}

async fn columns(t: Fixture) {
    assert_eq!(t.store.check_tables().await, Ok(declared_tables()));
}

async fn newer(t: Fixture) {
    t.store.close().await;
    t.database.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let opened = Store::open(t.database.options(t.handle.clone())).await;
    assert_eq!(opened.err(), Some(StoreError::NewerDatabase));
}

async fn redo(t: Fixture) {
    t.store.close().await;
    let url = t.database.url().to_owned();
    let folder = if t.database.is_postgres() { "../migrations/postgres" } else { "../migrations/sqlite" };
    let migrations = FileBasedMigrations::from_path(folder).unwrap();
    if t.database.is_postgres() {
        use diesel_async::AsyncConnection;
        let migrate = async move {
            let conn = diesel_async::AsyncPgConnection::establish(&url).await.unwrap();
            let mut harness = diesel_async::AsyncMigrationHarness::new(conn);
            assert_eq!(harness.revert_all_migrations(migrations.clone()).unwrap().len(), directories());
            assert_eq!(harness.run_pending_migrations(migrations).unwrap().len(), directories());
        };
        t.handle.spawn(migrate).await.unwrap();
    } else {
        use diesel::Connection;
        let path = url.strip_prefix("sqlite://").unwrap();
        let mut conn = diesel::SqliteConnection::establish(path).unwrap();
        assert_eq!(conn.revert_all_migrations(migrations.clone()).unwrap().len(), directories());
        assert_eq!(conn.run_pending_migrations(migrations).unwrap().len(), directories());
    }
    let store = t.database.open(t.handle.clone()).await;
    assert_eq!(store.business().await, Ok(None));
    assert_eq!(store.check_tables().await, Ok(declared_tables()));
    store.close().await;
}
