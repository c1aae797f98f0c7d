//! Rankings in their table.

use crate::domain::{Author, Choice, Order, OrganisationId, Ranking, RankingId, RoundId};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::id::Id;
use kit::page::Page;

/// A ranking with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: RankingId,
    pub ranking: Ranking,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    ranking_id: RankingId,
    /// Read as a bare id: `author` says of what.
    author_id: RankingId,
    author: String,
    ranked: String,
    excluded: String,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let author = row.author_id.uuid();
        let ranking = if row.author == STUDENT {
            Ranking::OfStudent(Id::from_uuid(author), order(&row.ranked, &row.excluded, choice)?)
        } else {
            Ranking::OfMentor(Id::from_uuid(author), order(&row.ranked, &row.excluded, |line| Id::parse("ranking", line))?)
        };
        Ok(Self { id: row.ranking_id, ranking, updated_at: row.updated_at })
    }
}

const STUDENT: &str = "student";
const MENTOR: &str = "mentor";

/// Names, one a line: `verify` looks for one in them.
fn lines<T: ToString>(ids: &[T]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn choice(line: &str) -> Result<Choice, Error> {
    if line.starts_with("projects/") {
        Id::parse("ranking", line).map(Choice::Project)
    } else {
        Id::parse("ranking", line).map(Choice::Mentor)
    }
}

fn order<T>(ranked: &str, excluded: &str, one: impl Fn(&str) -> Result<T, Error>) -> Result<Order<T>, Error> {
    let ids = |lines: &str| lines.lines().map(&one).collect::<Result<Vec<T>, _>>();
    Ok(Order { ranked: ids(ranked)?, excluded: ids(excluded)? })
}

statements! {
    PUT = "INSERT INTO mentoring_ranking (ranking_id, round_id, author_id, author, organisation_id, ranked, excluded, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (round_id, author_id) DO UPDATE SET ranked = excluded.ranked, excluded = excluded.excluded, updated_at = excluded.updated_at";
    OF_ROUND = "SELECT ranking_id, author_id, author, ranked, excluded, updated_at FROM mentoring_ranking WHERE round_id = $1 ORDER BY ranking_id";
    LIST = "SELECT ranking_id, author_id, author, ranked, excluded, updated_at FROM mentoring_ranking WHERE round_id = $1 AND ranking_id > $2 AND (organisation_id = $4 OR $4 IS NULL) ORDER BY ranking_id LIMIT $3";
}

/// Keeps what an author says, in place of what they said before.
pub async fn put(tx: &mut Tx, round: RoundId, organisation: OrganisationId, stored: &Stored) -> Result<(), Error> {
    let (author, ranked, excluded) = match &stored.ranking {
        Ranking::OfStudent(_, order) => (STUDENT, lines(&order.ranked), lines(&order.excluded)),
        Ranking::OfMentor(_, order) => (MENTOR, lines(&order.ranked), lines(&order.excluded)),
    };
    let author_id = RankingId::from_uuid(match stored.ranking.author() {
        Author::Student(id) => id.uuid(),
        Author::Mentor(id) => id.uuid(),
    });
    let row = args![stored.id, round, author_id, author, organisation, ranked, excluded, stored.updated_at];
    tx.execute(PUT, row).await.map(|_| ())
}

pub async fn of_round(tx: &mut Tx, round: RoundId) -> Result<Vec<Ranking>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF_ROUND, args![round]).await?;
    rows.into_iter().map(|row| Ok(Stored::try_from(row)?.ranking)).collect()
}

pub async fn list(tx: &mut Tx, round: RoundId, organisation: Option<OrganisationId>, page: Page) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![round, page.after, page.limit(), organisation]).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
