//! Filings and decisions in random sequences through the real service on both engines, against a fold of their own.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod town;

use kit::rng::Chance;
use proto::subsidy::v1 as pb;
use std::collections::BTreeMap;
use town::{ENTERPRISE, OTHER_ENTERPRISE, Town, fen, reason};

/// Surcharges and credit, in fen.
type Filed = (i64, i64);

/// What the tables should hold, kept beside them.
#[derive(Default)]
struct Model {
    open: BTreeMap<(&'static str, i32), (pb::OffsetYear, Filed)>,
    confirmed: BTreeMap<(&'static str, i32), Filed>,
}

impl Model {
    /// Brought, credit, used, carried of each year; none before the first that is confirmed.
    fn statements(&self, enterprise: &'static str) -> BTreeMap<i32, [i64; 4]> {
        let mut statements = BTreeMap::new();
        let mut rest = None;
        for year in 2019..2026 {
            let of_year = self.confirmed.get(&(enterprise, year));
            let Some(brought) = rest.or(of_year.map(|_| 0)) else { continue };
            let (surcharges, credit) = of_year.copied().unwrap_or_default();
            let used = surcharges.min(brought + credit);
            statements.insert(year, [brought, credit, used, brought + credit - used]);
            rest = Some(brought + credit - used);
        }
        statements
    }
}

async fn step(town: &Town, chance: &Chance, model: &mut Model) {
    let enterprise = if chance.below(2) == 0 { ENTERPRISE } else { OTHER_ENTERPRISE };
    let year = 2019 + i32::try_from(chance.below(7)).unwrap();
    let key = (enterprise, year);
    if chance.below(2) == 0 {
        let amount = |most: u64| i64::try_from(chance.below(most)).unwrap();
        let (investment, surcharges) = (amount(1_000_000), amount(200_000));
        let document = |code: &str| pb::Evidence { code: code.into(), sha256: "5e".repeat(32), place: "cabinet 3".into() };
        let request = pb::FileOffsetYearRequest {
            enterprise: enterprise.into(),
            year,
            investment: fen(investment),
            surcharges: fen(surcharges),
            evidence: vec![document("investment-statement"), document("published-list")],
        };
        let filed = town.bureau().file_offset_year(request).await.unwrap().into_inner();
        // Thirty percent, cut to the fen.
        model.open.insert(key, (filed, (surcharges, investment * 30 / 100)));
        return;
    }
    let Some((filed, what)) = model.open.remove(&key) else { return };
    let (name, revision) = (filed.name.clone(), filed.revision);
    if chance.below(4) == 0 {
        let request = pb::ReturnOffsetYearRequest { name, revision, reason: "not complete".into() };
        town.officer().return_offset_year(request).await.unwrap();
        return;
    }
    let listed = chance.below(4) > 0;
    let note = "as the list of that year has it".to_owned();
    let request = pb::ConfirmOffsetYearRequest { name, revision, integration_listed: Some(listed), note };
    town.officer().confirm_offset_year(request.clone()).await.unwrap();
    assert_eq!(reason(&town.officer().confirm_offset_year(request).await.unwrap_err()), "FILING_DECIDED");
    model.confirmed.insert(key, if listed { what } else { (what.0, 0) });
}

async fn statements_are(town: &Town, model: &Model) {
    for enterprise in [ENTERPRISE, OTHER_ENTERPRISE] {
        let expected = model.statements(enterprise);
        for year in 2019..2026 {
            let request = pb::GetOffsetStatementRequest { enterprise: enterprise.into(), year };
            let said = town.bureau().get_offset_statement(request).await.ok().map(tonic::Response::into_inner);
            let figures = said.map(|one| [one.brought, one.credit, one.used, one.carried].map(|amount| amount.unwrap().fen));
            assert_eq!(figures, expected.get(&year).copied(), "{enterprise} {year} on {}", town.sandbox.test.engine);
        }
    }
}

#[tokio::test]
async fn whatever_is_filed_returned_confirmed_and_corrected_a_statement_is_the_fold_of_what_stands() {
    for seed in 1..=2 {
        for town in Town::both().await {
            town.organisations().await;
            let chance = Chance::seeded(seed);
            let mut model = Model::default();
            for _ in 0..3 {
                for _ in 0..20 {
                    town.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
                    step(&town, &chance, &mut model).await;
                }
                statements_are(&town, &model).await;
            }
            assert!(model.confirmed.len() > 5, "little was confirmed");
            town.verify().await;
        }
    }
}
