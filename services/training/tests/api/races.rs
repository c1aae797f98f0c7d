//! What happens when commands meet. PostgreSQL lets them; whatever the order, nothing is given out twice.

use crate::town::*;
use futures::future::join_all;
use proto::training::v1 as pb;
use tonic::Status;

/// How many went through, and why the others did not.
fn tally<T>(answers: Vec<Result<T, Status>>) -> (usize, Vec<String>) {
    let (passed, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    let mut reasons: Vec<_> = refused.into_iter().filter_map(Result::err).map(|status| reason(&status)).collect();
    reasons.sort();
    reasons.dedup();
    (passed.len(), reasons)
}

#[tokio::test]
async fn classes_agreed_at_once_take_exactly_the_seats_there_are() {
    let town = Town::crowded().await;
    let order = town.publish(order(10)).await.name;
    let mut names = Vec::new();
    for _ in 0..12 {
        names.push(town.propose(class(&order, 3)).await.unwrap().name);
    }
    let answers = join_all(names.iter().map(|name| town.agree(name))).await;
    assert_eq!(tally(answers), (3, vec!["SEATS_TAKEN".to_owned()]));
    assert_eq!(town.read_order(&order).await.seats_taken, 9);
    town.verify().await;
}

#[tokio::test]
async fn students_enrolled_at_once_take_exactly_the_places_there_are() {
    let town = Town::crowded().await;
    town.students(1..31).await;
    let class = town.agreed(8).await;
    let answers = join_all((0..10).map(|n| town.enrol(&class, students(1 + 3 * n..4 + 3 * n)))).await;
    assert_eq!(tally(answers), (2, vec!["CLASS_FULL".to_owned()]));
    assert_eq!(town.read_class(&class).await.enrolled, 6);
    town.verify().await;
}

#[tokio::test]
async fn a_student_wanted_by_ten_classes_at_once_is_in_one() {
    let town = Town::crowded().await;
    town.students(1..2).await;
    let mut classes = Vec::new();
    for _ in 0..10 {
        classes.push(town.agreed(1).await);
    }
    let answers = join_all(classes.iter().map(|class| town.enrol(class, students(1..2)))).await;
    assert_eq!(tally(answers), (1, vec!["IN_CLASS_ALREADY".to_owned()]));
    town.verify().await;
}

#[tokio::test]
async fn an_order_withdrawn_while_a_class_is_agreed_is_the_one_or_the_other() {
    let town = Town::crowded().await;
    for _ in 0..15 {
        let order = town.publish(order(3)).await.name;
        let name = town.propose(class(&order, 3)).await.unwrap().name;
        let mut foreman = town.foreman();
        let withdraw = pb::WithdrawOrderRequest { name: order.clone(), ..Default::default() };
        let (agreed, withdrawn) = tokio::join!(town.agree(&name), foreman.withdraw_order(withdraw));
        assert_ne!(agreed.is_ok(), withdrawn.is_ok(), "{agreed:?} {withdrawn:?}");
        let order = town.read_order(&order).await;
        assert_eq!(order.state() == pb::OrderState::Withdrawn, order.seats_taken == 0);
    }
    town.verify().await;
}

#[tokio::test]
async fn a_class_cancelled_while_students_are_enrolled_is_the_one_or_the_other() {
    let town = Town::crowded().await;
    town.students(1..16).await;
    for n in 1..16 {
        let class = town.agreed(1).await;
        let (enrolled, cancelled) = tokio::join!(town.enrol(&class, students(n..n + 1)), town.cancel(&class));
        assert_ne!(enrolled.is_ok(), cancelled.is_ok(), "{enrolled:?} {cancelled:?}");
    }
    town.verify().await;
}

#[tokio::test]
async fn two_batches_with_the_same_students_in_another_order_do_not_stop_each_other() {
    let town = Town::crowded().await;
    let (_, one) = town.full(1..11).await;
    let (_, two) = town.full(11..21).await;
    let forth: Vec<_> = one.iter().chain(&two).map(|enrolment| placement(&enrolment.name)).collect();
    let back: Vec<_> = forth.iter().rev().cloned().collect();
    let (forth, back) = tokio::join!(town.place(forth), town.place(back));
    assert_eq!(tally(vec![forth, back]), (1, vec!["WRONG_STATE".to_owned()]));
    town.verify().await;
}
