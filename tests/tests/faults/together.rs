//! Commands carried out together: each keeps its own outcome, and what stops one does not stop the others.

use futures::future::BoxFuture;
use kit::auth::Principal;
use kit::clock::Clock;
use kit::command::Call;
use kit::db::{Migration, Migrations, args, statements};
use kit::rng::Chance;
use kit::{Code, Context, Error, Member, Together, Tx};
use proto::subsidy::v1::{Claim, RejectClaimRequest};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::{TestDb, both_engines};
use tokio::sync::{Barrier, Semaphore};
use tonic::{Request, Response, Status};

const TABLE: &str = "-- expand\nCREATE TABLE together_mark (mark TEXT PRIMARY KEY);";
const MIGRATIONS: Migrations = Migrations { service: "together", all: &[Migration::new("0001_init", TABLE, TABLE)] };

statements! {
    MARK = "INSERT INTO together_mark (mark) VALUES ($1)";
    MARKS = "SELECT mark FROM together_mark ORDER BY mark";
    KEPT = "SELECT CAST(count(*) AS BIGINT), CAST((SELECT count(*) FROM audit) AS BIGINT) FROM idempotency WHERE answer IS NOT NULL";
}

/// What is written down; the word in the etag says what goes wrong on the way.
#[derive(Clone)]
struct Mark {
    mark: String,
    goes: String,
}

struct Marked(String);

impl TryFrom<RejectClaimRequest> for Mark {
    type Error = Error;
    fn try_from(request: RejectClaimRequest) -> Result<Self, Error> {
        Ok(Self { mark: request.name, goes: request.etag })
    }
}

impl From<Marked> for Claim {
    fn from(marked: Marked) -> Self {
        Self { name: marked.0, ..Self::default() }
    }
}

static TRANSACTIONS: AtomicUsize = AtomicUsize::new(0);

fn mark_all<'a>(tx: &'a mut Tx, members: &'a [Member<Mark>]) -> BoxFuture<'a, Result<Vec<Result<Marked, Error>>, Error>> {
    Box::pin(async move {
        TRANSACTIONS.fetch_add(1, Ordering::Relaxed);
        let mut outcomes = Vec::new();
        for Member { scope, command } in members {
            match command.goes.as_str() {
                "refused" => outcomes.push(Err(Error::refused("mark", "MARK_REFUSED", "no", "不行"))),
                "panics" => panic!("as the test asks"),
                _ => {
                    tx.execute(MARK, args![command.mark.as_str()]).await?;
                    // Something that differs from one time to the next: a repeated answer shows by it.
                    outcomes.push(Ok(Marked(format!("{} {}", command.mark, scope.cause()))));
                }
            }
        }
        Ok(outcomes)
    })
}

struct Town {
    test: TestDb,
    together: Together<Mark, Marked>,
    room: Arc<Semaphore>,
}

impl Town {
    async fn both() -> Vec<Self> {
        let towns = both_engines(&[MIGRATIONS]).await;
        let town = |test: TestDb| {
            let context = Context::new("together", test.db.clone(), Clock::System, &Chance::seeded(42));
            Self { test, together: Together::new::<Claim>(context, mark_all), room: Arc::new(Semaphore::new(1000)) }
        };
        towns.into_iter().map(town).collect()
    }

    /// A call as the guard lets it in.
    fn call(&self, key: &str, mark: &str, goes: &str) -> impl Future<Output = Result<Response<Claim>, Status>> + Send + 'static {
        let message = RejectClaimRequest { name: mark.into(), etag: goes.into(), ..Default::default() };
        let mut request = Request::new(message);
        request.metadata_mut().insert("idempotency-key", key.parse().unwrap());
        request.extensions_mut().insert(Call {
            method: "Together/Mark".into(),
            principal: Principal { subject: "somebody".into(), ..Principal::system("together") },
            traceparent: None,
            place: Arc::new(self.room.clone().try_acquire_owned().unwrap()),
        });
        let together = self.together.clone();
        async move { together.run(request).await }
    }

    /// Calls at once, each in a task of its own.
    async fn at_once(&self, calls: &[(&str, &str, &str)]) -> Vec<Result<String, Status>> {
        let barrier = Arc::new(Barrier::new(calls.len()));
        let tasks: Vec<_> = calls
            .iter()
            .map(|(key, mark, goes)| {
                let (call, barrier) = (self.call(key, mark, goes), barrier.clone());
                tokio::spawn(async move {
                    barrier.wait().await;
                    call.await.map(|answer| answer.into_inner().name)
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    }

    async fn marks(&self) -> Vec<String> {
        let mut tx = self.test.db.read(kit::db::Lane::Request).await.unwrap();
        let rows: Vec<(String,)> = tx.fetch_all(MARKS, args![]).await.unwrap();
        rows.into_iter().map(|row| row.0).collect()
    }

    /// Commands with an answer, and audit entries.
    async fn kept(&self) -> (i64, i64) {
        let mut tx = self.test.db.read(kit::db::Lane::Request).await.unwrap();
        tx.fetch_one(KEPT, args![]).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_hundred_at_once_take_few_transactions_and_each_has_its_own_answer_key_and_audit_entry() {
    for town in Town::both().await {
        let names: Vec<String> = (0..600).map(|n| format!("mark-{n:03}")).collect();
        let calls: Vec<_> = names.iter().map(|name| (name.as_str(), name.as_str(), "")).collect();
        let before = TRANSACTIONS.load(Ordering::Relaxed);
        let answers = town.at_once(&calls).await;
        let transactions = TRANSACTIONS.load(Ordering::Relaxed) - before;
        assert!(names.iter().zip(&answers).all(|(name, answer)| answer.as_ref().unwrap().starts_with(name.as_str())));
        assert!(transactions < 300, "{transactions} transactions on {}: nothing was carried out together", town.test.engine);
        assert_eq!((town.marks().await, town.kept().await), (names, (600, 600)), "{}", town.test.engine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_many_times_at_once_and_again_later_has_one_effect_and_equal_answers() {
    for town in Town::both().await {
        let mut answers = town.at_once(&[("key", "mark", ""); 16]).await;
        answers.extend(town.at_once(&[("key", "mark", "")]).await);
        let first = answers[0].as_ref().unwrap().clone();
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap() == &first), "{}: {answers:?}", town.test.engine);
        assert_eq!((town.marks().await.len(), town.kept().await), (1, (1, 1)), "{}", town.test.engine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_for_another_command_is_refused_and_the_commands_beside_it_are_not() {
    for town in Town::both().await {
        town.at_once(&[("key", "mark", "")]).await.remove(0).unwrap();
        let answers = town.at_once(&[("key", "other", ""), ("fresh", "third", "")]).await;
        assert_eq!(answers[0].as_ref().unwrap_err().code(), tonic::Code::FailedPrecondition, "{}", town.test.engine);
        assert!(answers[1].is_ok(), "{}", town.test.engine);
        assert_eq!(town.marks().await, ["mark", "third"], "{}", town.test.engine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_leaves_nothing_and_may_be_asked_again_with_its_key() {
    for town in Town::both().await {
        let answers = town.at_once(&[("a", "mark-a", ""), ("b", "mark-b", "refused"), ("c", "mark-c", "")]).await;
        assert!(answers[0].is_ok() && answers[1].is_err() && answers[2].is_ok(), "{}: {answers:?}", town.test.engine);
        assert_eq!((town.marks().await.len(), town.kept().await), (2, (2, 2)), "{}", town.test.engine);
        // Its key was not used up.
        town.at_once(&[("b", "mark-b", "")]).await.remove(0).unwrap();
        assert_eq!(town.marks().await.len(), 3, "{}", town.test.engine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_fails_and_a_panic_are_told_to_the_one_at_fault_alone() {
    for town in Town::both().await {
        town.at_once(&[("first", "taken", "")]).await.remove(0).unwrap();
        let calls = [("a", "mark-a", ""), ("b", "taken", ""), ("c", "mark-c", "panics"), ("d", "mark-d", "")];
        let answers = town.at_once(&calls).await;
        let code = |at: usize| answers[at].as_ref().unwrap_err().code();
        assert!(answers[0].is_ok() && answers[3].is_ok(), "{}: {answers:?}", town.test.engine);
        assert_eq!((code(1), code(2)), (Code::AlreadyExists.grpc(), Code::Internal.grpc()), "{}", town.test.engine);
        assert_eq!((town.marks().await, town.kept().await.0), (vec!["mark-a".into(), "mark-d".into(), "taken".to_owned()], 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_caller_goes_away_is_carried_out_and_its_answer_waits() {
    for town in Town::both().await {
        for n in 0..50 {
            let call = tokio::spawn(town.call(&format!("key-{n}"), &format!("mark-{n:02}"), ""));
            tokio::task::yield_now().await;
            call.abort();
        }
        // Asked again with the same keys: whatever the first time came to, it happened once.
        for n in 0..50 {
            town.call(&format!("key-{n}"), &format!("mark-{n:02}"), "").await.unwrap();
        }
        assert_eq!((town.marks().await.len(), town.kept().await), (50, (50, 50)), "{}", town.test.engine);
    }
}
