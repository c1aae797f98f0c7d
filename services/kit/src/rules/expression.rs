//! One CEL expression: compiled once, evaluated over facts.

use super::facts::Facts;
use super::language::{self, Kind};
use crate::error::Error;
use cel::common::ast::IdedExpr;
use cel::common::types::{CelInt, INT_TYPE};
use cel::common::value::CowVal;
use cel::parser::Parser;
use cel::{Env, ExecutionError, Value};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// Longer than any rule a person can still check against its article.
const LONGEST: usize = 2000;
/// Brackets within brackets.
const BRACKETS: u16 = 24;
const STACK: usize = 32 * 1024 * 1024;

/// A condition or an amount over named facts.
///
/// The language is CEL with bool, int, string, list, map and null; the operators; `has`, `size`,
/// `contains`, `startsWith`, `endsWith`, `int`, `string`, `bool`, `min(a, b)`, `max(a, b)`; and the macros
/// `all`, `exists`, `exists_one`, `map` and `filter`, not nested. There are no floats: a literal such as
/// `0.3`, a fact that is a fraction, or a result that is not an integer is refused, never rounded. Integers
/// are 64 bits and checked; division drops the remainder, so multiply first: `amount * 30 / 100`.
///
/// Evaluation is bounded: by the length of the expression times the size of the facts ([`Facts`]).
#[derive(Debug, Clone)]
pub struct Expression(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    source: String,
    root: IdedExpr,
    variables: Vec<String>,
    wanted: Kind,
}

/// Why an expression does not load, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ExpressionError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub what: String,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl Expression {
    /// Compiles a condition. `declared` are the facts it may name.
    pub fn condition(source: &str, declared: &[String]) -> Result<Self, ExpressionError> {
        Self::compile(source, declared, Kind::Bool, "a condition comes to true or false; this does not")
    }

    /// Compiles an amount in fen.
    pub fn amount(source: &str, declared: &[String]) -> Result<Self, ExpressionError> {
        Self::compile(source, declared, Kind::Int, "an amount comes to a whole number of fen; this does not")
    }

    fn compile(source: &str, declared: &[String], wanted: Kind, otherwise: &str) -> Result<Self, ExpressionError> {
        if source.trim().is_empty() {
            return Err(at_start("the expression is empty"));
        }
        if source.len() > LONGEST {
            return Err(at_start(&format!("the expression is longer than {LONGEST} bytes")));
        }
        let (root, variables) = parse_apart(source, declared)?;
        let kind = language::kind(&root);
        if kind != wanted && kind != Kind::Unknown {
            return Err(at_start(otherwise));
        }
        Ok(Self(Arc::new(Compiled { source: source.to_owned(), root, variables, wanted })))
    }

    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The facts it names, in the order in which it names them.
    pub fn variables(&self) -> &[String] {
        &self.0.variables
    }

    /// Whether the condition holds.
    pub fn holds(&self, facts: &Facts) -> Result<bool, Error> {
        match self.evaluate(facts)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(self.failed(&format!("it came to {}, not to true or false", other.type_of()))),
        }
    }

    /// The amount in fen. A float, a text or null is refused, not converted.
    pub fn fen(&self, facts: &Facts) -> Result<i64, Error> {
        match self.evaluate(facts)? {
            Value::Int(fen) => Ok(fen),
            other => Err(self.failed(&format!("it came to {}, not to a whole number of fen", other.type_of()))),
        }
    }

    fn evaluate(&self, facts: &Facts) -> Result<Value, Error> {
        self.value(facts).map_err(|why| self.failed(&why))
    }

    fn value(&self, facts: &Facts) -> Result<Value, String> {
        if let Some(missing) = self.variables().iter().find(|name| facts.get(name).is_none()) {
            return Err(format!("the fact `{missing}` was not given"));
        }
        let context = facts.context(&ENVIRONMENT, self.variables());
        Value::resolve(&self.0.root, &context).map_err(|error| error.to_string())
    }

    /// Tries it on facts made up for the purpose: what its author has to mend, if anything.
    pub fn trial(&self, facts: &Facts) -> Result<(), String> {
        match (self.value(facts)?, self.0.wanted) {
            (Value::Bool(_), Kind::Bool) | (Value::Int(_), Kind::Int) => Ok(()),
            (other, Kind::Bool) => Err(format!("it came to {}, not to true or false", other.type_of())),
            (other, _) => Err(format!("it came to {}, not to a whole number of fen", other.type_of())),
        }
    }

    /// The facts did not fit an expression that loaded: whoever made the one or the other is to blame, not
    /// the caller.
    fn failed(&self, why: &str) -> Error {
        Error::internal(format!("the expression `{}` failed: {why}", self.0.source))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.source)
    }
}

fn at_start(what: &str) -> ExpressionError {
    ExpressionError { line: 1, column: 1, what: what.to_owned() }
}

/// Parses on a stack of its own: the parser takes over 100 KiB for each bracket in an unoptimised build,
/// so that a dozen of them would bring down a thread of 2 MiB.
fn parse_apart(source: &str, declared: &[String]) -> Result<(IdedExpr, Vec<String>), ExpressionError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let parsing = thread.spawn_scoped(scope, || parse(source, declared));
        let parsing = parsing.map_err(|error| at_start(&format!("there is no thread to parse it: {error}")))?;
        parsing.join().unwrap_or_else(|_| Err(at_start("it does not parse")))
    })
}

fn parse(source: &str, declared: &[String]) -> Result<(IdedExpr, Vec<String>), ExpressionError> {
    let parsed = Parser::new().max_recursion_depth(BRACKETS).parse_with_source_info(source);
    let (root, info) = parsed.map_err(|errors| {
        let Some(first) = errors.errors.first() else {
            return at_start("it does not parse");
        };
        // The parser wraps its own limit into a syntax error.
        let what = if first.msg.contains("Recursion limit") { "it nests too deep" } else { &first.msg };
        let (line, column) = first.pos;
        ExpressionError {
            line: usize::try_from(line).unwrap_or(1).max(1),
            column: usize::try_from(column).unwrap_or(1).max(1),
            what: what.to_owned(),
        }
    })?;
    let variables = language::check(&root, &info, declared)?;
    Ok((root, variables))
}

/// The standard functions, and the two that caps and floors are written with.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::default().with_optional_support(false).with_stdlib();
    let two = || vec![INT_TYPE, INT_TYPE];
    let min = env.add_overload("min", "min_int_int", two(), |pair| of_two(&pair, Ord::min));
    let max = env.add_overload("max", "max_int_int", two(), |pair| of_two(&pair, Ord::max));
    // Fails on a second declaration alone, and the standard declares neither.
    debug_assert!(min.and(max).is_ok());
    Arc::new(env)
});

fn of_two<'b, 'v>(pair: &[CowVal<'b, 'v>], pick: fn(i64, i64) -> i64) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let number = |at: usize| pair.get(at).and_then(|value| value.downcast_ref::<CelInt>()).map(|number| *number.inner());
    match (number(0), number(1)) {
        (Some(a), Some(b)) => Ok(CowVal::owned(CelInt::from(pick(a, b)))),
        _ => Err(ExecutionError::invalid_argument_count(2, pair.len())),
    }
}
