//! What is known about a case, by name.

use crate::error::Error;
use cel::objects::Key;
use cel::{Context, Env};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Values in all the facts of one case together.
const MOST: usize = 10_000;
const DEEPEST: usize = 16;

/// The facts of one case, as a rule or a scheme sees them: a JSON object with whole numbers only. Ids,
/// codes, dates and amounts, never names or ID numbers of people, as what a rule saw is kept with the
/// decision.
#[derive(Debug, Clone)]
pub struct Facts {
    json: Map<String, Value>,
    values: BTreeMap<String, cel::Value>,
}

impl Facts {
    /// Fails on anything but an object, on fractions, and on more than 10,000 values: those are faults of
    /// the code that gathers the facts.
    pub fn new(facts: &Value) -> Result<Self, Error> {
        let Value::Object(json) = facts else {
            return Err(Error::internal("facts must be a JSON object"));
        };
        let mut left = MOST;
        let values = json
            .iter()
            .map(|(name, value)| Ok((name.clone(), convert(name, value, &mut left, DEEPEST)?)))
            .collect::<Result<_, String>>()
            .map_err(Error::internal)?;
        Ok(Self { json: json.clone(), values })
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.json.get(name)
    }

    /// The named facts as an expression looks them up.
    pub(super) fn context(&self, env: &Arc<Env>, names: &[String]) -> Context<'static, 'static> {
        let mut context = Context::with_env(Arc::clone(env));
        for name in names {
            if let Some(value) = self.values.get(name) {
                context.add_variable_from_value(name.as_str(), value.clone());
            }
        }
        context
    }
}

fn convert(path: &str, value: &Value, left: &mut usize, depth: usize) -> Result<cel::Value, String> {
    *left = left.checked_sub(1).ok_or_else(|| format!("the facts are more than {MOST} values"))?;
    let depth = depth.checked_sub(1).ok_or_else(|| format!("the fact `{path}` nests more than {DEEPEST} deep"))?;
    Ok(match value {
        Value::Null => cel::Value::Null,
        Value::Bool(yes) => cel::Value::Bool(*yes),
        Value::Number(number) => number
            .as_i64()
            .map(cel::Value::Int)
            .ok_or_else(|| format!("the fact `{path}` is {number}: expected a whole number of 64 bits (fen, percent, days)"))?,
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Array(items) => {
            let items: Result<Vec<_>, _> =
                items.iter().enumerate().map(|(at, item)| convert(&format!("{path}[{at}]"), item, left, depth)).collect();
            cel::Value::List(Arc::new(items?))
        }
        Value::Object(fields) => {
            let fields: Result<HashMap<Key, cel::Value>, String> = fields
                .iter()
                .map(|(name, field)| {
                    let value = convert(&format!("{path}.{name}"), field, left, depth)?;
                    Ok((Key::String(Arc::new(name.clone())), value))
                })
                .collect();
            cel::Value::from(fields?)
        }
    })
}
