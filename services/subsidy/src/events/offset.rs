//! What became of the years of the tax offset. Who filed and who decided is told to nobody.

use crate::domain::OffsetYear;
use kit::{Error, Scope, Tx};
use proto::subsidy::v1 as pb;

/// Tells of a year and a filing of it, with what else the message says.
macro_rules! tell {
    ($tx:ident, $scope:ident, $year:ident, $message:ident { revision: $revision:expr $(, $field:ident: $value:expr)* }) => {{
        let told = pb::$message {
            offset_year: $year.id.to_string(),
            enterprise: $year.enterprise.to_string(),
            year: $year.year,
            revision: i32::try_from($revision).unwrap_or(i32::MAX),
            $($field: Some($value.into()),)*
        };
        $scope.emit($tx, $year.id, $year.version, &told).await
    }};
}

/// Tells of a confirmed year, with what it comes to.
macro_rules! tell_standing {
    ($tx:ident, $scope:ident, $year:ident, $message:ident) => {{
        let offset = &$year.offset;
        tell!(
            $tx,
            $scope,
            $year,
            $message {
                revision: $year.confirmed,
                brought: offset.brought,
                credit: offset.credit,
                used: offset.used,
                carried: offset.carried
            }
        )
    }};
}

pub async fn offset_filed(tx: &mut Tx, scope: &Scope, year: &OffsetYear) -> Result<(), Error> {
    tell!(tx, scope, year, OffsetYearFiled { revision: year.revision })
}

pub async fn offset_returned(tx: &mut Tx, scope: &Scope, year: &OffsetYear) -> Result<(), Error> {
    tell!(tx, scope, year, OffsetYearReturned { revision: year.revision })
}

pub async fn offset_confirmed(tx: &mut Tx, scope: &Scope, year: &OffsetYear) -> Result<(), Error> {
    tell_standing!(tx, scope, year, OffsetYearConfirmed)
}

/// Of a confirmed year that an earlier one changed.
pub async fn offset_carried(tx: &mut Tx, scope: &Scope, year: &OffsetYear) -> Result<(), Error> {
    tell_standing!(tx, scope, year, OffsetYearCarried)
}
