use super::*;

const GOOD: &str = include_str!("../../../schemes/hiring-subsidy.1.toml");
const STAGED: &str = include_str!("../../../schemes/hiring-subsidy.2.toml");
const CLASS: &str = include_str!("../../../schemes/order-class.1.toml");
const OFFSET: &str = include_str!("../../../schemes/tax-offset.1.toml");
const APPRENTICE: &str = include_str!("../../../schemes/new-apprenticeship.1.toml");

/// `line:column rule` of every fault.
fn faults(text: &str) -> Vec<String> {
    let faults = Scheme::load(text).unwrap_err().faults;
    faults.iter().map(|fault| format!("{}:{} {}", fault.line, fault.column, fault.rule)).collect()
}

/// Where `part` stands in a text.
fn place(text: &str, part: &str) -> String {
    let (line, row) = text.lines().enumerate().find(|(_, row)| row.contains(part)).unwrap();
    format!("{}:{}", line + 1, row[..row.find(part).unwrap()].chars().count() + 1)
}

#[test]
fn the_shipped_schemes_load_and_only_what_a_text_of_law_says_is_confirmed() {
    let codes: Vec<_> = Schemes::shipped().all().map(|scheme| (scheme.citation(), scheme.confirmed)).collect();
    let expected = [
        ("hiring-subsidy@1", false),
        ("hiring-subsidy@2", false),
        ("mentor-allowance@1", false),
        ("new-apprenticeship@1", false),
        ("order-class@1", false),
        ("practice-stipend@1", false),
        ("tax-offset@1", true),
    ];
    assert_eq!(codes, expected.map(|(code, confirmed)| (format!("schemes/{code}"), confirmed)));
}

/// Claims carry the digest of the file that judged them: a change is a new version in a new file.
#[test]
fn a_shipped_version_is_never_edited() {
    let shipped = [
        ("hiring-subsidy", 1, "9c4d345a1ef724a3ec505f233e56fc3d00e6e8db752434efce11e1929080257f"),
        ("mentor-allowance", 1, "ab9662edeb4590b887328e2afd29b453eef04a604bfdf7e63259d69eb2321bbd"),
        ("practice-stipend", 1, "cf1041c61fdcdbb0b934dc4df8f28123cdd4bb415f4d4b68d1fe922a30a2f1d3"),
    ];
    for (code, version, digest) in shipped {
        let scheme = Schemes::shipped().find(code, version).unwrap();
        assert_eq!(scheme.digest, digest, "{code}@{version} was edited: add a version instead");
    }
}

/// Whom an older release has judged, a newer one does not judge anew.
#[test]
fn what_is_shipped_later_begins_later() {
    let first = ["hiring-subsidy@1", "mentor-allowance@1", "practice-stipend@1"];
    for scheme in Schemes::shipped().all().filter(|scheme| scheme.occasion != OccasionKind::InvestmentYear) {
        let begins = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
        let early = first.contains(&scheme.citation().trim_start_matches("schemes/"));
        assert_eq!(scheme.from < begins, early, "{}", scheme.citation());
    }
    let ended = Schemes::shipped().find("hiring-subsidy", 1).unwrap().to;
    assert_eq!(ended, NaiveDate::from_ymd_opt(2027, 1, 1), "the second version ends the first");
}

#[test]
fn every_fault_is_told_at_once_each_at_its_line_and_column() {
    let text = STAGED
        .replace("version = 2", "version = 0")
        .replace("fund = \"talent\"", "found = \"talent\"")
        .replace("'150000'", "'1500.00'")
        .replace("share = 50\nat = \"start\"\nplus_days = 364", "share = 0\nat = \"begin\"\nplus_days = 364");
    let expected = [
        "1:1 scheme/required".to_owned(),
        "2:11 scheme/range".to_owned(),
        format!("{} scheme/key", place(&text, "found =")),
        format!("{} scheme/expression", place(&text, "1500.00")),
        format!("{}:9 scheme/range", 1 + text.lines().position(|line| line == "share = 0").unwrap()),
        format!("{} scheme/word", place(&text, "\"begin\"")),
    ];
    assert_eq!(faults(&text), expected);
}

#[test]
fn each_rule_of_a_file_is_held_where_it_is_broken() {
    let cases: [(&str, &str, &str, &str, &str); 32] = [
        (GOOD, "version = 1", "version = 0", "0", "scheme/range"),
        (GOOD, "\"hiring-subsidy\"", "\"Hiring\"", "\"Hiring\"", "scheme/code"),
        (GOOD, "from = 2025-01-01", "from = 2025-01-01\nto = 2025-01-01", "2025-01-01", "scheme/period"),
        (GOOD, "from = 2025-01-01", "from = 2025-01-01T00:00:00", "2025-01-01T", "scheme/type"),
        (GOOD, "title = \"Hiring", "title = \" \" # \"", "\" \"", "scheme/text"),
        (GOOD, "'150000'", "'1500.00'", "1500.00", "scheme/expression"),
        (GOOD, "'150000'", "'wage * 2'", "wage", "scheme/expression"),
        (GOOD, "'150000'", "'hire.days + hire.wage'", "wage", "scheme/expression"),
        (GOOD, "hire.employer_kind ==", "hire.employer_sort ==", "employer_sort", "scheme/expression"),
        (GOOD, "'150000'", "'hire.start'", "hire.start'", "scheme/expression"),
        (GOOD, "occasion = \"hire\"", "occasion = \"hiring\"", "\"hiring\"", "scheme/word"),
        (GOOD, "claims_per_person = 1", "claims_per_person = 0", "0", "scheme/range"),
        (GOOD, "retention_days", "retension_days", "retension_days", "scheme/key"),
        (GOOD, "confirmed = false", "confirmed = \"no\"", "\"no\"", "scheme/type"),
        (GOOD, "clawback = \"full\"", "clawback = \"half\"", "\"half\"", "scheme/word"),
        (STAGED, "clawback = \"full\"", "clawback = \"full\"\nretention_days = 90", "stages", "scheme/stages"),
        (STAGED, "plus_days = 89", "plus_days = 89\nplus_months = 3", "3", "scheme/stages"),
        (STAGED, "plus_days = 89", "plus_days = 89\nadvance = true", "stages", "scheme/advance"),
        (APPRENTICE, "at_most_percent = 50", "at_most_percent = 40", "40", "scheme/advance"),
        (APPRENTICE, "up_to_fen = 500000\n", "", "[[approvals]]", "scheme/approvals"),
        (APPRENTICE, "roles = [\"finance\"]", "roles = [\"school\"]", "\"school\"]", "scheme/word"),
        (CLASS, "share_percent = 50", "share_percent = 60", "[[sources]]", "scheme/sources"),
        (CLASS, "scheme = \"new-apprenticeship\"", "scheme = \"order-class\"", "\"order-class\"", "scheme/exclusions"),
        (CLASS, "\"student-list\"]", "\"class-agreement\"]", "\"class-agreement\"]", "scheme/twice"),
        (STAGED, "\"double-funding\"]", "\"budget\"]", "\"budget\"]", "scheme/word"),
        (STAGED, "\"double-funding\"]", "\"scheme-in-force\"]", "\"scheme-in-force\"]", "scheme/word"),
        (STAGED, "\"double-funding\"]", "\"on-record\"]", "\"on-record\"]", "scheme/twice"),
        (STAGED, "at_most_days = 30", "at_most_days = 367", "367", "scheme/range"),
        (STAGED, "filed = true\n", "", "\"on-record\"", "scheme/filed"),
        (OFFSET, "clawback = \"none\"", "clawback = \"none\"\nfiled = true", "true", "scheme/filed"),
        (CLASS, "shared_evidence = [\"class-agreement\"", "shared_evidence = [\"contract\"", "\"contract\"", "scheme/evidence"),
        (
            CLASS,
            "shared_evidence = [\"class-agreement\"",
            "shared_evidence = [\"student-list\"",
            "\"student-list\"]",
            "scheme/twice",
        ),
    ];
    for (text, from, to, at, rule) in cases {
        assert!(text.contains(from), "{from}");
        let broken = text.replacen(from, to, 1);
        let found = Scheme::load(&broken).unwrap_err();
        let pointed = |fault: &&Fault| {
            let line = broken.lines().nth(fault.line - 1).unwrap_or_default();
            let rest: String = line.chars().skip(fault.column - 1).collect();
            fault.rule == rule && rest.trim_start_matches('[').starts_with(at.trim_start_matches('['))
        };
        let fault = found.faults.iter().find(pointed).unwrap_or_else(|| panic!("{rule} for {to} at {at}: {found}"));
        for text in [&fault.en, &fault.zh, &fault.way_out, &fault.way_out_zh] {
            assert!(!text.trim().is_empty(), "{rule}");
        }
    }
}

#[test]
fn a_sponsor_without_a_share_may_give_all_and_public_funds_share_the_rest() {
    let read = |sources: &str| {
        let whole = CLASS.split("[[sources]]").next().unwrap_or_default();
        Scheme::load(&format!("{whole}{sources}"))
    };
    let sponsor = "[[sources]]\nkind = \"sponsor\"\n";
    let public = |share: u32| format!("[[sources]]\nkind = \"co-funding\"\nshare_percent = {share}\n");
    let scheme = read(&format!("{sponsor}{}", public(100))).unwrap();
    let shares: Vec<_> = scheme.sources.iter().map(|source| (source.share_percent, source.fund.as_deref())).collect();
    assert_eq!(shares, [(100, None), (100, Some("talent"))]);
    assert_eq!(read(sponsor).unwrap().sources.len(), 1, "the scheme's fund carries the rest");
    for (sources, rule) in [
        (format!("{sponsor}{}", public(60)), "scheme/sources"),
        ("[[sources]]\nkind = \"co-funding\"\n".to_owned(), "scheme/required"),
    ] {
        let found = read(&sources).unwrap_err();
        assert!(found.faults.iter().any(|fault| fault.rule == rule), "{found}");
    }
}

#[test]
fn a_fault_of_the_toml_is_told_at_its_place() {
    assert_eq!(faults("code = \"a\"\nversion = = 1\n")[0].split(' ').nth(1), Some("scheme/toml"));
    assert!(faults("code = \"a\"\nversion = = 1\n")[0].starts_with("2:"));
}

#[test]
fn a_fault_within_an_expression_of_several_lines_is_told_at_its_own_line() {
    let text = GOOD.replace("graduation.days_before_hire >= -31", "graduation.days_before >= -31");
    let fault = Scheme::load(&text).unwrap_err().faults.remove(0);
    assert_eq!(format!("{}:{}", fault.line, fault.column), place(&text, "days_before >="));
}

#[test]
fn a_newer_version_ends_the_older_one_and_begins_after_it() {
    let version = |number: u32, from: &str, more: &str| {
        let text = GOOD.replace("version = 1", &format!("version = {number}"));
        Scheme::load(&text.replace("from = 2025-01-01", &format!("from = {from}\n{more}"))).unwrap()
    };
    let schemes = Schemes::new(vec![version(2, "2026-01-01", ""), version(1, "2025-01-01", "")]).unwrap();
    assert_eq!(schemes.find("hiring-subsidy", 1).unwrap().to, NaiveDate::from_ymd_opt(2026, 1, 1));
    let gap = Schemes::new(vec![version(1, "2025-01-01", "to = 2025-07-01"), version(2, "2026-01-01", "")]).unwrap();
    assert_eq!(gap.find("hiring-subsidy", 1).unwrap().to, NaiveDate::from_ymd_opt(2025, 7, 1));
    let refused = |schemes: Vec<Scheme>| Schemes::new(schemes).unwrap_err().to_string();
    assert!(refused(vec![version(1, "2026-01-01", ""), version(2, "2026-01-01", "")]).contains("no later"));
    assert!(refused(vec![version(1, "2025-01-01", ""), version(1, "2026-01-01", "")]).contains("twice"));
    let other = Scheme { occasion: OccasionKind::Rotation, ..version(2, "2026-01-01", "") };
    assert!(refused(vec![version(1, "2025-01-01", ""), other]).contains("another scheme"));
}

#[test]
fn a_city_s_own_file_takes_the_place_of_the_version_it_names_and_adds_what_is_new() {
    let own = GOOD.replace("'150000'", "'120000'");
    let third = STAGED.replace("version = 2", "version = 3").replace("from = 2027-01-01", "from = 2028-01-01");
    let more = CLASS.replace("code = \"order-class\"", "code = \"city-class\"");
    let files = [("one.toml", own.as_str()), ("three.toml", &third), ("more.toml", &more)];
    let schemes = Schemes::with_own(files).unwrap();
    assert_eq!(schemes.find("hiring-subsidy", 1).unwrap().amount.source(), "120000");
    assert_eq!(schemes.find("hiring-subsidy", 2).unwrap().to, NaiveDate::from_ymd_opt(2028, 1, 1));
    assert!(schemes.knows("city-class") && schemes.knows("order-class"));
    let clash = Schemes::with_own([("one.toml", own.as_str()), ("again.toml", own.as_str())]).unwrap_err();
    assert!(clash.to_string().starts_with("again.toml:1:1: "), "{clash}");
    let broken = own.replace("version = 1", "version = 0");
    let faulty = Schemes::with_own([("own/one.toml", broken.as_str())]).unwrap_err().to_string();
    assert!(faulty.starts_with("own/one.toml:2:11: "), "{faulty}");
}

#[test]
fn schemes_that_exclude_each_other_leave_none_to_go_first() {
    let gives_way = |code: &str, to: &str| {
        let text = GOOD.replace("\"hiring-subsidy\"", &format!("\"{code}\""));
        Scheme::load(&format!("{text}\n[[exclusions]]\nscheme = \"{to}\"\nwithin = \"year\"\n")).unwrap()
    };
    assert!(Schemes::new(vec![gives_way("a", "b"), gives_way("b", "c")]).is_ok(), "c is none of these");
    let round = Schemes::new(vec![gives_way("a", "b"), gives_way("b", "c"), gives_way("c", "a")]).unwrap_err();
    assert!(round.to_string().contains("none to go first"), "{round}");
    let schemes = Schemes::new(vec![gives_way("a", "b"), gives_way("b", "c"), Scheme::load(CLASS).unwrap()]).unwrap();
    let codes: Vec<_> = schemes.in_order().map(|versions| versions[0].code.clone()).collect();
    assert_eq!(codes, ["b", "a", "order-class"]);
    let near: Vec<_> = schemes.around("b").unwrap().all().map(|scheme| scheme.code.clone()).collect();
    assert_eq!(near, ["a", "b"]);
}

#[test]
fn months_are_counted_from_the_milestone_and_clamped() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    assert_eq!(After::Months(1).day(day("2027-01-31")), Some(day("2027-02-28")));
    assert_eq!(After::Months(2).day(day("2027-01-31")), Some(day("2027-03-31")), "not from the clamped day");
    assert_eq!(After::Days(89).day(day("2027-01-01")), Some(day("2027-03-31")), "the 90th day, the first counted");
    assert_eq!(After::Days(0).day(day("2027-01-01")), Some(day("2027-01-01")));
}
