//! Files for the bank and files of what it says, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use kit::db::{Lane, args, statements};
use proto::subsidy::v1 as pb;
use sha2::{Digest, Sha256};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use town::{ENTERPRISE, Town, account_of, fen, reason};

const PAIN: pb::PaymentFileFormat = pb::PaymentFileFormat::Pain001;
const CSV: pb::PaymentFileFormat = pb::PaymentFileFormat::Csv;

fn field(status: &Status) -> String {
    status.get_details_error_info().and_then(|info| info.metadata.get("field").cloned()).unwrap_or_default()
}

/// One payment in a file of results: end-to-end id, status, reason, reference.
type Said<'a> = (&'a str, &'a str, &'a str, &'a str);

fn pain_002(message: &str, said: &[Said<'_>]) -> Vec<u8> {
    let one = |(id, status, reason, reference): &Said<'_>| {
        let reason = match *reason {
            "" => String::new(),
            code => format!("<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>said &amp; done</AddtlInf></StsRsnInf>"),
        };
        let reference = if reference.is_empty() { String::new() } else { format!("<AcctSvcrRef>{reference}</AcctSvcrRef>") };
        format!("<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}{reference}</TxInfAndSts>")
    };
    let said: String = said.iter().map(one).collect();
    report(&format!(
        "<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>\
         <OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{said}</OrgnlPmtInfAndSts>"
    ))
}

fn report(inside: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\">\
         <CstmrPmtStsRpt><GrpHdr><MsgId>ANSWER-1</MsgId><CreDtTm>2026-09-02T09:00:00+08:00</CreDtTm></GrpHdr>\n{inside}\
         </CstmrPmtStsRpt></Document>"
    )
    .into_bytes()
}

fn message_of(batch: &pb::PaymentBatch) -> String {
    batch.name.trim_start_matches("paymentBatches/").replace('-', "")
}

impl Town {
    async fn export(&self, batch: &str, format: pb::PaymentFileFormat) -> Result<pb::File, Status> {
        let request = pb::ExportPaymentBatchRequest { name: batch.into(), format: format.into() };
        self.officer().export_payment_batch(request).await.map(tonic::Response::into_inner)
    }

    async fn import(&self, batch: &str, format: pb::ResultFileFormat, content: Vec<u8>) -> Result<Counts, Status> {
        let request = pb::ImportPaymentResultsRequest { name: batch.into(), format: format.into(), content };
        let done = self.officer().import_payment_results(request).await?.into_inner();
        assert_eq!(done.payment_batch, batch);
        Ok((done.settled, done.known, done.pending, done.complete))
    }

    async fn import_xml(&self, batch: &pb::PaymentBatch, said: &[Said<'_>]) -> Result<Counts, Status> {
        let content = pain_002(&message_of(batch), said);
        self.import(&batch.name, pb::ResultFileFormat::Pain002, content).await
    }

    async fn read(&self, batch: &pb::PaymentBatch) -> pb::PaymentBatch {
        let request = pb::GetPaymentBatchRequest { name: batch.name.clone() };
        self.officer().get_payment_batch(request).await.unwrap().into_inner()
    }

    async fn states(&self, batch: &pb::PaymentBatch) -> Vec<pb::LineState> {
        self.read(batch).await.lines.iter().map(pb::PaymentLine::state).collect()
    }

    /// So many approved claims of graduates, all in one batch.
    async fn batch_of(&self, fund: &str, lines: u32) -> pb::PaymentBatch {
        for n in 1..=lines {
            self.graduate_hired(n).await;
        }
        let accrued = self.claims().await.into_iter().filter(|claim| claim.state() == pb::ClaimState::Accrued);
        self.approve_all(&accrued.map(|claim| claim.name).collect::<Vec<_>>()).await;
        self.batch(fund).await.unwrap()
    }
}

/// Settled, known before, pending; and whether every line has its answer.
type Counts = (i32, i32, i32, bool);

fn ids(batch: &pb::PaymentBatch) -> Vec<&str> {
    batch.lines.iter().map(|line| line.end_to_end_id.as_str()).collect()
}

#[tokio::test]
async fn a_file_asked_for_again_is_the_same_to_the_byte_whatever_became_of_the_accounts() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let batch = town.batch_of(&fund, 3).await;
        let first = town.export(&batch.name, PAIN).await.unwrap();
        assert_eq!(first.sha256, hex::encode(Sha256::digest(&first.content)));
        assert_eq!((first.media_type.as_str(), first.file_name), ("application/xml", format!("{}.xml", message_of(&batch))));
        let pinned: Vec<String> = town.read(&batch).await.lines.into_iter().map(|line| line.bank_account).collect();
        assert!(pinned.iter().all(|account| account.starts_with("bankAccounts/")));

        town.accounts(&[ENTERPRISE, &fund]).await;
        town.sandbox.clock.advance(chrono::TimeDelta::days(1));
        assert_eq!(town.export(&batch.name, PAIN).await.unwrap().content, first.content);
        let csv = town.export(&batch.name, CSV).await.unwrap();
        let text = String::from_utf8(csv.content.clone()).unwrap();
        assert!(text.starts_with("end_to_end_id 付款标识,payee_name 收款户名,payee_account 收款账号,"), "{text}");
        assert_eq!(text.matches(&account_of(ENTERPRISE).account_number).count(), 3);
        assert_eq!((text.matches(",1500.00,CNY,").count(), text.lines().count()), (3, 4));
        assert_eq!(town.export(&batch.name, CSV).await.unwrap().content, csv.content);
        let still: Vec<String> = town.read(&batch).await.lines.into_iter().map(|line| line.bank_account).collect();
        assert_eq!(still, pinned);
        // An answer of the bank makes no difference to a file that went out.
        town.import_xml(&batch, &[(ids(&batch)[0], "ACSC", "", "B-1")]).await.unwrap();
        assert_eq!(town.export(&batch.name, PAIN).await.unwrap().content, first.content);
        town.verify().await;
    }
}

mod legacy {
    use super::statements;
    statements! {
        /// As a batch may be that was made before there were accounts.
        FOREIGN = "UPDATE subsidy_payment_line SET beneficiary_id = claim_id";
    }
}

#[tokio::test]
async fn a_file_is_refused_without_accounts_and_after_an_answer_and_to_whoever_does_not_pay() {
    for town in Town::both().await {
        let fund = town.bare_fund(1_000_000).await;
        town.accounts(&[ENTERPRISE]).await;
        let batch = town.batch_of(&fund, 2).await;
        let unpaid = town.export(&batch.name, PAIN).await.unwrap_err();
        assert_eq!((unpaid.code(), reason(&unpaid)), (Code::FailedPrecondition, "PAYER_ACCOUNT_MISSING".into()));
        town.accounts(&[&fund]).await;

        let request = pb::ExportPaymentBatchRequest { name: batch.name.clone(), format: PAIN.into() };
        for mut client in [town.bureau(), town.clerk()] {
            assert_eq!(client.export_payment_batch(request.clone()).await.unwrap_err().code(), Code::PermissionDenied);
        }
        let none = pb::ExportPaymentBatchRequest { name: batch.name.clone(), format: 0 };
        assert_eq!(field(&town.officer().export_payment_batch(none).await.unwrap_err()), "format");
        let nowhere = format!("paymentBatches/{}", uuid::Uuid::nil());
        assert_eq!(town.export(&nowhere, PAIN).await.unwrap_err().code(), Code::NotFound);

        town.settle_batch(&batch.name, &[(&batch.lines[0].claim, true, "B-1")]).await.unwrap();
        assert_eq!(reason(&town.export(&batch.name, PAIN).await.unwrap_err()), "BATCH_ANSWERED");
        town.verify().await;

        let other = town.batch_of(&fund, 3).await;
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        tx.execute(legacy::FOREIGN, args![]).await.unwrap();
        tx.commit().await.unwrap();
        let missing = town.export(&other.name, PAIN).await.unwrap_err();
        assert_eq!((reason(&missing), field(&missing)), ("PAYEE_ACCOUNT_MISSING".into(), other.lines[0].claim.clone()));
    }
}

#[tokio::test]
async fn a_batch_asked_for_twice_under_one_key_is_one_batch_and_later_claims_make_another() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        town.approve(&town.only_claim().await.name).await;
        let make = || {
            let payment_batch = Some(pb::PaymentBatch { fund: fund.clone(), ..Default::default() });
            let mut request = tonic::Request::new(pb::CreatePaymentBatchRequest { payment_batch });
            request.metadata_mut().insert("idempotency-key", "september".parse().unwrap());
            request
        };
        let first = town.officer().create_payment_batch(make()).await.unwrap().into_inner();
        town.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
        let second = town.batch_of(&fund, 2).await;
        assert_eq!(town.officer().create_payment_batch(make()).await.unwrap().into_inner(), first);
        assert_ne!(first.name, second.name);
        assert_eq!((first.line_count, second.line_count, second.total), (1, 1, fen(150_000)));
        let request = pb::ListPaymentBatchesRequest { fund, state: pb::PaymentBatchState::Open.into(), ..Default::default() };
        let open = town.officer().list_payment_batches(request).await.unwrap().into_inner().payment_batches;
        assert_eq!(open.iter().map(|batch| batch.line_count).collect::<Vec<_>>(), [1, 1]);
        town.verify().await;
    }
}

#[tokio::test]
async fn the_bank_pays_some_refuses_some_and_leaves_some_open_and_the_same_file_changes_nothing() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let batch = town.batch_of(&fund, 3).await;
        let ids = ids(&batch);
        let said = [(ids[0], "ACSC", "", "B-1"), (ids[1], "RJCT", "AC04", "B-2"), (ids[2], "PDNG", "", "")];
        assert_eq!(town.import_xml(&batch, &said).await.unwrap(), (2, 0, 1, false));
        let after = town.read(&batch).await;
        assert_eq!(town.states(&batch).await, [pb::LineState::Paid, pb::LineState::Failed, pb::LineState::Pending]);
        assert_eq!(after.lines[1].failure_reason, "AC04: said & done");
        assert_eq!(town.import_xml(&batch, &said).await.unwrap(), (0, 2, 1, false));
        assert_eq!(town.read(&batch).await, after);
        let budget = town.budget(&fund).await;
        assert_eq!((budget.committed, budget.paid), (fen(300_000), fen(150_000)));

        // Credited after settled: no contradiction. Refused after settled: one, and nothing else of the file counts.
        assert_eq!(town.import_xml(&batch, &[(ids[0], "ACCC", "", "")]).await.unwrap(), (0, 1, 0, false));
        let contradiction = [(ids[2], "ACSC", "", "B-3"), (ids[0], "RJCT", "AC04", "B-1")];
        let refused = town.import_xml(&batch, &contradiction).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "LINE_SETTLED".into()));
        assert_eq!(field(&refused), "content.TxInfAndSts[2].claim");
        assert!(refused.message().contains(&batch.lines[0].claim), "{}", refused.message());
        assert_eq!(town.read(&batch).await, after, "all or nothing");

        assert_eq!(town.import_xml(&batch, &[(ids[2], "ACSC", "", "")]).await.unwrap(), (1, 0, 0, true));
        let settled = town.read(&batch).await;
        assert_eq!((settled.state(), settled.lines[2].bank_reference.as_str()), (pb::PaymentBatchState::Settled, ids[2]));
        town.verify().await;
    }
}

#[tokio::test]
async fn whatever_the_bank_calls_what_it_has_not_decided_settles_nothing() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let batch = town.batch_of(&fund, 1).await;
        let number = ids(&batch)[0];
        for code in ["PDNG", "RCVD", "ACTC", "ACCP", "ACSP", "ACWC", "ACFC", "ACWP", "PATC", "PART"] {
            assert_eq!(town.import_xml(&batch, &[(number, code, "", "")]).await.unwrap(), (0, 0, 1, false), "{code}");
        }
        assert_eq!(town.states(&batch).await, [pb::LineState::Pending]);
        assert_eq!(town.import_xml(&batch, &[(number, "CANC", "", "B-1")]).await.unwrap(), (1, 0, 0, true));
        assert_eq!(
            (town.states(&batch).await, town.read(&batch).await.lines[0].failure_reason.as_str()),
            (vec![pb::LineState::Failed], "CANC")
        );
        town.verify().await;
    }
}

#[tokio::test]
async fn a_failed_line_goes_out_again_under_another_number_and_the_old_one_is_unknown_there() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let batch = town.batch_of(&fund, 2).await;
        let old = ids(&batch);
        let said = [(old[0], "ACSC", "", "B-1"), (old[1], "RJCT", "AC01", "B-2")];
        assert_eq!(town.import_xml(&batch, &said).await.unwrap(), (2, 0, 0, true));
        let second = town.batch(&fund).await.unwrap();
        let line = &second.lines[0];
        assert_eq!((line.claim.as_str(), line.attempt), (batch.lines[1].claim.as_str(), 2));
        assert_ne!(line.end_to_end_id, old[1]);
        assert!(line.end_to_end_id.len() <= 35 && line.end_to_end_id.ends_with("-2"));
        let file = String::from_utf8(town.export(&second.name, PAIN).await.unwrap().content).unwrap();
        assert!(file.contains(&format!("<EndToEndId>{}</EndToEndId>", line.end_to_end_id)), "{file}");

        let stale = [(line.end_to_end_id.as_str(), "ACSC", "", "B-3"), (old[1], "ACSC", "", "B-3")];
        let unknown = town.import_xml(&second, &stale).await.unwrap_err();
        assert_eq!((reason(&unknown), field(&unknown)), ("LINE_UNKNOWN".into(), "content.TxInfAndSts[2]".into()));
        assert_eq!(town.states(&second).await, [pb::LineState::Pending], "all or nothing");
        assert_eq!(town.import_xml(&second, &stale[..1]).await.unwrap(), (1, 0, 0, true));
        let late = town.import_xml(&batch, &[(old[1], "ACSC", "", "B-9")]).await.unwrap_err();
        assert_eq!(reason(&late), "LINE_SETTLED");
        town.verify().await;
    }
}

#[tokio::test]
async fn a_message_that_is_refused_as_a_whole_fails_every_line_and_another_batch_s_message_none() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let batch = town.batch_of(&fund, 2).await;
        let whole = |message: &str, status: &str| {
            report(&format!(
                "<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>\
                 <GrpSts>{status}</GrpSts><StsRsnInf><Rsn><Prtry>CLOSED</Prtry></Rsn></StsRsnInf></OrgnlGrpInfAndSts>"
            ))
        };
        let pain = pb::ResultFileFormat::Pain002;
        let foreign = town.import(&batch.name, pain, whole("0123456789abcdef", "RJCT")).await.unwrap_err();
        assert_eq!((foreign.code(), reason(&foreign)), (Code::FailedPrecondition, "FILE_OF_ANOTHER_BATCH".into()));
        assert_eq!(field(&foreign), "content.OrgnlGrpInfAndSts.OrgnlMsgId");
        let message = message_of(&batch);
        assert_eq!(town.import(&batch.name, pain, whole(&message, "ACTC")).await.unwrap(), (0, 0, 2, false));
        assert_eq!(town.import(&batch.name, pain, whole(&message, "RJCT")).await.unwrap(), (2, 0, 0, true));
        assert_eq!(town.import(&batch.name, pain, whole(&message, "RJCT")).await.unwrap(), (0, 2, 0, true));
        let lines = town.read(&batch).await.lines;
        assert!(lines.iter().all(|line| line.state() == pb::LineState::Failed && line.failure_reason == "CLOSED"));
        assert_eq!(town.batch(&fund).await.unwrap().line_count, 2);
        town.verify().await;
    }
}

#[tokio::test]
async fn results_come_as_csv_too_and_what_is_wrong_is_told_by_row() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let batch = town.batch_of(&fund, 3).await;
        let ids = ids(&batch);
        let csv = pb::ResultFileFormat::Csv;
        let header = "\u{FEFF}end_to_end_id 付款标识,status,bank_reference,failure_reason";
        let file = |rows: &[String]| format!("{header}\r\n{}\r\n", rows.join("\r\n")).into_bytes();
        let row = |id: &str, rest: &str| format!("{id},{rest}");
        let unknown = format!("{}-7", &ids[0][..32]);
        for (rows, why, at) in [
            (vec![row(ids[0], "paid,B-1,"), row(&unknown, "paid,B-2,")], "LINE_UNKNOWN", "content.row[3]"),
            (vec![row(ids[0], "paid,B-1,"), row(ids[1], "maybe,B-2,")], "FILE_MALFORMED", "content.row[3].status"),
            (vec![row(ids[0], "failed,B-1,")], "FILE_MALFORMED", "content.row[2].failure_reason"),
            (vec![row(ids[0], "paid,B-1,account closed")], "FILE_MALFORMED", "content.row[2].failure_reason"),
            (vec![row(ids[0], "paid,B-1,"), row(ids[1], "paid")], "FILE_MALFORMED", "content.row[3]"),
            (vec![row(ids[0], &format!("paid,{},", "B".repeat(101)))], "FILE_MALFORMED", "content.row[2].bank_reference"),
            (vec![row(ids[0], "paid,B-1,"), row(ids[0], "失败,B-1,账户已销户")], "LINE_SETTLED", "content.row[3].claim"),
        ] {
            let refused = town.import(&batch.name, csv, file(&rows)).await.unwrap_err();
            assert_eq!((reason(&refused), field(&refused)), (why.to_owned(), at.to_owned()), "{rows:?}");
        }
        for (content, at) in
            [("end_to_end_id,result\r\nx,paid\r\n", "content.row[1]"), ("end_to_end_id,status\r\n", "content.row[2]")]
        {
            let refused = town.import(&batch.name, csv, content.into()).await.unwrap_err();
            assert_eq!((reason(&refused), field(&refused)), ("FILE_MALFORMED".into(), at.into()));
        }
        assert_eq!(town.states(&batch).await, [pb::LineState::Pending; 3], "nothing of a refused file counts");

        let good = file(&[row(ids[0], "成功,B-1,"), row(ids[1], "失败,B-2,账户已销户"), row(ids[2], "处理中,,")]);
        assert_eq!(town.import(&batch.name, csv, good.clone()).await.unwrap(), (2, 0, 1, false));
        assert_eq!(town.import(&batch.name, csv, good).await.unwrap(), (0, 2, 1, false));
        assert_eq!(town.read(&batch).await.lines[1].failure_reason, "账户已销户");
        town.verify().await;
    }
}

#[tokio::test]
async fn a_hostile_or_broken_message_is_refused_before_anything_is_read_into_it() {
    let laugh = |text: String, n: i32| format!("{text}<!ENTITY l{n} \"&l{0};&l{0};&l{0};&l{0};\">", n - 1);
    let laughs = (1..10).fold(String::new(), laugh);
    let ours = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10";
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let batch = town.batch_of(&fund, 1).await;
        let (message, id) = (message_of(&batch), batch.lines[0].end_to_end_id.clone());
        let good = String::from_utf8(pain_002(&message, &[(&id, "ACSC", "", "B-1")])).unwrap();
        let with = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            good.replacen(from, to, 1).into_bytes()
        };
        let cases = [
            (
                with("<Document", &format!("<!DOCTYPE d [<!ENTITY l0 \"ha\">{laughs}]><Document")),
                "FILE_UNSAFE",
                "content.line[2]",
            ),
            (with("<Document", "<!DOCTYPE d SYSTEM \"file:///etc/passwd\"><Document"), "FILE_UNSAFE", "content.line[2]"),
            (with("B-1", "&xxe;"), "FILE_UNSAFE", "content.line[3]"),
            (with("ACSC", "PERHAPS"), "FILE_MALFORMED", "content.TxInfAndSts[1].TxSts"),
            (with("<TxSts>ACSC</TxSts>", ""), "FILE_MALFORMED", "content.TxInfAndSts[1].TxSts"),
            (with(&id, ""), "FILE_MALFORMED", "content.TxInfAndSts[1].OrgnlEndToEndId"),
            (with("<OrgnlMsgId>", "<OrgnlMsgIds>"), "FILE_MALFORMED", "content.line[3]"),
            (with(&format!("<OrgnlMsgId>{message}</OrgnlMsgId>"), ""), "FILE_MALFORMED", "content.OrgnlGrpInfAndSts.OrgnlMsgId"),
            (with(ours, "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"), "FILE_MALFORMED", "content.line[2]"),
            (with("</Document>", ""), "FILE_MALFORMED", "content.line[3]"),
            (with("B-1", &"B".repeat(101)), "FILE_MALFORMED", "content.TxInfAndSts[1].AcctSvcrRef"),
            (b"not a message".to_vec(), "FILE_MALFORMED", "content.line[1]"),
            (vec![0xD5, 0xCB, 0xBB, 0xA7], "FILE_MALFORMED", "content.byte[0]"),
            (vec![b' '; 2 * 1024 * 1024 + 1], "FILE_TOO_LARGE", "content"),
            (Vec::new(), "REQUIRED", "content"),
        ];
        for (content, why, at) in cases {
            let shown = String::from_utf8_lossy(&content[..content.len().min(300)]).into_owned();
            let refused = town.import(&batch.name, pb::ResultFileFormat::Pain002, content).await.unwrap_err();
            assert_eq!(
                (refused.code(), reason(&refused), field(&refused)),
                (Code::InvalidArgument, why.into(), at.into()),
                "{shown}"
            );
        }
        assert_eq!(town.states(&batch).await, [pb::LineState::Pending]);
        let request = pb::ImportPaymentResultsRequest { name: batch.name.clone(), format: 2, content: good.clone().into_bytes() };
        assert_eq!(town.bureau().import_payment_results(request).await.unwrap_err().code(), Code::PermissionDenied);
        // What another namespace says of a payment is not what the bank says of it.
        let foreign =
            with("<TxInfAndSts>", "<x:TxInfAndSts xmlns:x=\"urn:other\"><x:TxSts>RJCT</x:TxSts></x:TxInfAndSts><TxInfAndSts>");
        assert_eq!(town.import(&batch.name, pb::ResultFileFormat::Pain002, foreign).await.unwrap(), (1, 0, 0, true));
        town.verify().await;
    }
}
