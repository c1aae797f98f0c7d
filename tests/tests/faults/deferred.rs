//! Writes that are left to go together: in one transaction, all of them or none, and the one that meets somebody else is
//! named. On PostgreSQL they are one statement.

use kit::Error;
use kit::db::{Lane, Migration, Migrations, Sql, Tx, args, statements};
use testkit::{TestDb, both_engines};

const SHELF: Migrations = Migrations {
    service: "shelf",
    all: &[Migration::new(
        "0001_init",
        "-- expand\nCREATE TABLE shelf_book (title TEXT PRIMARY KEY, copies BIGINT NOT NULL, owner TEXT NOT NULL);\nCREATE TABLE shelf_count (books BIGINT NOT NULL);\nINSERT INTO shelf_count VALUES (0);\n",
        "-- expand\nCREATE TABLE shelf_book (title TEXT PRIMARY KEY, copies BIGINT NOT NULL, owner TEXT NOT NULL);\nCREATE TABLE shelf_count (books BIGINT NOT NULL);\nINSERT INTO shelf_count VALUES (0);\n",
    )],
};

statements! {
    ADD = {
        postgres: "INSERT INTO shelf_book (title, copies, owner) SELECT title, copies, $1 FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS BIGINT[])) AS b (title, copies)",
        sqlite: "INSERT INTO shelf_book (title, copies, owner) SELECT value->>0, value->>1, $1 FROM jsonb_each($2)",
        reason: "SQLite knows no arrays",
    };
    LEND = {
        postgres: "UPDATE shelf_book AS s SET copies = s.copies - b.copies FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS BIGINT[])) AS b (title, copies) WHERE s.title = b.title AND s.copies >= b.copies",
        sqlite: "UPDATE shelf_book AS s SET copies = s.copies - (b.value->>1) FROM jsonb_each($1) AS b WHERE s.title = b.value->>0 AND s.copies >= b.value->>1",
        reason: "SQLite knows no arrays",
    };
    COUNT = "UPDATE shelf_count SET books = $2 WHERE books = $1";
    BOOKS = "SELECT title, copies, owner FROM shelf_book ORDER BY title";
    COUNTED = "SELECT books FROM shelf_count";
}

fn books(of: &[(&str, i64)]) -> Vec<Vec<kit::db::Value>> {
    of.iter().map(|(title, copies)| args![*title, *copies]).collect()
}

async fn seen(tx: &mut Tx) -> (Vec<(String, i64, String)>, i64) {
    let books = tx.fetch_all(BOOKS, args![]).await.unwrap();
    let (count,) = tx.fetch_one(COUNTED, args![]).await.unwrap();
    (books, count)
}

fn book(title: &str, copies: i64, owner: &str) -> (String, i64, String) {
    (title.to_owned(), copies, owner.to_owned())
}

#[tokio::test]
async fn deferred_writes_are_there_at_the_flush_and_at_the_latest_at_commit() {
    for TestDb { db, engine, .. } in &both_engines(&[SHELF]).await {
        let mut tx = db.begin(Lane::Request).await.unwrap();
        tx.defer_rows(ADD, args!["school"], books(&[("a", 3), ("b", 1)]), "books").unwrap();
        tx.defer_change(COUNT, args![0, 2], "count");
        tx.defer_rows(LEND, args![], Vec::new(), "books").unwrap();
        assert_eq!(seen(&mut tx).await, (vec![], 0), "{engine}: nothing is written yet");
        tx.flush().await.unwrap();
        assert_eq!(seen(&mut tx).await, (vec![book("a", 3, "school"), book("b", 1, "school")], 2), "{engine}");
        tx.defer_rows(LEND, args![], books(&[("a", 2)]), "books").unwrap();
        tx.defer_rows(ADD, args!["enterprise"], books(&[("c", 5)]), "books").unwrap();
        tx.defer_change(COUNT, args![2, 3], "count");
        tx.commit().await.unwrap();
        let mut tx = db.read(Lane::Request).await.unwrap();
        let books = vec![book("a", 1, "school"), book("b", 1, "school"), book("c", 5, "enterprise")];
        assert_eq!(seen(&mut tx).await, (books, 3), "{engine}");
    }
}

#[tokio::test]
async fn one_that_meets_somebody_else_is_named_and_none_is_written() {
    type Write = (Sql, &'static [(&'static str, i64)], (i64, i64), &'static str);
    // Not enough copies, a count that is another by now, a title that is there.
    let met: [Write; 3] = [
        (LEND, &[("a", 1), ("b", 2)], (2, 3), "books"),
        (LEND, &[("a", 1)], (1, 2), "count"),
        (ADD, &[("a", 1)], (2, 3), "what this is about"),
    ];
    for TestDb { db, engine, .. } in &both_engines(&[SHELF]).await {
        let mut tx = db.begin(Lane::Request).await.unwrap();
        tx.defer_rows(ADD, args!["school"], books(&[("a", 3), ("b", 1)]), "books").unwrap();
        tx.defer_change(COUNT, args![0, 2], "count");
        tx.commit().await.unwrap();
        for (sql, rows, (from, to), what) in met {
            let mut tx = db.begin(Lane::Request).await.unwrap();
            tx.defer_rows(ADD, args!["enterprise"], books(&[("c", 5)]), "others").unwrap();
            let owner = if sql.name == ADD.name { args!["school"] } else { args![] };
            tx.defer_rows(sql, owner, books(rows), "books").unwrap();
            tx.defer_change(COUNT, args![from, to], "count");
            let error = tx.commit().await.unwrap_err();
            assert_eq!(error.to_string(), Error::stale(what).to_string(), "{engine}");
            assert!(error.is_transient(), "{engine}: tried again, it may go well");
            let mut tx = db.read(Lane::Request).await.unwrap();
            assert_eq!(seen(&mut tx).await, (vec![book("a", 3, "school"), book("b", 1, "school")], 2), "{engine}");
        }
    }
}

/// What is one statement sees one state of the tables: how many rows there are then, which a statement of its own would not
/// see.
#[tokio::test]
async fn on_postgresql_they_are_one_statement() {
    statements! {
        NOTE = "INSERT INTO shelf_book (title, copies, owner) SELECT $1, (SELECT COUNT(*) FROM shelf_book), 'note'";
    }
    for TestDb { db, engine, .. } in &both_engines(&[SHELF]).await {
        let mut tx = db.begin(Lane::Request).await.unwrap();
        tx.defer_rows(ADD, args!["school"], books(&[("a", 3)]), "books").unwrap();
        tx.defer_change(NOTE, args!["note"], "note");
        tx.commit().await.unwrap();
        let mut tx = db.read(Lane::Request).await.unwrap();
        let before = i64::from(*engine == "sqlite");
        assert_eq!(seen(&mut tx).await.0, vec![book("a", 3, "school"), book("note", before, "note")], "{engine}");
    }
}
