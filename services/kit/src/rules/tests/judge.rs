use super::{PACK, day, pack};
use crate::error::{Code, Error};
use crate::rules::{Judgement, Outcome, RulePack, Waiver};
use proptest::prelude::*;
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "age": 17,
        "first_year": false,
        "pay_percent": 85,
        "agreement": true,
        "overtime": false,
        "filing_number": null,
    })
}

fn with(changes: &Value) -> Value {
    let mut facts = good();
    facts.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    facts
}

fn judged(facts: &Value, on: &str, waivers: &[Waiver]) -> Judgement {
    pack().judge(facts, day(on), "vocational", waivers).unwrap()
}

fn waiver(rule: &str, reason: &str) -> Waiver {
    Waiver { rule: rule.to_owned(), reason: reason.to_owned() }
}

fn outcomes(judgement: &Judgement) -> Vec<(&str, u32, Outcome)> {
    judgement.verdicts.iter().map(|verdict| (verdict.rule.as_str(), verdict.version, verdict.outcome)).collect()
}

/// What a caller is told, from the status it gets.
fn told(error: Error) -> (String, String, tonic_types::ErrorInfo) {
    use tonic_types::StatusExt;
    let status = error.into_status();
    let details = status.get_error_details();
    let zh = details.localized_message().unwrap().message.clone();
    (status.message().to_owned(), zh, details.error_info().unwrap().clone())
}

#[test]
fn a_case_that_keeps_every_rule_passes_and_says_what_each_rule_saw() {
    let judgement = judged(&good(), "2026-09-01", &[]);
    assert!(judgement.refusal().is_none());
    let expected = json!({
        "pack": "internship",
        "source": "教职成〔2021〕4号",
        "on": "2026-09-01",
        "applies_to": "vocational",
        "verdicts": [
            { "rule": "agreement", "version": 1, "article": "13", "severity": "hard", "outcome": "passed", "saw": { "agreement": true } },
            { "rule": "minimum-age", "version": 1, "article": "16", "severity": "hard", "outcome": "passed", "saw": { "age": 17, "first_year": false } },
            { "rule": "minimum-pay", "version": 2, "article": "18", "severity": "soft", "outcome": "passed", "saw": { "pay_percent": 85 } },
            { "rule": "overtime", "version": 1, "article": "17", "severity": "hard", "outcome": "not_applicable", "saw": { "overtime": false } },
        ],
    });
    assert_eq!(judgement.to_json().unwrap(), expected);
}

#[test]
fn the_version_in_force_on_the_day_judges() {
    let version = |on: &str| {
        let judgement = judged(&good(), on, &[]);
        judgement.verdicts.iter().find(|verdict| verdict.rule == "minimum-pay").map(|verdict| verdict.version)
    };
    assert_eq!(version("2016-04-10"), None, "before the first version");
    assert_eq!(version("2016-04-11"), Some(1), "from is the first day");
    assert_eq!(version("2021-12-31"), Some(1));
    assert_eq!(version("2022-01-01"), Some(2), "to is the first day of the next");
    assert_eq!(version("2099-01-01"), Some(2));
}

#[test]
fn a_broken_hard_rule_refuses_with_field_rule_and_way_out() {
    let error = judged(&with(&json!({ "age": 15 })), "2026-09-01", &[]).refusal().unwrap();
    assert_eq!((error.code(), error.reason(), error.field()), (Code::Refused, "RULE_VIOLATED", Some("age")));
    let (en, zh, info) = told(error);
    assert_eq!(en, "Nobody under 16 or in the first year is placed.");
    assert_eq!(zh, "不得安排一年级或未满16周岁的学生实习");
    assert_eq!(info.metadata["rule"], "internship/minimum-age@1 art. 16");
    assert_eq!(info.metadata["way_out"], "place the student later");
    assert_eq!(info.metadata["way_out_zh"], "请延后安排");
}

#[test]
fn the_field_of_a_rule_can_be_named_in_the_pack() {
    let error = judged(&with(&json!({ "agreement": false })), "2026-09-01", &[]).refusal().unwrap();
    assert_eq!(error.field(), Some("placement.agreement"));
}

#[test]
fn a_hard_rule_cannot_be_waived() {
    let waivers = [waiver("minimum-age", "almost 16"), waiver("internship/minimum-age", "almost 16")];
    let judgement = judged(&with(&json!({ "age": 15 })), "2026-09-01", &waivers);
    assert!(outcomes(&judgement).contains(&("minimum-age", 1, Outcome::Failed)));
    let (en, zh, _) = told(judgement.refusal().unwrap());
    assert!(en.ends_with("No reason can waive this rule.") && zh.ends_with("该规定不得豁免"), "{en} {zh}");
}

#[test]
fn a_broken_soft_rule_passes_with_a_recorded_reason_and_not_without() {
    let facts = with(&json!({ "pay_percent": 79 }));
    let error = judged(&facts, "2026-09-01", &[]).refusal().unwrap();
    assert_eq!((error.code(), error.reason(), error.field()), (Code::Refused, "RULE_NEEDS_REASON", Some("pay_percent")));
    let (_, _, info) = told(error);
    assert_eq!(info.metadata["way_out"], "raise the pay, or record a reason for the rule internship/minimum-pay");
    assert_eq!(info.metadata["rule"], "internship/minimum-pay@2 art. 18");

    for named in ["minimum-pay", "internship/minimum-pay"] {
        let judgement = judged(&facts, "2026-09-01", &[waiver(named, "filing 2026-117")]);
        assert!(judgement.refusal().is_none());
        let verdict = judgement.verdicts.iter().find(|verdict| verdict.rule == "minimum-pay").unwrap();
        assert_eq!((verdict.outcome, verdict.reason.as_deref()), (Outcome::Waived, Some("filing 2026-117")));
    }
    for useless in [waiver("minimum-pay", "  "), waiver("overtime", "filing"), waiver("other/minimum-pay", "filing")] {
        assert!(judged(&facts, "2026-09-01", std::slice::from_ref(&useless)).refusal().is_some(), "{useless:?}");
    }
}

#[test]
fn a_reason_that_was_not_needed_is_not_kept() {
    let judgement = judged(&good(), "2026-09-01", &[waiver("minimum-pay", "to be safe")]);
    assert!(judgement.verdicts.iter().all(|verdict| verdict.reason.is_none()));
}

#[test]
fn hard_rules_come_first_and_every_broken_rule_is_named_at_once() {
    let facts = with(&json!({ "age": 15, "agreement": false, "pay_percent": 10 }));
    let error = judged(&facts, "2026-09-01", &[]).refusal().unwrap();
    assert_eq!(error.reason(), "RULE_VIOLATED");
    let (en, zh, info) = told(error);
    assert_eq!(info.metadata["rule"], "internship/agreement@1 art. 13");
    for also in ["Without a signed", "Also: Nobody under 16", "Also: Pay is at least 80 %"] {
        assert!(en.contains(also), "{en}");
    }
    assert!(zh.contains("另：不得安排一年级") && zh.contains("另：报酬原则上"), "{zh}");
}

#[test]
fn a_rule_judges_only_what_it_applies_to_and_only_when_its_condition_holds() {
    let night = with(&json!({ "overtime": true }));
    let refused = |code: &str, facts: &Value| {
        pack().judge(facts, day("2026-09-01"), code, &[]).unwrap().refusal().map(|error| error.reason())
    };
    assert_eq!(refused("vocational", &night), Some("RULE_VIOLATED"));
    assert_eq!(refused("technical", &night), Some("RULE_VIOLATED"));
    assert_eq!(refused("university", &night), None);
    assert_eq!(refused("vocational", &with(&json!({ "overtime": true, "filing_number": "2026-117" }))), None);
}

#[test]
fn an_unverified_rule_is_off_until_it_is_switched_on() {
    let judge = |pack: RulePack| pack.judge(&good(), day("2026-09-01"), "vocational", &[]).unwrap();
    assert!(outcomes(&judge(pack())).iter().all(|(rule, ..)| *rule != "length"));
    assert!(outcomes(&judge(pack().with_unverified())).contains(&("length", 1, Outcome::Failed)));
}

#[test]
fn a_case_never_passes_because_a_fact_is_unknown() {
    let judge = |facts: &Value| pack().judge(facts, day("2026-09-01"), "vocational", &[]);
    let error = judge(&with(&json!({ "age": null }))).unwrap_err();
    assert_eq!((error.code(), error.reason(), error.field()), (Code::Refused, "RULE_FACT_UNKNOWN", Some("age")));
    let (en, zh, info) = told(error);
    assert!(en.contains("`age` is not known") && zh.contains("缺少 `age`"), "{en} {zh}");
    assert_eq!(info.metadata["rule"], "internship/minimum-age@1 art. 16");

    let mut lacking = good();
    lacking.as_object_mut().unwrap().remove("age");
    let error = judge(&lacking).unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(format!("{error:?}").contains("the fact `age` was not given"), "{error:?}");

    let error = judge(&with(&json!({ "age": "seventeen" }))).unwrap_err();
    assert_eq!(error.code(), Code::Internal, "facts that do not fit the pack are our fault: {error:?}");
}

/// The pack with its rules in another order.
fn shuffled(order: &[usize]) -> String {
    let mut parts = PACK.split("[[rule]]");
    let head = parts.next().unwrap().to_owned();
    let rules: Vec<&str> = parts.collect();
    order.iter().fold(head, |text, at| format!("{text}[[rule]]{}\n", rules[*at]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_judgement_depends_on_the_case_alone_not_on_the_order_of_rules_or_the_time_of_asking(
        order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(),
        (age, first_year, pay, agreement, overtime) in (10i64..20, any::<bool>(), 70i64..90, any::<bool>(), any::<bool>()),
        filing in prop::option::of("[0-9]{4}"),
        days in 0i64..5000,
        code in prop::sample::select(vec!["vocational", "technical", "university"]),
        reason in prop::option::of("[a-z]{1,8}"),
        unverified: bool,
    ) {
        let facts = json!({
            "age": age, "first_year": first_year, "pay_percent": pay, "agreement": agreement,
            "overtime": overtime, "filing_number": filing,
        });
        let waivers: Vec<Waiver> = reason.iter().map(|reason| waiver("minimum-pay", reason)).collect();
        let on = day("2016-01-01") + chrono::TimeDelta::days(days);
        let judge = |text: &str| {
            let pack = RulePack::load(text).unwrap();
            let pack = if unverified { pack.with_unverified() } else { pack };
            let judgement = pack.judge(&facts, on, code, &waivers).unwrap();
            (judgement.to_json().unwrap(), judgement.refusal().map(told).map(|(en, zh, _)| (en, zh)))
        };
        let first = judge(PACK);
        prop_assert_eq!(&first, &judge(PACK));
        prop_assert_eq!(&first, &judge(&shuffled(&order)));

        // Nobody under age is placed on any day on which the rule holds, whatever else is true.
        if on >= day("2022-01-01") && (age < 16 || first_year || !agreement) {
            prop_assert!(first.1.is_some());
        }
    }
}
