//! The pack that a release ships with, and the one of a city that takes its place.

use super::pack::RulePack;
use crate::error::Error;
use std::sync::OnceLock;

/// The rules of a service as its release ships them.
///
/// ```
/// const TEXT: &str = r#"
/// [pack]
/// id = "internship"
/// title_en = "Internships"
/// title_zh = "岗位实习"
/// source = "教职成〔2021〕4号"
/// variables = ["age"]
///
/// [[rule]]
/// id = "minimum-age"
/// article = "16"
/// version = 1
/// from = 2022-01-01
/// severity = "hard"
/// verified = true
/// require = 'age >= 16'
/// message_en = "Nobody under 16 is placed."
/// message_zh = "不得安排未满16周岁的学生实习"
/// way_out_en = "place the student after the 16th birthday"
/// way_out_zh = "请在学生满16周岁后安排"
/// "#;
/// static RULES: kit::rules::Shipped = kit::rules::Shipped::new(TEXT);
///
/// assert_eq!(RULES.pack().unwrap().id, "internship");
/// assert!(RULES.replaced_by(&TEXT.replace("16'", "18'")).is_ok());
/// let foreign = RULES.replaced_by(&TEXT.replace("\"internship\"", "\"guidance\"")).unwrap_err();
/// assert!(foreign.contains("expected internship"));
/// ```
#[derive(Debug)]
pub struct Shipped {
    text: &'static str,
    pack: OnceLock<Result<RulePack, String>>,
}

impl Shipped {
    pub const fn new(text: &'static str) -> Self {
        Self { text, pack: OnceLock::new() }
    }

    pub fn pack(&self) -> Result<&RulePack, Error> {
        let pack = self.pack.get_or_init(|| RulePack::load(self.text).map_err(|error| error.to_string()));
        pack.as_ref().map_err(|error| Error::internal(error.clone()))
    }

    /// Reads a city's own pack. It is of the same id, and judges by the facts that the service gathers.
    pub fn replaced_by(&self, text: &str) -> Result<RulePack, String> {
        let shipped = self.pack().map_err(|error| error.to_string())?;
        let own = RulePack::load(text).map_err(|error| error.to_string())?;
        if own.id != shipped.id {
            return Err(format!("its id is {}: expected {}, the pack it takes the place of", own.id, shipped.id));
        }
        match own.variables().iter().find(|name| !shipped.variables().contains(name)) {
            Some(strange) => Err(format!("`{strange}` is no fact of this pack: expected {}", shipped.variables().join(", "))),
            None => Ok(own),
        }
    }
}
