//! The part of CEL that expressions may use, checked when they are loaded.
//!
//! It knows bool, int, string, list, map and null, and no float: an amount is fen, a share is percent.
//! What is not in it is an error at load, not at the first student it would have judged.

use super::expression::ExpressionError;
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo};
use std::collections::BTreeSet;

/// Functions and methods.
const FUNCTIONS: [&str; 9] = ["size", "contains", "startsWith", "endsWith", "int", "string", "bool", "min", "max"];
/// Operators, by CEL's own names for them.
const OPERATORS: [&str; 18] = [
    "_?_:_", "_&&_", "_||_", "!_", "_-_", "_+_", "_*_", "_/_", "_%_", "_==_", "_!=_", "_>=_", "_<=_", "_>_", "_<_", "-_", "_[_]",
    "@in",
];
/// What the macros `all`, `exists`, `exists_one`, `map` and `filter` expand to besides.
const EXPANDED: &str = "@not_strictly_false";
/// How deep operations may nest (`&&` and `||` chains do not nest). Evaluation takes 40 KiB of stack for each
/// level in an unoptimised build (measured), of the 2 MiB of a server's worker.
const DEEPEST: usize = 24;

/// What an expression comes to, as far as its outermost operation tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    Other,
    /// A fact, or a part of one.
    Unknown,
}

/// Checks an expression, and collects the facts it names in the order in which it names them.
pub(super) fn check(root: &IdedExpr, info: &SourceInfo, declared: &[String]) -> Result<Vec<String>, ExpressionError> {
    let mut check = Check { info, declared, bound: Vec::new(), named: Vec::new(), within_macro: false };
    check.walk(root, 0)?;
    let mut seen = BTreeSet::new();
    check.named.retain(|name| seen.insert(name.clone()));
    Ok(check.named)
}

struct Check<'a> {
    info: &'a SourceInfo,
    declared: &'a [String],
    /// Variables that macros bind.
    bound: Vec<&'a str>,
    named: Vec<String>,
    within_macro: bool,
}

impl<'a> Check<'a> {
    fn refuse(&self, at: u64, what: impl Into<String>) -> ExpressionError {
        let (start, _) = self.info.offset_for(at).unwrap_or_default();
        let before = self.info.source.get(..start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ExpressionError { line, column, what: what.into() }
    }

    fn walk(&mut self, node: &'a IdedExpr, depth: usize) -> Result<(), ExpressionError> {
        if depth > DEEPEST {
            return Err(self.refuse(node.id, format!("it nests more than {DEEPEST} deep")));
        }
        let depth = depth + 1;
        match &node.expr {
            Expr::Ident(name) => self.name(node.id, name),
            Expr::Literal(LiteralValue::Double(_)) => {
                Err(self.refuse(node.id, "fractions are not exact: write fen, percent or per mille as whole numbers"))
            }
            Expr::Literal(LiteralValue::UInt(_)) => Err(self.refuse(node.id, "write whole numbers without u")),
            Expr::Literal(LiteralValue::Bytes(_)) => Err(self.refuse(node.id, "bytes are not a fact: write text without b")),
            Expr::Literal(_) => Ok(()),
            Expr::Select(select) => self.walk(&select.operand, depth),
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.walk(element, depth)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.walk(&entry.key, depth)?;
                    self.walk(&entry.value, depth)
                }
                EntryExpr::StructField(field) => self.walk(&field.value, depth),
            }),
            Expr::Call(call) => {
                let name = call.func_name.as_str();
                if !FUNCTIONS.contains(&name) && !OPERATORS.contains(&name) && name != EXPANDED {
                    let known = FUNCTIONS.join(", ");
                    return Err(self.refuse(node.id, format!("there is no function `{name}`: expected one of {known}")));
                }
                if let Some(target) = &call.target {
                    self.walk(target, depth)?;
                }
                call.args.iter().try_for_each(|argument| self.walk(argument, depth))
            }
            Expr::Comprehension(comprehension) => self.comprehension(node.id, comprehension, depth),
            Expr::Struct(_) | Expr::Unspecified => Err(self.refuse(node.id, "messages cannot be made here")),
        }
    }

    fn name(&mut self, at: u64, name: &str) -> Result<(), ExpressionError> {
        if self.bound.contains(&name) {
            return Ok(());
        }
        if !self.declared.iter().any(|declared| declared == name) {
            let known = self.declared.join(", ");
            return Err(self.refuse(at, format!("`{name}` is not a declared variable: expected one of {known}")));
        }
        self.named.push(name.to_owned());
        Ok(())
    }

    /// A macro over a list. One within another would cost the product of both lists: refused, so that
    /// the cost of an expression is at most its length times the size of its facts.
    fn comprehension(&mut self, at: u64, node: &'a ComprehensionExpr, depth: usize) -> Result<(), ExpressionError> {
        if self.within_macro {
            return Err(self.refuse(at, "a macro within a macro is not allowed: its cost has no bound"));
        }
        self.walk(&node.iter_range, depth)?;
        self.walk(&node.accu_init, depth)?;
        let outside = self.bound.len();
        self.bound.extend([node.iter_var.as_str(), node.accu_var.as_str()]);
        self.bound.extend(node.iter_var2.as_deref());
        self.within_macro = true;
        for part in [&node.loop_cond, &node.loop_step, &node.result] {
            self.walk(part, depth)?;
        }
        self.within_macro = false;
        self.bound.truncate(outside);
        Ok(())
    }
}

/// The kind of value an expression comes to, where that can be told without its facts.
pub(super) fn kind(root: &IdedExpr) -> Kind {
    match &root.expr {
        Expr::Literal(LiteralValue::Boolean(_)) => Kind::Bool,
        Expr::Literal(LiteralValue::Int(_)) => Kind::Int,
        Expr::Literal(_) | Expr::List(_) | Expr::Map(_) | Expr::Struct(_) => Kind::Other,
        Expr::Select(select) if select.test => Kind::Bool,
        Expr::Call(call) => match call.func_name.as_str() {
            "_&&_" | "_||_" | "!_" | "_==_" | "_!=_" | "_>=_" | "_<=_" | "_>_" | "_<_" | "@in" | "contains" | "startsWith"
            | "endsWith" | "bool" => Kind::Bool,
            "_-_" | "_*_" | "_/_" | "_%_" | "-_" | "size" | "int" | "min" | "max" => Kind::Int,
            "string" => Kind::Other,
            // Both branches must agree; one that cannot be told follows the other.
            "_?_:_" => match call.args.as_slice() {
                [_, yes, no] => match (kind(yes), kind(no)) {
                    (Kind::Unknown, other) | (other, Kind::Unknown) => other,
                    (yes, no) if yes == no => yes,
                    _ => Kind::Other,
                },
                _ => Kind::Unknown,
            },
            // `+` also joins text and lists.
            _ => Kind::Unknown,
        },
        Expr::Comprehension(node) => match kind(&node.result) {
            Kind::Unknown => kind(&node.accu_init),
            known => known,
        },
        Expr::Ident(_) | Expr::Select(_) | Expr::Unspecified => Kind::Unknown,
    }
}
