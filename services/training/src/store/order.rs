//! Orders in their table.

use crate::domain::{Order, OrderId, OrderState, OrganisationId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// An order with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub order: Order,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    order_id: OrderId,
    version: i64,
    enterprise_id: OrganisationId,
    title: String,
    chain: String,
    programme_code: String,
    seats: i64,
    seats_taken: i64,
    start_date: NaiveDate,
    end_date: NaiveDate,
    #[sqlx(try_from = "String")]
    state: OrderState,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let order = Order {
            id: row.order_id,
            version: row.version,
            enterprise: row.enterprise_id,
            title: row.title,
            chain: row.chain,
            programme_code: row.programme_code,
            seats: row.seats,
            seats_taken: row.seats_taken,
            start: row.start_date,
            end: row.end_date,
            state: row.state,
        };
        Self { order, created_at: row.created_at, updated_at: row.updated_at }
    }
}

/// Which orders a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub enterprise: Option<OrganisationId>,
    pub chain: Option<String>,
    pub state: Option<OrderState>,
    /// Leaves drafts and withdrawn orders out, which are nobody else's business.
    pub public_only: bool,
}

statements! {
    INSERT = "INSERT INTO training_order (order_id, version, enterprise_id, title, chain, programme_code, seats, seats_taken, start_date, end_date, state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, $11)";
    UPDATE = "UPDATE training_order SET version = $2, state = $4, updated_at = $5 WHERE order_id = $1 AND version = $3 AND seats_taken = $6";
    /// Takes seats only while there are any: two classes at once cannot both have the last ones.
    TAKE_SEATS = "UPDATE training_order SET seats_taken = seats_taken + $2 WHERE order_id = $1 AND state = 'published' AND seats_taken + $2 <= seats";
    GIVE_SEATS = "UPDATE training_order SET seats_taken = seats_taken - $2 WHERE order_id = $1 AND seats_taken >= $2";
    BY_ID = "SELECT order_id, version, enterprise_id, title, chain, programme_code, seats, seats_taken, start_date, end_date, state, created_at, updated_at FROM training_order WHERE order_id = $1";
    LIST = "SELECT order_id, version, enterprise_id, title, chain, programme_code, seats, seats_taken, start_date, end_date, state, created_at, updated_at FROM training_order WHERE order_id > $1 AND (enterprise_id = $3 OR $3 IS NULL) AND (chain = $4 OR $4 IS NULL) AND (state = $5 OR $5 IS NULL) AND (state IN ('published', 'closed') OR $6 = FALSE) ORDER BY order_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, order: &Order, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![
        order.id,
        order.version,
        order.enterprise,
        order.title.as_str(),
        order.chain.as_str(),
        order.programme_code.as_str(),
        order.seats,
        order.start,
        order.end,
        order.state,
        now,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

/// Saves a decision that was made on the version before, and on so many seats taken: taking some is no new version.
pub async fn update(tx: &mut Tx, order: &Order, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![order.id, order.version, order.version - 1, order.state, now, order.seats_taken];
    tx.change(UPDATE, row, &order.id.to_string()).await
}

/// Whether the seats were there to take.
pub async fn take_seats(tx: &mut Tx, order: OrderId, seats: i64) -> Result<bool, Error> {
    Ok(tx.execute(TAKE_SEATS, args![order, seats]).await? == 1)
}

pub async fn give_seats(tx: &mut Tx, order: OrderId, seats: i64) -> Result<(), Error> {
    tx.change(GIVE_SEATS, args![order, seats], &order.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: OrderId) -> Result<Option<Stored>, Error> {
    Ok(tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Stored::from))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.enterprise, filter.chain.as_deref(), filter.state, filter.public_only];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Stored::from).collect())
}
