//! Why a command on the tax offset is refused.

use super::{OffsetState, OffsetYearId, OrganisationId};
use chrono::NaiveDate;
use kit::Error;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OffsetRefusal {
    #[error("the directory has not said of {organisation} that it is an enterprise")]
    NotEnterprise { organisation: OrganisationId },
    #[error("the year {year} is not over before {over}")]
    YearNotOver { year: i32, over: NaiveDate },
    #[error("no version of the scheme `tax-offset` was in force at the end of {year}")]
    NoScheme { year: i32 },
    #[error("the year {year} cannot be filed without {}", codes.join(", "))]
    EvidenceMissing { year: i32, codes: Vec<String> },
    #[error("{scheme} does not ask for `{code}`")]
    EvidenceUnasked { scheme: String, code: String },
    #[error("the latest filing of {year} is {latest}; {asked} was looked at")]
    FilingReplaced { year: OffsetYearId, asked: i64, latest: i64 },
    #[error("the latest filing of {year} is {is} already")]
    FilingDecided { year: OffsetYearId, is: OffsetState },
    #[error("who filed {year} does not decide about it")]
    OwnFiling { year: OffsetYearId },
    #[error("the directory says that {enterprise} {} on the published list", if *told { "is" } else { "is not" })]
    ListingUnexplained { enterprise: OrganisationId, told: bool },
}

impl From<OffsetRefusal> for Error {
    fn from(refusal: OffsetRefusal) -> Self {
        let en = refusal.to_string();
        let (subject, reason, zh, rule, ways): (_, _, _, _, (&str, &str)) = match refusal {
            OffsetRefusal::NotEnterprise { organisation } => (
                organisation.to_string(),
                "NOT_AN_ENTERPRISE",
                format!("单位目录未载明 {organisation} 为企业"),
                "subsidy/tax-offset",
                (
                    "register it in the directory as an enterprise, or name the enterprise; what was registered just now takes a moment",
                    "请先在单位目录中登记为企业，或更正单位；刚登记的单位请稍候再试",
                ),
            ),
            OffsetRefusal::NoScheme { year } => (
                "year".to_owned(),
                "OFFSET_NOT_IN_FORCE",
                format!("{year} 年末没有有效的抵免政策版本"),
                "subsidy/tax-offset",
                ("file a year that the scheme covers; ListSchemes says from when to when", "请申报政策有效期内的年度"),
            ),
            OffsetRefusal::ListingUnexplained { enterprise, told } => (
                enterprise.to_string(),
                "LISTING_DIFFERS",
                format!("单位目录载明 {enterprise} {}产教融合型企业目录内", if told { "在" } else { "不在" }),
                "subsidy/tax-offset",
                (
                    "say in `note` why that year was otherwise, such as the number of the published list",
                    "请在 `note` 中说明该年度不同的依据，例如公布目录的文号",
                ),
            ),
            _ => return of_filing(&refusal, en),
        };
        Self::refused(&subject, reason, en, zh).rule(rule).way_out(ways.0, ways.1)
    }
}

/// Of what was filed, and who decides about it.
fn of_filing(refusal: &OffsetRefusal, en: String) -> Error {
    let (subject, reason, zh, rule, ways): (_, _, _, _, (String, String)) = match refusal {
        OffsetRefusal::YearNotOver { year, over } => (
            "year".to_owned(),
            "YEAR_NOT_OVER",
            format!("{year} 年度在 {over} 之前尚未结束"),
            "subsidy/tax-offset",
            (format!("file it from {over} on"), format!("请自 {over} 起申报")),
        ),
        OffsetRefusal::EvidenceMissing { codes, .. } => (
            "evidence".to_owned(),
            "EVIDENCE_MISSING",
            format!("缺少佐证材料：{}", codes.join("、")),
            "subsidy/evidence",
            (
                "name each of them with its SHA-256 and the place where it is kept".to_owned(),
                "请逐项提供材料代码、SHA-256 摘要及存放位置".to_owned(),
            ),
        ),
        OffsetRefusal::EvidenceUnasked { code, .. } => (
            "evidence".to_owned(),
            "EVIDENCE_UNASKED",
            format!("抵免政策不要求材料“{code}”"),
            "subsidy/evidence",
            ("leave it out; the scheme says what it asks for".to_owned(), "请删除该材料；所需材料以政策为准".to_owned()),
        ),
        OffsetRefusal::FilingReplaced { year, latest, .. } => (
            year.to_string(),
            "FILING_REPLACED",
            format!("{year} 的最新申报为第 {latest} 次，与所核对的不同"),
            "subsidy/four-eyes",
            ("read it again, and decide about what it says now".to_owned(), "请重新读取并核对最新申报".to_owned()),
        ),
        OffsetRefusal::FilingDecided { year, is } => (
            year.to_string(),
            "FILING_DECIDED",
            format!("{year} 的最新申报已处理，状态为 {is}"),
            "subsidy/tax-offset",
            (
                "what was decided stays; file the year again to correct it".to_owned(),
                "处理结果不再更改；如需更正请重新申报".to_owned(),
            ),
        ),
        OffsetRefusal::OwnFiling { year } => (
            year.to_string(),
            "FOUR_EYES",
            format!("申报人不得处理本人申报的 {year}"),
            "subsidy/four-eyes",
            ("let another person decide about it".to_owned(), "请由另一人处理".to_owned()),
        ),
        _ => return Error::internal(en),
    };
    Error::refused(&subject, reason, en, zh).rule(rule).way_out(ways.0, ways.1)
}
