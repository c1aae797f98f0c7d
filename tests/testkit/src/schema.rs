//! What holds of every service's storage: both engines have the same columns, and every statement prepares.

use crate::database::{TestDb, both_engines};
use kit::db::{Engine, Lane, Migrations, Sql, args, statements};
use std::collections::BTreeSet;

statements! {
    COLUMNS = {
        postgres: "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema()",
        sqlite: "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%'",
        reason: "each engine has a catalogue of its own",
    };
}

/// Both engines have the same tables and views with the same columns.
pub async fn engines_agree(migrations: &[Migrations]) {
    let mut seen: Vec<BTreeSet<(String, String)>> = Vec::new();
    for test in both_engines(migrations).await {
        let mut tx = test.db.read(Lane::Request).await.unwrap();
        seen.push(tx.fetch_all(COLUMNS, args![]).await.unwrap().into_iter().collect());
    }
    let only = |a: usize, b: usize| seen[a].difference(&seen[b]).cloned().collect::<Vec<_>>();
    assert_eq!((only(0, 1), only(1, 0)), (vec![], vec![]), "columns only SQLite has, columns only PostgreSQL has");
}

/// Every statement prepares on both engines, and a pair of texts has its reason.
pub async fn statements_prepare(migrations: &[Migrations], statements: &[Sql]) {
    for TestDb { db, engine, .. } in &both_engines(migrations).await {
        for sql in statements {
            db.prepare(*sql).await.unwrap_or_else(|error| panic!("{} on {engine}: {error:?}", sql.name));
            assert_eq!(sql.postgres == sql.sqlite, sql.reason.is_empty(), "{} needs a reason for two texts", sql.name);
        }
        assert!(matches!(db.engine(), Engine::Postgres | Engine::Sqlite));
    }
}

/// Tables of a service carry its prefix, so that all services may share a database.
pub fn tables_are_prefixed(migrations: &Migrations) {
    for migration in migrations.all {
        for text in [migration.postgres, migration.sqlite] {
            for line in text.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")) {
                assert!(line.starts_with(&format!("{}_", migrations.service)), "{line}");
            }
        }
    }
}
