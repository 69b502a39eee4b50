//! Migrations: embedded, applied at start by whoever holds the lock of the database.

use crate::error::StoreError;
use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

pub(crate) const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
pub(crate) const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// Brings the database up to this program, unless it is ahead of it.
pub(crate) fn migrate<DB: Backend>(
    harness: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
) -> Result<(), StoreError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        StoreError::Unavailable(format!("migrations: {error}"))
    };
    let known = MigrationSource::<DB>::migrations(&source).map_err(failed)?;
    let applied = harness.applied_migrations().map_err(failed)?;
    let is_known = |version| known.iter().any(|migration| migration.name().version() == version);
    if !applied.into_iter().all(is_known) {
        return Err(StoreError::NewerDatabase);
    }
    for version in harness.run_pending_migrations(source).map_err(failed)? {
        tracing::info!(%version, "migrated the database");
    }
    Ok(())
}
