//! `talentflow payments`: the file for the bank, and the bank's answer, through the API of a running server.

use crate::cli::{ExportPayments, ImportPayments, PaymentForm, Payments, Reach, ResultForm};
use anyhow::{Context as _, bail};
use kit::clock::Clock;
use kit::rng::Chance;
use proto::subsidy::v1::subsidy_service_client::SubsidyServiceClient;
use proto::subsidy::v1::{
    ExportPaymentBatchRequest, GetPaymentBatchRequest, ImportPaymentResultsRequest, ImportPaymentResultsResponse, LineState,
    PaymentBatch, PaymentFileFormat, PaymentLine, ResultFileFormat,
};
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

type Client = SubsidyServiceClient<Channel>;

pub fn run(command: &Payments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Payments::Export(command) => export(command).await,
            Payments::Import(command) => import(command).await,
        }
    })
}

async fn export(command: &ExportPayments) -> anyhow::Result<ExitCode> {
    // Before the server is asked: exporting settles which accounts the batch goes to.
    vacant(&command.out, command.overwrite)?;
    let caller = Caller::of(&command.reach)?;
    let format = match command.format {
        PaymentForm::Pain001 => PaymentFileFormat::Pain001,
        PaymentForm::Csv => PaymentFileFormat::Csv,
    };
    let request = ExportPaymentBatchRequest { name: command.batch.clone(), format: format.into() };
    let file = caller.client().export_payment_batch(caller.sign(request)?).await.map_err(|status| refused(&status))?.into_inner();
    write(&command.out, &file.content, command.overwrite)?;
    let (path, bytes) = (command.out.display().to_string(), file.content.len());
    if command.json {
        println!("{}", json!({"payment_batch": command.batch, "file": path, "bytes": bytes, "sha256": file.sha256}));
    } else {
        println!("{path}: {bytes} bytes, SHA-256 {}", file.sha256);
        println!("{path}：{bytes} 字节，SHA-256 {}", file.sha256);
    }
    Ok(ExitCode::SUCCESS)
}

async fn import(command: &ImportPayments) -> anyhow::Result<ExitCode> {
    let format = match command.format {
        Some(format) => format,
        None => form_of(&command.file)?,
    };
    let format = match format {
        ResultForm::Pain002 => ResultFileFormat::Pain002,
        ResultForm::Csv => ResultFileFormat::Csv,
    };
    let content =
        std::fs::read(&command.file).with_context(|| format!("cannot read {0} · 无法读取 {0}", command.file.display()))?;
    let caller = Caller::of(&command.reach)?;
    let name = command.batch.clone();
    let request = ImportPaymentResultsRequest { name: name.clone(), format: format.into(), content };
    let done =
        caller.client().import_payment_results(caller.sign(request)?).await.map_err(|status| refused(&status))?.into_inner();
    let request = caller.sign(GetPaymentBatchRequest { name })?;
    let batch = caller.client().get_payment_batch(request).await.map_err(|status| refused(&status))?.into_inner();
    if command.json {
        println!("{}", as_json(&done, &batch));
    } else {
        print!("{}", as_text(&done, &batch));
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the server is, and the token it is asked with.
struct Caller {
    channel: Channel,
    token: MetadataValue<tonic::metadata::Ascii>,
    keys: Chance,
}

impl Caller {
    fn of(reach: &Reach) -> anyhow::Result<Self> {
        let endpoint = endpoint(reach)?;
        let token = match &reach.token_file {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("cannot read --token-file {0} · 无法读取令牌文件 {0}", file.display()))?,
            None => std::env::var("TALENTFLOW_TOKEN").context(
                "give --token-file or the variable TALENTFLOW_TOKEN · 请提供 --token-file 或环境变量 TALENTFLOW_TOKEN",
            )?,
        };
        let token = format!("Bearer {}", token.trim()).parse().context("the token is no text for a header · 令牌含有无效字符")?;
        let channel = endpoint.connect_timeout(std::time::Duration::from_secs(10)).connect_lazy();
        Ok(Self { channel, token, keys: Chance::system()? })
    }

    fn client(&self) -> Client {
        let most = kit::serve::MAX_MESSAGE_BYTES;
        Client::new(self.channel.clone()).max_decoding_message_size(most).max_encoding_message_size(most)
    }

    /// A request of this caller, with a key of its own.
    fn sign<T>(&self, message: T) -> anyhow::Result<Request<T>> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token.clone());
        let key = self.keys.uuid(Clock::System.now()).to_string();
        request.metadata_mut().insert("idempotency-key", key.parse()?);
        Ok(request)
    }
}

/// The address, and whom to trust to be there.
fn endpoint(reach: &Reach) -> anyhow::Result<Endpoint> {
    let server = &reach.server;
    let secure = server.starts_with("https://");
    if !secure && !server.starts_with("http://") {
        bail!(
            "--server is {server}: expected https://host, or http://host:port inside of where TLS ends \
             · --server 应为 https://主机，或 TLS 终止处之内的 http://主机:端口"
        );
    }
    let endpoint = Endpoint::from_shared(server.clone())
        .with_context(|| format!("--server {server} is no address · --server 不是有效地址"))?;
    match &reach.ca_file {
        None if !secure => Ok(endpoint),
        Some(_) if !secure => bail!("--ca-file is for an https:// server · --ca-file 仅用于 https:// 服务器"),
        ca_file => {
            let tls = ClientTlsConfig::new();
            let tls = match ca_file {
                None => tls.with_native_roots(),
                Some(file) => tls.ca_certificate(Certificate::from_pem(
                    std::fs::read(file)
                        .with_context(|| format!("cannot read --ca-file {0} · 无法读取证书文件 {0}", file.display()))?,
                )),
            };
            endpoint.tls_config(tls).context("TLS finds no certificates to trust: give --ca-file · 无可信证书，请提供 --ca-file")
        }
    }
}

/// What the server says of a refusal, in both languages, with the way out.
fn refused(status: &Status) -> anyhow::Error {
    let details = status.get_error_details();
    if details.error_info().is_none() && status.code() == Code::Unavailable {
        return anyhow::anyhow!("the server does not answer ({}) · 服务器无响应", cause(status));
    }
    let mut said = status.message().to_owned();
    if let Some(zh) = details.localized_message() {
        said = format!("{said} · {}", zh.message);
    }
    if let Some(info) = details.error_info() {
        said = format!("{said} [{}]", info.reason);
        let ways: Vec<&str> =
            ["way_out", "way_out_zh"].iter().filter_map(|key| info.metadata.get(*key)).map(String::as_str).collect();
        if !ways.is_empty() {
            said = format!("{said}\n  {}", ways.join(" · "));
        }
    }
    anyhow::anyhow!(said)
}

/// Why a server was not reached: what lies under "transport error", such as a certificate that nobody here trusts.
fn cause(status: &Status) -> String {
    let mut under: Option<&dyn Error> = status.source();
    let mut said = status.message().to_owned();
    while let Some(error) = under {
        said = error.to_string();
        under = error.source();
    }
    said
}

/// Refuses a file that is there, unless it may be replaced.
fn vacant(path: &Path, overwrite: bool) -> anyhow::Result<()> {
    if overwrite || !path.exists() {
        return Ok(());
    }
    Err(in_the_way(path))
}

fn in_the_way(path: &Path) -> anyhow::Error {
    anyhow::anyhow!("{0} is there already: give --overwrite to replace it · {0} 已存在，如需替换请加 --overwrite", path.display())
}

/// Writes the file whole or not at all: the bank is given no half of one. It names accounts, so only its owner may read it.
fn write(path: &Path, content: &[u8], overwrite: bool) -> anyhow::Result<()> {
    let unwritten = || format!("cannot write {0} · 无法写入 {0}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(unwritten)?;
    file.write_all(content).with_context(unwritten)?;
    file.as_file().sync_all().with_context(unwritten)?;
    if overwrite {
        file.persist(path).map(|_| ()).with_context(unwritten)
    } else {
        file.persist_noclobber(path).map(|_| ()).map_err(|fault| match fault.error.kind() {
            std::io::ErrorKind::AlreadyExists => in_the_way(path),
            _ => anyhow::Error::new(fault).context(unwritten()),
        })
    }
}

fn form_of(path: &Path) -> anyhow::Result<ResultForm> {
    match path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("xml") => Ok(ResultForm::Pain002),
        Some("csv") => Ok(ResultForm::Csv),
        _ => bail!(
            "{0} ends in neither .xml nor .csv: give --format · {0} 的扩展名不是 .xml 或 .csv，请用 --format 指明",
            path.display()
        ),
    }
}

/// A line's state in both languages.
fn state(line: &PaymentLine) -> (&'static str, &'static str) {
    match line.state() {
        LineState::Paid => ("paid", "已付"),
        LineState::Failed => ("failed", "失败"),
        LineState::Pending => ("pending", "待银行答复"),
        LineState::Unspecified => ("unknown", "未知"),
    }
}

fn as_text(done: &ImportPaymentResultsResponse, batch: &PaymentBatch) -> String {
    let mut text = String::new();
    for line in &batch.lines {
        let (en, zh) = state(line);
        let words = [&line.claim, en, zh, &line.bank_reference, &line.failure_reason];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        text.extend([words.join("  ").as_str(), "\n"]);
    }
    let ImportPaymentResultsResponse { settled, known, pending, queued, complete, .. } = done;
    let (open, open_zh) =
        if *complete { ("the batch is settled", "批次已结清") } else { ("the batch is open", "批次未结清") };
    let (mut wait, mut wait_zh) = (String::new(), String::new());
    if *queued > 0 {
        wait = format!("{queued} wait for the next month, ");
        wait_zh = format!("待下期入账 {queued} 笔，");
    }
    text + &format!(
        "{settled} settled, {wait}{known} known before, {pending} undecided; {open}\n\
         新结清 {settled} 笔，{wait_zh}此前已知 {known} 笔，银行未定 {pending} 笔；{open_zh}\n"
    )
}

fn as_json(done: &ImportPaymentResultsResponse, batch: &PaymentBatch) -> Value {
    let line = |line: &PaymentLine| {
        json!({
            "claim": line.claim,
            "state": state(line).0,
            "bank_reference": line.bank_reference,
            "failure_reason": line.failure_reason,
        })
    };
    json!({
        "payment_batch": batch.name,
        "settled": done.settled,
        "known": done.known,
        "queued": done.queued,
        "pending": done.pending,
        "complete": done.complete,
        "lines": batch.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop, loudly")]

    use super::*;

    #[test]
    fn a_file_that_is_there_is_replaced_only_where_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batch.xml");
        write(&path, b"first", false).unwrap();
        assert!(vacant(&path, false).unwrap_err().to_string().contains("--overwrite"));
        let refused = write(&path, b"second", false).unwrap_err().to_string();
        assert!(refused.contains("is there already") && refused.contains("已存在"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        vacant(&path, true).unwrap();
        write(&path, b"second", true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written is left");
    }

    #[test]
    fn the_form_of_an_answer_is_said_by_the_end_of_its_name_or_asked_for() {
        assert_eq!(form_of(Path::new("answer.XML")).unwrap(), ResultForm::Pain002);
        assert_eq!(form_of(Path::new("a.b.csv")).unwrap(), ResultForm::Csv);
        assert!(form_of(Path::new("answer")).unwrap_err().to_string().contains("--format"));
    }

    #[test]
    fn a_server_is_reached_at_an_address_and_with_a_token() {
        let reach = |server: &str, token_file: Option<&str>, ca_file: Option<&str>| Reach {
            server: server.into(),
            token_file: token_file.map(Into::into),
            ca_file: ca_file.map(Into::into),
        };
        let said = |reach: Reach| Caller::of(&reach).err().unwrap().to_string();
        let refused = said(reach("talent.example.cn", None, None));
        assert!(refused.contains("expected https://host") && refused.contains("应为"), "{refused}");
        let refused = said(reach("http://localhost:8080", Some("/nowhere/token"), None));
        assert!(refused.contains("--token-file /nowhere/token"), "{refused}");
        let refused = said(reach("http://localhost:8080", None, Some("/nowhere/ca.pem")));
        assert!(refused.contains("--ca-file is for an https:// server"), "{refused}");
        let refused = said(reach("https://talent.example.cn", None, Some("/nowhere/ca.pem")));
        assert!(refused.contains("cannot read --ca-file /nowhere/ca.pem"), "{refused}");
    }

    #[test]
    fn every_line_of_the_batch_is_told_with_what_the_bank_said() {
        let line = |claim: &str, state: LineState, reference: &str, failure: &str| PaymentLine {
            claim: claim.into(),
            state: state.into(),
            bank_reference: reference.into(),
            failure_reason: failure.into(),
            ..Default::default()
        };
        let lines =
            vec![line("claims/a", LineState::Paid, "B-1", ""), line("claims/b", LineState::Failed, "B-2", "account closed")];
        let batch = PaymentBatch { name: "paymentBatches/x".into(), lines, ..Default::default() };
        let done = ImportPaymentResultsResponse { settled: 2, complete: true, ..Default::default() };
        let text = as_text(&done, &batch);
        let expected = "claims/a  paid  已付  B-1\nclaims/b  failed  失败  B-2  account closed\n2 settled, 0 known before, 0 undecided; the batch is settled\n";
        assert!(text.starts_with(expected) && text.contains("批次已结清"), "{text}");
        assert_eq!(as_json(&done, &batch)["lines"][1]["failure_reason"], "account closed");
        let text = as_text(&ImportPaymentResultsResponse { queued: 2, ..Default::default() }, &batch);
        assert!(text.contains("0 settled, 2 wait for the next month, 0 known") && text.contains("待下期入账 2 笔"), "{text}");
    }
}
