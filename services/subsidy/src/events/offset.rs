//! What became of the years of the tax offset. Who filed and who decided is told to nobody.

use crate::domain::OffsetYear;
use kit::{Error, Scope, Tx};
use proto::subsidy::v1 as pb;

pub async fn offset_filed(tx: &mut Tx, scope: &Scope, year: &OffsetYear) -> Result<(), Error> {
    let filed = pb::OffsetYearFiled {
        offset_year: year.id.to_string(),
        enterprise: year.enterprise.to_string(),
        year: year.year,
        revision: count(year.revision),
    };
    scope.emit(tx, year.id, year.version, &filed).await
}

pub async fn offset_returned(tx: &mut Tx, scope: &Scope, year: &OffsetYear) -> Result<(), Error> {
    let returned = pb::OffsetYearReturned {
        offset_year: year.id.to_string(),
        enterprise: year.enterprise.to_string(),
        year: year.year,
        revision: count(year.revision),
    };
    scope.emit(tx, year.id, year.version, &returned).await
}

pub async fn offset_confirmed(tx: &mut Tx, scope: &Scope, year: &OffsetYear) -> Result<(), Error> {
    let confirmed = pb::OffsetYearConfirmed {
        offset_year: year.id.to_string(),
        enterprise: year.enterprise.to_string(),
        year: year.year,
        revision: count(year.confirmed),
        brought: Some(year.offset.brought.into()),
        credit: Some(year.offset.credit.into()),
        used: Some(year.offset.used.into()),
        carried: Some(year.offset.carried.into()),
    };
    scope.emit(tx, year.id, year.version, &confirmed).await
}

/// Of a confirmed year that an earlier one changed.
pub async fn offset_carried(tx: &mut Tx, scope: &Scope, year: &OffsetYear) -> Result<(), Error> {
    let carried = pb::OffsetYearCarried {
        offset_year: year.id.to_string(),
        enterprise: year.enterprise.to_string(),
        year: year.year,
        revision: count(year.confirmed),
        brought: Some(year.offset.brought.into()),
        credit: Some(year.offset.credit.into()),
        used: Some(year.offset.used.into()),
        carried: Some(year.offset.carried.into()),
    };
    scope.emit(tx, year.id, year.version, &carried).await
}

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
