//! The expressions of a scheme file: compiled, and tried before anybody's claim depends on them.

use super::file::Read;
use super::table::{At, Table};
use crate::domain::occasion::OccasionKind;
use kit::rules::{Expression, ExpressionError, Facts};
use serde_json::Value;

/// Compiles an expression, looks up every field it names, and tries it on a made-up occasion.
pub fn expression(
    table: &mut Table<'_, '_>,
    faults: Read<'_, '_>,
    occasion: Option<OccasionKind>,
    key: &'static str,
) -> Option<Expression> {
    let text = table.text(faults, key);
    let At { value, span } = table.needs(faults, key, text)?;
    let occasion = occasion?;
    let variables = occasion.variables();
    let compiled = match key {
        "eligible" => Expression::condition(&value, &variables),
        _ => Expression::amount(&value, &variables),
    };
    let sample = occasion.sample();
    let sound = compiled.and_then(|expression| match strange_field(&value, &sample) {
        Some(strange) => Err(strange),
        None => tried(&expression, &sample).map(|()| expression),
    });
    sound.map_err(|error| faults.within(&span, &error, key)).ok()
}

fn tried(expression: &Expression, sample: &Value) -> Result<(), ExpressionError> {
    let outcome = Facts::new(sample).map_err(|error| error.to_string()).and_then(|facts| expression.trial(&facts));
    outcome.map_err(|why| {
        let what = format!("it does not come out for an ordinary case: {why}");
        ExpressionError { line: 1, column: 1, what }
    })
}

/// The first `variable.field` whose field the occasion does not have. Texts in quotes are passed over.
fn strange_field(source: &str, sample: &Value) -> Option<ExpressionError> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let letters: Vec<char> = source.chars().collect();
    let (mut at, mut line, mut begins) = (0, 1, 0);
    let mut quote: Option<char> = None;
    while at < letters.len() {
        let letter = letters[at];
        if letter == '\n' {
            (line, begins) = (line + 1, at + 1);
        }
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => at += usize::from(letter == '\\'),
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if is_word(letter) && (at == 0 || (!is_word(letters[at - 1]) && letters[at - 1] != '.')) => {
                let end = |from: usize| (from..letters.len()).find(|n| !is_word(letters[*n])).unwrap_or(letters.len());
                let dot = end(at);
                let variable: String = letters[at..dot].iter().collect();
                if let Some(Value::Object(fields)) = sample.get(&variable)
                    && letters.get(dot) == Some(&'.')
                {
                    let field: String = letters[dot + 1..end(dot + 1)].iter().collect();
                    if !fields.contains_key(&field) {
                        let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                        let what = format!("`{variable}` has no `{field}`: expected one of {}", known.join(", "));
                        return Some(ExpressionError { line, column: dot + 2 - begins, what });
                    }
                }
                at = dot - 1;
            }
            None => {}
        }
        at += 1;
    }
    None
}
