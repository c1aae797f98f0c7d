//! Why a command on a rotation is refused.

use super::{RotationId, State};
use chrono::NaiveDate;
use kit::Error;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("on {day} the person's other rotations take {taken} %; {asked} % more is above full time")]
    ShareAboveFullTime { day: NaiveDate, taken: u32, asked: u8 },
    #[error("{rotation} is {is}; this needs it to be {needs}")]
    WrongState { rotation: RotationId, is: State, needs: State },
    #[error("who applied for a rotation does not approve it")]
    OwnApplication,
    #[error("a rotation is completed on its last day, {last}, or later; ended before, it is ended early")]
    NotOver { last: NaiveDate },
    #[error("a rotation becomes active on its first day, {first}, or later")]
    NotBegun { first: NaiveDate },
    #[error("it can end early between {first} and {last}")]
    EndOutside { first: NaiveDate, last: NaiveDate },
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let en = refusal.to_string();
        match refusal {
            Refusal::ShareAboveFullTime { day, taken, asked } => Self::refused(
                "share_percent",
                "SHARE_ABOVE_FULL_TIME",
                en,
                format!("{day} 当日其他轮岗已占 {taken}%，再加 {asked}% 超过全职"),
            )
            .rule("rotation/full-time")
            .way_out("ask for a smaller share or other dates", "请减小占比或调整起止日期"),
            Refusal::WrongState { rotation, is, needs } => {
                Self::refused(&rotation.to_string(), "WRONG_STATE", en, format!("{rotation} 当前状态为 {is}，此操作要求 {needs}"))
                    .rule("rotation/states")
                    .way_out("read the rotation again; its state says what can be done next", "请重新读取该轮岗，按其状态操作")
            }
            Refusal::OwnApplication => Self::refused("approved_by", "FOUR_EYES", en, "申请人不得审批本人的轮岗申请")
                .rule("rotation/four-eyes")
                .way_out("let another person of the home unit approve it", "请由派出单位的其他人员审批"),
            Refusal::NotOver { last } => {
                Self::refused("end_date", "NOT_OVER", en, format!("轮岗至 {last} 期满，期满前结束属提前终止"))
                    .rule("rotation/completion")
                    .way_out("wait for the last day, or end it early", "请等待期满，或办理提前终止")
            }
            Refusal::NotBegun { first } => Self::refused("start_date", "NOT_BEGUN", en, format!("轮岗自 {first} 起生效"))
                .rule("rotation/activation")
                .way_out("wait for the first day", "请等待起始日"),
            Refusal::EndOutside { first, last } => {
                Self::refused("ended_on", "END_OUTSIDE", en, format!("提前终止日应在 {first} 与 {last} 之间"))
                    .rule("rotation/early-end")
                    .way_out("give a day between the two", "请填写该期间内的日期")
            }
        }
    }
}
