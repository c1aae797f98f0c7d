//! Reactions that fail: for a while, for good, or by a defect of ours.

use crate::inbox::{assert_sound, event, give};
use crate::recorder::{self, Fault, MIGRATIONS, RECORDER, applied, fired, plan};
use kit::letters;
use testkit::{Sandbox, both_engines};

#[tokio::test]
async fn a_transient_failure_is_tried_again_and_then_applied_once() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let (_, consumer) = recorder::consumer(&sandbox);
        let subject = format!("people/transient-{}", sandbox.test.engine);
        plan(&subject, 1, Fault::Transient, 4);
        assert_eq!(give(&consumer, vec![event(&sandbox.clock, &subject, 1)]).await, ["applied"]);
        assert_eq!((fired(&subject, 1), applied(&sandbox.test.db, &subject).await), (4, vec![1]));
        assert!(letters::list(&sandbox.test.db, "recorder").await.unwrap().is_empty());
        assert_sound(&sandbox.test.db).await;
    }
}

#[tokio::test]
async fn a_transient_failure_that_does_not_pass_is_given_back_and_never_a_dead_letter() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let (_, consumer) = recorder::consumer(&sandbox);
        let subject = format!("people/long-{}", sandbox.test.engine);
        plan(&subject, 1, Fault::Transient, 12);
        for _ in 0..2 {
            assert_eq!(give(&consumer, vec![event(&sandbox.clock, &subject, 1)]).await, ["retry"]);
        }
        assert_eq!((fired(&subject, 1), applied(&sandbox.test.db, &subject).await), (12, vec![]));
        assert!(letters::list(&sandbox.test.db, "recorder").await.unwrap().is_empty());
        assert_eq!(give(&consumer, vec![event(&sandbox.clock, &subject, 1)]).await, ["applied"]);
    }
}

#[tokio::test]
async fn a_permanent_failure_is_a_dead_letter_with_its_reason_and_is_not_tried_in_vain() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let (_, consumer) = recorder::consumer(&sandbox);
        let subject = format!("people/permanent-{}", sandbox.test.engine);
        plan(&subject, 1, Fault::Permanent, u32::MAX);
        assert_eq!(give(&consumer, vec![event(&sandbox.clock, &subject, 1)]).await, ["dead"]);
        // Once within its batch, once alone.
        assert_eq!((fired(&subject, 1), applied(&sandbox.test.db, &subject).await), (2, vec![]));
        let letters = letters::list(&sandbox.test.db, "recorder").await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].reason.as_str(), letters[0].subject.as_str()), ("PLANNED_REFUSAL", subject.as_str()));
        assert_sound(&sandbox.test.db).await;
    }
}

#[tokio::test]
async fn a_defect_of_ours_never_makes_a_dead_letter_and_holds_up_only_its_own_aggregate() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let (_, consumer) = recorder::consumer(&sandbox);
        let (subject, other) = (format!("people/defect-{}", sandbox.test.engine), "people/sound");
        plan(&subject, 1, Fault::Internal, 6);
        let batch = || vec![event(&sandbox.clock, &subject, 1), event(&sandbox.clock, other, 1)];
        assert_eq!(give(&consumer, batch()).await, ["retry", "applied"]);
        assert_eq!(fired(&subject, 1), 6);
        assert!(letters::list(&sandbox.test.db, "recorder").await.unwrap().is_empty());
        assert_eq!(give(&consumer, batch()).await, ["applied", "duplicate"]);
        assert_eq!(applied(&sandbox.test.db, &subject).await, [1]);
        assert_sound(&sandbox.test.db).await;
    }
}

#[tokio::test]
async fn a_panic_holds_up_only_its_own_aggregate() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let (_, consumer) = recorder::consumer(&sandbox);
        let subject = format!("people/panic-{}", sandbox.test.engine);
        plan(&subject, 1, Fault::Panic, u32::MAX);
        let batch = || vec![event(&sandbox.clock, &subject, 1), event(&sandbox.clock, "people/calm", 1)];
        let outcomes = give(&consumer, batch()).await;
        assert!(fired(&subject, 1) > 0);
        assert!(letters::list(&sandbox.test.db, "recorder").await.unwrap().is_empty());
        recorder::mend(&subject, 1);
        // Whatever the panic left behind, the connection it broke off on is clean.
        give(&consumer, batch()).await;
        assert_eq!(applied(&sandbox.test.db, &subject).await, [1]);
        assert_eq!(applied(&sandbox.test.db, "people/calm").await, [1]);
        assert_sound(&sandbox.test.db).await;
        assert_eq!(outcomes, ["retry", "applied"], "{}", sandbox.test.engine);
    }
}
