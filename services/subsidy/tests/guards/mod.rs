//! On SQLite a row may replace another past the triggers for deletes; every table that is only added to has one for inserts.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop, loudly")]

use crate::town::Town;
use kit::db::Engine;
use sqlx::{AssertSqlSafe, SqlitePool};
use std::collections::BTreeSet;

impl Town {
    /// Tries to replace every row of every table that is only added to, and answers which of them had any.
    pub async fn nothing_is_replaced(&self) -> Option<BTreeSet<String>> {
        if self.sandbox.test.db.engine() == Engine::Postgres {
            return None;
        }
        let pool = SqlitePool::connect(&self.sandbox.test.url).await.unwrap();
        let guarded =
            "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'subsidy_%_no_delete' ORDER BY name";
        let tables: Vec<String> = sqlx::query_scalar(guarded).fetch_all(&pool).await.unwrap();
        let mut filled = BTreeSet::new();
        for table in tables {
            let guard = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = $1 || '_no_replace'";
            let guards: i64 = sqlx::query_scalar(guard).bind(&table).fetch_one(&pool).await.unwrap();
            assert_eq!(guards, 1, "{table} has no guard");
            // A row that replaces another is another row, whatever it says.
            let rows = format!("SELECT group_concat(rowid) FROM {table}");
            let before: Option<String> = sqlx::query_scalar(AssertSqlSafe(rows.clone())).fetch_one(&pool).await.unwrap();
            let replace = AssertSqlSafe(format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"));
            match sqlx::query(replace).execute(&pool).await {
                Ok(done) => assert_eq!(done.rows_affected(), 0, "{table}"),
                Err(refused) => assert!(refused.to_string().contains("append-only"), "{table}: {refused}"),
            }
            let after: Option<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(&pool).await.unwrap();
            assert_eq!(before, after, "{table}");
            if before.is_some() {
                filled.insert(table.trim_start_matches("subsidy_").to_owned());
            }
        }
        pool.close().await;
        Some(filled)
    }

    /// As [`Town::nothing_is_replaced`], where these tables have rows.
    pub async fn nothing_is_replaced_in(&self, tables: &[&str]) {
        if let Some(filled) = self.nothing_is_replaced().await {
            assert!(tables.iter().all(|table| filled.contains(*table)), "{tables:?} in {filled:?}");
        }
    }
}
