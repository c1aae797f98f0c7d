//! Why a command on orders, classes or enrolments is refused.

use super::{ClassId, ClassState, EnrolmentId, EnrolmentState, OrderId, OrderState, OrganisationId, PersonId};
use chrono::NaiveDate;
use kit::Error;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{order} is {is}; this needs it to be {needs}")]
    OrderState { order: OrderId, is: OrderState, needs: OrderState },
    #[error("classes have been agreed on {0}")]
    OrderInUse(OrderId),
    #[error("{order} has no {asked} seats left")]
    SeatsTaken { order: OrderId, asked: i64 },
    #[error("{class} is {is}; this needs it to be {needs}")]
    ClassState { class: ClassId, is: ClassState, needs: ClassState },
    #[error("students are enrolled in {0}")]
    ClassInUse(ClassId),
    #[error("{class} has no room for {asked} more")]
    ClassFull { class: ClassId, asked: usize },
    #[error("graduation on {on} lies ahead of today, {today}")]
    GraduationAhead { on: NaiveDate, today: NaiveDate },
    #[error("{on} lies ahead of today, {today}: nobody has left on it")]
    LeavingAhead { on: NaiveDate, today: NaiveDate },
    #[error("{enrolment} is {is}; this needs it to be {needs}")]
    EnrolmentState { enrolment: EnrolmentId, is: EnrolmentState, needs: EnrolmentState },
    #[error("{student} is not a student of {school} as far as is known here")]
    StudentUnknown { student: PersonId, school: OrganisationId },
    #[error("{0} is in a class already")]
    InClassAlready(PersonId),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let en = refusal.to_string();
        match refusal {
            Refusal::OrderState { order, is, needs } => {
                out_of_turn(&order.to_string(), en, format!("{order} 当前状态为 {is}，此操作要求 {needs}"))
            }
            Refusal::ClassState { class, is, needs } => {
                out_of_turn(&class.to_string(), en, format!("{class} 当前状态为 {is}，此操作要求 {needs}"))
            }
            Refusal::EnrolmentState { enrolment, is, needs } => {
                out_of_turn(&enrolment.to_string(), en, format!("{enrolment} 当前状态为 {is}，此操作要求 {needs}"))
            }
            Refusal::OrderInUse(order) => Self::refused(&order.to_string(), "ORDER_IN_USE", en, format!("{order} 已有订单班"))
                .rule("training/withdraw-order")
                .way_out("close it instead, or cancel its classes first", "请改为关闭订单，或先取消订单班"),
            Refusal::SeatsTaken { order, asked } => {
                Self::refused(&order.to_string(), "SEATS_TAKEN", en, format!("{order} 剩余名额不足 {asked} 个"))
                    .rule("training/seats")
                    .way_out("agree a smaller class, or ask for another order", "请缩小班额或另立订单")
            }
            Refusal::ClassInUse(class) => Self::refused(&class.to_string(), "CLASS_IN_USE", en, format!("{class} 已有学生入班"))
                .rule("training/cancel-class")
                .way_out("withdraw its students first", "请先办理学生退班"),
            Refusal::ClassFull { class, asked } => {
                Self::refused(&class.to_string(), "CLASS_FULL", en, format!("{class} 余额不足，无法再入班 {asked} 人"))
                    .rule("training/capacity")
                    .way_out("enrol fewer students, or form another class", "请减少入班人数或另组班级")
            }
            Refusal::GraduationAhead { on, today } => {
                Self::refused("graduation_date", "GRADUATION_AHEAD", en, format!("毕业日期 {on} 晚于今日 {today}"))
                    .rule("training/graduation")
                    .way_out("graduate the class on the day or later", "请在当日或之后办理")
            }
            Refusal::LeavingAhead { on, today } => {
                Self::refused("left_on", "LEAVING_AHEAD", en, format!("退班日期 {on} 晚于今日 {today}"))
                    .rule("training/withdrawal")
                    .way_out("withdraw the enrolment on the day or later", "请在当日或之后办理")
            }
            Refusal::StudentUnknown { student, school } => {
                Self::refused("", "STUDENT_UNKNOWN", en, format!("{student} 不是 {school} 的在册学生"))
                    .rule("training/student-of-school")
                    .way_out(
                        "register the student in the directory; what was just registered arrives within seconds",
                        "请先在人员目录登记；刚登记的数秒内可用",
                    )
            }
            Refusal::InClassAlready(student) => Self::refused("", "IN_CLASS_ALREADY", en, format!("{student} 已在其他订单班"))
                .rule("training/one-class")
                .way_out("withdraw the student from the other class first", "请先办理退出原班级"),
        }
    }
}

fn out_of_turn(subject: &str, en: String, zh: String) -> Error {
    Error::refused(subject, "WRONG_STATE", en, zh)
        .rule("training/states")
        .way_out("read it again; its state says what can be done next", "请重新读取，按其状态操作")
}
