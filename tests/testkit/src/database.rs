//! A fresh database per test, real on both engines.

use kit::config::DatabaseConfig;
use kit::db::{Db, Migrations, migrate};
use tempfile::TempDir;

/// A database of one test.
#[derive(Debug)]
pub struct TestDb {
    pub db: Db,
    pub url: String,
    pub engine: &'static str,
    _folder: Option<TempDir>,
}

/// A fresh SQLite file and a fresh PostgreSQL database, both migrated.
pub async fn both_engines(migrations: &[Migrations]) -> Vec<TestDb> {
    vec![sqlite(migrations).await, postgres(migrations).await]
}

pub async fn sqlite(migrations: &[Migrations]) -> TestDb {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    open(url, "sqlite", Some(folder), migrations).await
}

/// A fresh database on the server named by `TALENTFLOW_TEST_POSTGRES`, which `tests/run` starts.
pub async fn postgres(migrations: &[Migrations]) -> TestDb {
    open(empty_postgres().await, "postgres", None, migrations).await
}

/// The URL of a fresh, empty PostgreSQL database, for tests that start the binary.
pub async fn empty_postgres() -> String {
    let server = std::env::var("TALENTFLOW_TEST_POSTGRES").expect(
        "TALENTFLOW_TEST_POSTGRES is not set: run the tests by `tests/run`, or set it to the URL of a scratch PostgreSQL server",
    );
    let name = format!("test_{}", crate::caller::fresh().simple());
    let pool = sqlx::PgPool::connect(&server).await.expect("the PostgreSQL server of the tests answers");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&pool).await.unwrap();
    pool.close().await;
    let (base, _) = server.rsplit_once('/').expect("a URL with a database name");
    format!("{base}/{name}")
}

/// How the tests open a database: as the product does, with smaller pools.
pub fn settings(url: &str) -> DatabaseConfig {
    DatabaseConfig { url: url.into(), max_connections: 8, relay_connections: 2, ..DatabaseConfig::default() }
}

async fn open(url: String, engine: &'static str, folder: Option<TempDir>, migrations: &[Migrations]) -> TestDb {
    let db = Db::open(&settings(&url)).await.unwrap();
    migrate(&db, migrations, kit::clock::Clock::System.now()).await.unwrap();
    TestDb { db, url, engine, _folder: folder }
}
