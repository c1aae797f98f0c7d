use super::{PACK, pack};
use crate::rules::RulePack;

/// The one line a pack is refused with, after a change to its text.
fn refused(from: &str, to: &str) -> String {
    assert!(PACK.contains(from), "{from}");
    let line = RulePack::load(&PACK.replacen(from, to, 1)).expect_err(to).to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

/// The line of the pack's text on which `part` first stands.
fn line_of(part: &str) -> usize {
    PACK.lines().position(|line| line.contains(part)).unwrap() + 1
}

#[test]
fn a_good_pack_loads_with_every_version_of_every_rule() {
    let pack = pack();
    let rules: Vec<_> = pack.rules().map(|rule| format!("{}@{}", rule.id, rule.version)).collect();
    let expected = ["agreement@1", "length@1", "minimum-age@1", "minimum-pay@1", "minimum-pay@2", "overtime@1"];
    assert_eq!(rules, expected);
    assert_eq!(pack.source, "教职成〔2021〕4号");
    assert_eq!(pack.variables().len(), 6);
}

#[test]
fn versions_that_overlap_are_refused() {
    let line = refused("to = 2022-01-01", "to = 2022-01-02");
    let header = line_of("version = 2") - 3;
    assert!(line.starts_with(&format!("rule pack internship, rule minimum-pay@2, line {header}, column 1: ")), "{line}");
    assert!(line.contains("it overlaps version 1"), "{line}");
    assert!(refused("to = 2022-01-01\n", "").contains("it overlaps version 1"), "without an end");
    assert!(refused("version = 2", "version = 1").contains("this version is there twice"));
    // Neither the order in the file nor that of the numbers hides an overlap.
    let line = refused("version = 2\nfrom = 2022-01-01", "version = 7\nfrom = 2016-01-01\nto = 2016-05-01");
    assert!(line.contains("rule minimum-pay@7") && line.contains("it overlaps version 1"), "{line}");
}

#[test]
fn a_version_ends_after_it_begins() {
    let line = refused("to = 2022-01-01", "to = 2016-04-11");
    assert!(line.contains("rule minimum-pay@1") && line.contains("ends before it begins"), "{line}");
}

#[test]
fn a_fault_in_an_expression_is_told_with_its_place_in_the_file() {
    let place = |part: &str, column: usize| format!("line {}, column {column}: ", line_of(part));
    let age = "require = 'age >= 16 && !first_year'";
    let cases = [
        ("require = 'age >= 16 && !first_yaer'", 26, "`first_yaer` is not a declared variable: expected one of age, "),
        ("require = 'age >= 16 && '", 25, "Syntax error"),
        ("require = 'age >= 15.5'", 19, "fractions are not exact"),
        ("require = 'later(age)'", 17, "there is no function `later`"),
        ("require = 'age + 1'", 12, ""),
        ("require = 'age * 1'", 12, "a condition comes to true or false"),
    ];
    for (to, column, what) in cases {
        if what.is_empty() {
            // `+` may join anything: only evaluation tells.
            assert!(RulePack::load(&PACK.replacen(age, to, 1)).is_ok());
            continue;
        }
        let line = refused(age, to);
        let expected = format!("rule pack internship, rule minimum-age@1, {}", place(age, column));
        assert!(line.starts_with(&expected) && line.contains(what), "{to}: {line}");
    }
    let several = "require = '''\nage >= 16\n  && !firstyear'''";
    let line = refused(age, several);
    assert!(line.contains(&format!("line {}, column 7: `firstyear`", line_of(age) + 2)), "{line}");
    let begun = "require = '''age >= 16 &&\n  !firstyear'''";
    let line = refused(age, begun);
    assert!(line.contains(&format!("line {}, column 4: `firstyear`", line_of(age) + 1)), "{line}");
    let after_chinese = "require = '\"实习\" == \"\" || firstyear'";
    let line = refused(age, after_chinese);
    assert!(line.contains("column 26: `firstyear`"), "columns count characters: {line}");
}

#[test]
fn a_fault_in_the_file_is_told_with_its_line() {
    let age = line_of("id = 'minimum-age'");
    let cases = [
        ("severity = 'hard'", "severity = 'strict'", "unknown variant `strict`"),
        ("severity = 'hard'", "severty = 'hard'", "unknown field `severty`"),
        ("article = '16'\n", "", "missing field `article`"),
        ("from = 2022-01-01", "from = '2022'", "expected a TOML datetime"),
        ("from = 2022-01-01", "from = 2022-01-01T00:00:00Z", "is not a local date"),
        ("from = 2022-01-01", "from = 2022-02-30", "line 14"),
        ("message_zh = '不得", "message_zh = ''#", "message or way out is empty"),
        ("id = 'minimum-age'", "id = 'Minimum age'", "lower-case letters"),
        ("id = 'internship'", "id = 'in/ternship'", "lower-case letters"),
        ("optional = ['filing_number']", "optional = ['filing']", "`filing` is optional, but not among its variables"),
        ("source = '教职成〔2021〕4号'", "source = ' '", "`source` is empty"),
        ("[[rule]]", "[[rule]", "line 10"),
    ];
    for (from, to, what) in cases {
        let line = refused(from, to);
        assert!(line.starts_with("rule pack") && line.contains(what), "{to}: {line}");
    }
    let line = refused("verified = true", "verified = 'yes'");
    assert!(line.contains(&format!("line {}", age + 5)), "{line}");
    assert!(RulePack::load("").unwrap_err().to_string().contains("missing field `pack`"));
}
