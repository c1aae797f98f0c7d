//! Why a command on samples and findings is refused.

use super::{ClaimId, SampleItemId};
use kit::{Error, Money};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleRefusal {
    #[error("nothing of the fund or scheme was paid in these months")]
    SampleEmpty,
    #[error("the finding of {item} is confirmed already")]
    FindingConfirmed { item: SampleItemId },
    #[error("nothing was found of {item} yet")]
    FindingMissing { item: SampleItemId },
    #[error("who found {item} does not confirm it")]
    OwnFinding { item: SampleItemId },
    #[error("the finding of {item} is of {found} yuan, which is not the amount given")]
    FindingDiffers { item: SampleItemId, found: Money },
    #[error("{claim} keeps {kept} yuan; the finding is of {asked}")]
    FindingTooMuch { claim: ClaimId, kept: Money, asked: Money },
}

impl From<SampleRefusal> for Error {
    fn from(refusal: SampleRefusal) -> Self {
        let en = refusal.to_string();
        let (subject, reason, zh, ways): (_, _, _, (&str, &str)) = match refusal {
            SampleRefusal::SampleEmpty => (
                "sample".to_owned(),
                "SAMPLE_EMPTY",
                "该基金或补贴项目在所选期间没有拨付".to_owned(),
                ("name other months, or another fund or scheme", "请选择其他期间、基金或补贴项目"),
            ),
            SampleRefusal::FindingConfirmed { item } => (
                item.to_string(),
                "FINDING_CONFIRMED",
                format!("{item} 的抽查结论已确认"),
                (
                    "a confirmed finding stands; draw the claim again if it is in doubt",
                    "已确认的结论不再变更；如有疑问请重新抽查",
                ),
            ),
            SampleRefusal::FindingMissing { item } => (
                item.to_string(),
                "FINDING_MISSING",
                format!("{item} 尚无抽查结论"),
                ("record what was found first", "请先登记抽查结论"),
            ),
            SampleRefusal::OwnFinding { item } => (
                item.to_string(),
                "FOUR_EYES",
                format!("登记人不得确认本人登记的抽查结论 {item}"),
                ("let another person confirm it", "请由另一人确认"),
            ),
            SampleRefusal::FindingDiffers { item, found } => (
                "amount".to_owned(),
                "FINDING_DIFFERS",
                format!("{item} 的抽查结论金额为 {found} 元，与所给金额不符"),
                ("read the finding again, and confirm the amount it says now", "请重新读取结论，并按其当前金额确认"),
            ),
            SampleRefusal::FindingTooMuch { claim, kept, asked } => (
                "amount".to_owned(),
                "FINDING_TOO_MUCH",
                format!("{claim} 尚存 {kept} 元，抽查结论为 {asked} 元"),
                (
                    "record no more than the claim keeps; the rest was taken back before",
                    "金额不得超过该申领尚存金额，其余部分此前已追回",
                ),
            ),
        };
        Self::refused(&subject, reason, en, zh).rule("subsidy/samples").way_out(ways.0, ways.1)
    }
}
