//! One command, asked for many times.

use crate::town::{Left, assert_sound, client, keyed, on_both};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Barrier;

const CALLERS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_by_sixteen_callers_at_once_has_one_effect_and_sixteen_equal_answers() {
    for sandbox in on_both().await {
        let together = Arc::new(Barrier::new(CALLERS));
        let calls: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (mut client, together) = (client(&sandbox), together.clone());
                tokio::spawn(async move {
                    together.wait().await;
                    client.create_rotation(keyed(1)).await.unwrap().into_inner()
                })
            })
            .collect();
        let mut names = HashSet::new();
        let mut answers = Vec::new();
        for call in calls {
            let answer = call.await.unwrap();
            names.insert(answer.name.clone());
            answers.push(answer);
        }
        assert_eq!((names.len(), answers.len()), (1, CALLERS), "{}", sandbox.test.engine);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{}", sandbox.test.engine);
        assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(1), "{}", sandbox.test.engine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_writes_at_once_all_succeed() {
    for sandbox in on_both().await {
        let calls: Vec<_> = (0..200)
            .map(|number| {
                let mut client = client(&sandbox);
                tokio::spawn(async move { client.create_rotation(keyed(number)).await })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(200), "{}", sandbox.test.engine);
        assert_sound(&sandbox.test.db).await;
    }
}
