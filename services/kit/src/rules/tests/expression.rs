use crate::error::Code;
use crate::rules::{Expression, Facts};
use proptest::prelude::*;
use serde_json::{Value, json};

fn declared() -> Vec<String> {
    ["days", "rate", "codes", "person", "kind"].map(str::to_owned).to_vec()
}

fn facts() -> Facts {
    let facts = json!({
        "days": 25,
        "rate": 10_000,
        "codes": ["nylon", "chemistry"],
        "person": { "age": 17, "posts": [3, 5] },
        "kind": "rotation",
    });
    Facts::new(&facts).unwrap()
}

fn fen(source: &str) -> Result<i64, String> {
    let amount = Expression::amount(source, &declared()).map_err(|error| error.to_string())?;
    amount.fen(&facts()).map_err(|error| format!("{error:?}"))
}

fn holds(source: &str) -> Result<bool, String> {
    let condition = Expression::condition(source, &declared()).map_err(|error| error.to_string())?;
    condition.holds(&facts()).map_err(|error| format!("{error:?}"))
}

#[test]
fn an_amount_is_a_whole_number_of_fen() {
    assert_eq!(fen("days * rate"), Ok(250_000));
    assert_eq!(fen("rate * 30 / 100"), Ok(3_000));
    assert_eq!(fen("days > 20 ? 20 * rate : days * rate"), Ok(200_000));
    assert_eq!(fen("min(days, 20) * rate"), Ok(200_000));
    assert_eq!(fen("max(days * rate, 300000)"), Ok(300_000));
    assert_eq!(fen("-7 / 2"), Ok(-3), "division drops the remainder");
    assert_eq!(fen("size(codes) * 100"), Ok(200));
    assert_eq!(fen("person.posts[1]"), Ok(5));
}

#[test]
fn a_condition_is_true_or_false() {
    for source in [
        "days >= 25 && kind == 'rotation'",
        "'nylon' in codes",
        "codes.exists(code, code.startsWith('chem'))",
        "codes.all(code, size(code) > 3)",
        "codes.exists_one(code, code == 'nylon')",
        "has(person.age) && person.age < 18",
        "!has(person.guardian)",
        "kind.contains('tat') && string(days) == '25'",
        "size(codes.filter(code, code != 'nylon')) == 1",
    ] {
        assert_eq!(holds(source), Ok(true), "{source}");
    }
}

#[test]
fn no_float_becomes_an_amount() {
    for source in ["days * 0.5", "0.3", "double(days)", "int(2.7)", "days / 2.0"] {
        assert!(fen(source).unwrap_err().starts_with("line 1, column "), "{source}");
    }
    for fraction in [json!({ "rate": 0.5 }), json!({ "rate": 1e3 }), json!({ "pay": { "rates": [1, 2.5] } })] {
        let error = Facts::new(&fraction).unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert!(format!("{error:?}").contains("expected a whole number"), "{error:?}");
    }
    let error = Facts::new(&json!({ "rate": u64::MAX })).unwrap_err();
    assert!(format!("{error:?}").contains("the fact `rate`"), "{error:?}");
}

#[test]
fn an_amount_that_is_no_number_is_refused_at_evaluation() {
    for (source, came_to) in [("kind", "string"), ("codes", "list"), ("days > 20 ? kind : days", "string")] {
        assert!(fen(source).unwrap_err().contains(&format!("it came to {came_to}")), "{source}");
    }
    assert!(holds("days").unwrap_err().contains("it came to int"));
}

#[test]
fn an_amount_beyond_64_bits_is_refused_not_wrapped() {
    let most = i64::MAX.to_string();
    for source in [
        format!("{most} + days"),
        format!("-{most} - days"),
        format!("{most} * days"),
        format!("-(-{most} - 1)"),
        format!("(-{most} - 1) / (days - 26)"),
    ] {
        assert!(fen(&source).unwrap_err().contains("Overflow"), "{source}: {:?}", fen(&source));
    }
    assert!(fen("rate / (days - 25)").unwrap_err().contains("Division by zero"));
}

#[test]
fn what_an_expression_may_not_say_is_refused_with_its_place() {
    let twice = "codes.exists(a, codes.exists(b, a == b))";
    let deep = format!("{}days{} > 1", "(".repeat(80), ")".repeat(80));
    let chain = format!("{} > 1", ["days"; 26].join("+"));
    let long = format!("kind == '{}'", "x".repeat(2000));
    let cases = [
        ("days > agee", "line 1, column 8: `agee` is not a declared variable: expected one of days, rate, "),
        ("days >\n  agee", "line 2, column 3: `agee`"),
        ("codes.exists(code, cod == 'nylon')", "column 20: `cod`"),
        ("codes.exists(code, true) && code == 'x'", "column 29: `code`"),
        ("days > ", "Syntax error"),
        ("now() > 1", "there is no function `now`"),
        ("kind.matches('.*')", "there is no function `matches`"),
        ("days > 1u", "without u"),
        ("kind == b'x'", "without b"),
        ("type(days) == int", "there is no function `type`"),
        ("Person{age: 1}.age > 1", "messages cannot be made"),
        (twice, "a macro within a macro"),
        (&deep, "nests too deep"),
        (&chain, "nests more than 24 deep"),
        (&long, "longer than 2000 bytes"),
        ("  ", "empty"),
        ("days", ""),
        ("days * 2", "true or false"),
        ("['a']", "true or false"),
        ("days > 1 ? 1 : 2", "true or false"),
    ];
    for (source, what) in cases {
        match Expression::condition(source, &declared()) {
            Ok(_) => assert_eq!(what, "", "{source}"),
            Err(error) => assert!(!what.is_empty() && error.to_string().contains(what), "{source}: {error}"),
        }
    }
    for source in ["days > 1", "true", "kind == 'x' ? true : false", "has(person.age)", "codes.map(c, c)", "string(days)"] {
        let error = Expression::amount(source, &declared()).expect_err(source);
        assert!(error.what.contains("a whole number of fen"), "{source}: {error}");
    }
}

#[test]
fn a_macro_may_follow_another_but_not_nest() {
    assert_eq!(holds("codes.filter(c, c != 'x').exists(c, c == 'nylon') && codes.all(c, c != '')"), Ok(true));
}

#[test]
fn an_expression_knows_which_facts_it_names_in_order() {
    let source = "rate > 1 && codes.exists(days, days == kind) && rate < 9 && person.age > 1";
    let condition = Expression::condition(source, &declared()).unwrap();
    assert_eq!(condition.variables(), ["rate", "codes", "kind", "person"], "a bound name is no fact");
    assert_eq!(condition.source(), source);
}

#[test]
fn facts_are_bounded() {
    let many: Vec<u32> = (0..10_001).collect();
    let error = Facts::new(&json!({ "codes": many })).unwrap_err();
    assert!(format!("{error:?}").contains("more than 10000 values"), "{error:?}");
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    assert!(format!("{:?}", Facts::new(&json!({ "codes": deep })).unwrap_err()).contains("deep"));
    assert!(Facts::new(&Value::Null).is_err());
}

#[test]
fn the_largest_expression_over_the_largest_facts_ends_soon_and_fits_the_stack() {
    let part = "codes.all(c, c + c != kind)";
    let source = vec![part; 2000 / (part.len() + 4)].join(" && ");
    let condition = Expression::condition(&source, &declared()).unwrap();
    let codes: Vec<String> = (0..9_900).map(|n| format!("code-{n}")).collect();
    let facts = Facts::new(&json!({ "codes": codes, "kind": "x" })).unwrap();
    assert!(condition.holds(&facts).unwrap());

    // Test threads have the 2 MiB that the workers of a server have.
    assert_eq!(fen(&["days"; 24].join(" + ")), Ok(24 * 25));
    let nested = (0..12).fold("days".to_owned(), |inner, n| format!("min({inner} + {n}, rate)"));
    assert_eq!(fen(&nested), Ok(25 + (0..12).sum::<i64>()));
    let lists = (0..12).fold("days".to_owned(), |inner, _| format!("[{inner}][0]"));
    assert_eq!(fen(&lists), Ok(25));
}

proptest! {
    #[test]
    fn evaluation_agrees_with_exact_arithmetic(days in 0i64..100_000, rate in 0i64..100_000_000, percent in 0i64..=100) {
        let names = ["days", "rate", "percent"].map(str::to_owned);
        let facts = Facts::new(&json!({ "days": days, "rate": rate, "percent": percent })).unwrap();
        let amount = Expression::amount("min(days, 180) * rate * percent / 100", &names).unwrap();
        let exact = i128::from(days.min(180)) * i128::from(rate) * i128::from(percent) / 100;
        prop_assert_eq!(i128::from(amount.fen(&facts).unwrap()), exact);
    }
}
