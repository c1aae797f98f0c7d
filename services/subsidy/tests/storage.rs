//! What the tables must be on both engines.

use subsidy::{MIGRATIONS, store};
use testkit::schema;

#[tokio::test]
async fn both_engines_have_the_same_columns() {
    schema::engines_agree(&[MIGRATIONS]).await;
}

#[tokio::test]
async fn every_statement_prepares_on_both_engines() {
    let checks = store::CHECKS.iter().map(|check| check.broken);
    let statements: Vec<_> = store::statements().into_iter().chain(kit::own_statements()).chain(checks).collect();
    schema::statements_prepare(&[MIGRATIONS], &statements).await;
}

#[test]
fn every_table_carries_the_name_of_its_service() {
    schema::tables_are_prefixed(&MIGRATIONS);
}
