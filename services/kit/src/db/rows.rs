//! Many rows as the arguments of one statement.

use super::value::instant_text;
use super::{Engine, Value};
use crate::error::Error;
use chrono::{DateTime, NaiveDate, Utc};
use serde::ser::{self, Serialize, Serializer};
use uuid::Uuid;

/// Rows of one shape on their way into a statement. PostgreSQL is given an array for each column, which
/// `unnest(CAST($1 AS UUID[]), CAST($2 AS TEXT[]))` reads for a fifth of what JSON costs it; SQLite is given one JSON
/// array of rows for `jsonb_each`, with bytes as hexadecimal digits for `unhex`.
#[derive(Debug)]
pub(super) enum Rows {
    Columns { columns: Vec<Column>, count: u64 },
    Json { text: Vec<u8>, count: u64 },
}

/// The values of a column, row by row.
#[derive(Debug)]
pub(super) enum Column {
    Bool(Vec<Option<bool>>),
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Id(Vec<Option<Uuid>>),
    Instant(Vec<Option<DateTime<Utc>>>),
    Date(Vec<Option<NaiveDate>>),
}

impl Rows {
    pub fn new(engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::Columns { columns: Vec::new(), count: 0 },
            Engine::Sqlite => Self::Json { text: Vec::new(), count: 0 },
        }
    }

    pub fn count(&self) -> u64 {
        match self {
            Self::Columns { count, .. } | Self::Json { count, .. } => *count,
        }
    }

    /// How many arguments they are.
    pub fn columns(&self) -> usize {
        match self {
            Self::Columns { columns, .. } => columns.len(),
            Self::Json { .. } => 1,
        }
    }

    pub fn push(&mut self, row: Vec<Value>) -> Result<(), Error> {
        match self {
            Self::Columns { columns, count } => {
                if *count == 0 {
                    *columns = row.iter().filter_map(Column::of).collect();
                }
                if columns.len() != row.len() || !columns.iter_mut().zip(row).all(|(column, value)| column.push(value)) {
                    return Err(Error::internal("the rows of one statement differ in their shape"));
                }
                *count += 1;
            }
            Self::Json { text, count } => {
                text.push(if *count == 0 { b'[' } else { b',' });
                serde_json::to_writer(&mut *text, &row).map_err(Error::internal)?;
                *count += 1;
            }
        }
        Ok(())
    }
}

/// The rows as one text.
pub(super) fn json(mut text: Vec<u8>) -> Result<String, Error> {
    text.push(b']');
    String::from_utf8(text).map_err(Error::internal)
}

impl Column {
    /// An empty column for values like this one; an array has none in a row.
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(_) => Self::Bool(Vec::new()),
            Value::Int(_) => Self::Int(Vec::new()),
            Value::Text(_) => Self::Text(Vec::new()),
            Value::Bytes(_) => Self::Bytes(Vec::new()),
            Value::Id(_) => Self::Id(Vec::new()),
            Value::Instant(_) => Self::Instant(Vec::new()),
            Value::Date(_) => Self::Date(Vec::new()),
            Value::Ids(_) => return None,
        })
    }

    /// False when the value is of another type.
    fn push(&mut self, value: Value) -> bool {
        match (self, value) {
            (Self::Bool(column), Value::Bool(value)) => column.push(value),
            (Self::Int(column), Value::Int(value)) => column.push(value),
            (Self::Text(column), Value::Text(value)) => column.push(value),
            (Self::Bytes(column), Value::Bytes(value)) => column.push(value),
            (Self::Id(column), Value::Id(value)) => column.push(value),
            (Self::Instant(column), Value::Instant(value)) => column.push(value),
            (Self::Date(column), Value::Date(value)) => column.push(value),
            _ => return false,
        }
        true
    }
}

/// As SQLite keeps it.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => value.serialize(serializer),
            Self::Int(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
            Self::Bytes(value) => value.as_deref().map(digits).transpose()?.serialize(serializer),
            Self::Id(value) => value.serialize(serializer),
            Self::Ids(value) => value.serialize(serializer),
            Self::Instant(value) => value.map(instant_text).serialize(serializer),
            Self::Date(value) => value.serialize(serializer),
        }
    }
}

/// As `hex::encode`, which goes character by character: what a city's round says are a hundred megabytes.
fn digits<E: ser::Error>(bytes: &[u8]) -> Result<String, E> {
    let mut text = vec![0; 2 * bytes.len()];
    hex::encode_to_slice(bytes, &mut text).map_err(E::custom)?;
    String::from_utf8(text).map_err(E::custom)
}
