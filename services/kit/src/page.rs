//! Pages of a list (AIP-158): the token is the last id seen, so a page stays right while rows come and go.

use crate::error::Error;
use crate::id::Id;
use uuid::Uuid;

/// What a caller gets who does not say.
const DEFAULT_SIZE: i32 = 50;
const LARGEST: i32 = 1000;

/// Which part of a list is asked for: at most `limit` rows with an id above `after`.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub after: Uuid,
    size: usize,
}

impl Page {
    /// Reads `page_size` and `page_token`. A size above the largest is cut to it, as AIP-158 asks.
    pub fn parse(page_size: i32, page_token: &str) -> Result<Self, Error> {
        if page_size < 0 {
            return Err(Error::invalid(
                "page_size",
                "OUT_OF_RANGE",
                format!("`page_size` is {page_size}: expected 0 (for {DEFAULT_SIZE}) to {LARGEST}"),
                format!("`page_size` 为 {page_size}，应在 0（即 {DEFAULT_SIZE}）至 {LARGEST} 之间"),
            ));
        }
        let size = if page_size == 0 { DEFAULT_SIZE } else { page_size.min(LARGEST) };
        let after = if page_token.is_empty() {
            Uuid::nil()
        } else {
            Uuid::try_parse(page_token).map_err(|_| {
                Error::invalid(
                    "page_token",
                    "PAGE_TOKEN",
                    "`page_token` is not one this list gave out: pass the `next_page_token` of the page before",
                    "`page_token` 无效，请使用上一页返回的 `next_page_token`",
                )
            })?
        };
        Ok(Self { after, size: usize::try_from(size).unwrap_or_default() })
    }

    /// Bind this: one row more than the page holds, to know whether there is another.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.size).unwrap_or_default() + 1
    }

    /// Cuts the rows to the page and makes the token of the next one.
    pub fn cut<T, I: Id>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> I) -> (Vec<T>, String) {
        if rows.len() <= self.size {
            return (rows, String::new());
        }
        rows.truncate(self.size);
        let next = rows.last().map(|row| id(row).uuid().to_string()).unwrap_or_default();
        (rows, next)
    }
}
