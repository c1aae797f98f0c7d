//! Results as ISO 20022 pain.002.001.10 (`CustomerPaymentStatusReportV10`). A document type is refused, and so is
//! any entity but the five of XML: nothing is ever expanded or fetched.

use super::results::{Answers, Entry, Outcome, Results, kept, malformed, quoted};
use crate::domain::PaymentRefusal;
use quick_xml::NsReader;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::{Namespace, ResolveResult};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10";

/// A status with the reasons given for it, of the whole message, of a block or of one payment.
#[derive(Default)]
struct Status {
    code: String,
    reason: String,
    information: String,
}

#[derive(Default)]
struct Transaction {
    end_to_end_id: String,
    account_servicer: String,
    clearing_system: String,
    status: Status,
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    original: String,
    group: Status,
    block: Status,
    current: Transaction,
    seen: usize,
    results: Results,
}

pub fn read(text: &str) -> Result<Results, PaymentRefusal> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut reading = Reading::default();
    let mut path: Vec<String> = Vec::new();
    let mut content = String::new();
    let mut document = false;
    loop {
        let before = reader.buffer_position();
        let at = || line_at(text, before);
        let (namespace, event) = reader.read_resolved_event().map_err(|_| not_xml(&at()))?;
        match event {
            Event::Start(start) => {
                let ours = namespace == ResolveResult::Bound(Namespace(NAMESPACE));
                let name = start.local_name().as_ref().to_owned();
                if path.is_empty() {
                    if document || !ours || name != "Document" {
                        return Err(not_ours(&at()));
                    }
                    document = true;
                }
                // What another namespace says inside is not for us; no path of ours leads through it.
                path.push(if ours { name } else { String::new() });
                content.clear();
                reading.open(&path);
            }
            Event::End(_) => {
                reading.close(&path, content.trim())?;
                content.clear();
                path.pop();
            }
            Event::Text(part) => content.push_str(&part.xml10_content()),
            Event::CData(part) => content.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) => content.push(character(&entity, &at())?),
            Event::DocType(_) => return Err(PaymentRefusal::FileUnsafe { at: at(), what: "a document type (DOCTYPE)" }),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {}
            Event::Eof if path.is_empty() && document => return reading.finish(),
            Event::Eof => return Err(not_xml(&at())),
        }
    }
}

/// The line of an offset: what a person can go to.
fn line_at(text: &str, offset: u64) -> String {
    let before = usize::try_from(offset).ok().and_then(|offset| text.as_bytes().get(..offset)).unwrap_or(text.as_bytes());
    format!("line[{}]", before.split(|byte| *byte == b'\n').count())
}

fn not_xml(at: &str) -> PaymentRefusal {
    malformed(at, "the file is not well-formed XML from here on", "自此处起不是格式良好的 XML")
}

fn not_ours(at: &str) -> PaymentRefusal {
    malformed(at, format!("expected one Document in the namespace {NAMESPACE}"), format!("应为命名空间 {NAMESPACE} 的 Document"))
}

fn character(entity: &BytesRef<'_>, at: &str) -> Result<char, PaymentRefusal> {
    let refused = || PaymentRefusal::FileUnsafe { at: at.to_owned(), what: "an entity of its own" };
    if entity.is_char_ref() {
        return entity.resolve_char_ref().ok().flatten().ok_or_else(refused);
    }
    match entity.xml10_content().as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(refused()),
    }
}

impl Reading {
    fn open(&mut self, path: &[String]) {
        if path.len() == 4 && path[3] == "TxInfAndSts" {
            self.seen += 1;
            self.current = Transaction::default();
        }
    }

    fn close(&mut self, path: &[String], content: &str) -> Result<(), PaymentRefusal> {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["Document", "CstmrPmtStsRpt", rest @ ..] = names.as_slice() else { return Ok(()) };
        match rest {
            ["OrgnlGrpInfAndSts", "OrgnlMsgId"] => content.clone_into(&mut self.original),
            ["OrgnlGrpInfAndSts", "GrpSts"] => content.clone_into(&mut self.group.code),
            ["OrgnlGrpInfAndSts", "StsRsnInf", rest @ ..] => self.group.because(rest, content),
            ["OrgnlPmtInfAndSts", "PmtInfSts"] => content.clone_into(&mut self.block.code),
            ["OrgnlPmtInfAndSts", "StsRsnInf", rest @ ..] => self.block.because(rest, content),
            ["OrgnlPmtInfAndSts", "TxInfAndSts"] => return self.transaction(),
            ["OrgnlPmtInfAndSts", "TxInfAndSts", rest @ ..] => self.current.take(rest, content),
            _ => {}
        }
        Ok(())
    }

    fn transaction(&mut self) -> Result<(), PaymentRefusal> {
        let at = format!("TxInfAndSts[{}]", self.seen);
        let current = std::mem::take(&mut self.current);
        if current.end_to_end_id.is_empty() {
            return Err(malformed(&format!("{at}.OrgnlEndToEndId"), "the end-to-end id is missing", "缺少 OrgnlEndToEndId"));
        }
        let outcome = current.status.outcome(&format!("{at}.TxSts"))?;
        let account_servicer = kept(&format!("{at}.AcctSvcrRef"), &current.account_servicer, 100)?;
        let bank_reference = match account_servicer {
            Some(reference) => Some(reference),
            None => kept(&format!("{at}.ClrSysRef"), &current.clearing_system, 100)?,
        };
        self.results.entries.push(Entry { at, end_to_end_id: quoted(&current.end_to_end_id), outcome, bank_reference });
        Ok(())
    }

    /// The status of the message or of its block counts where the bank says nothing of single payments, as when it
    /// refuses a file as a whole.
    fn finish(mut self) -> Result<Results, PaymentRefusal> {
        if self.original.is_empty() {
            return Err(malformed("OrgnlGrpInfAndSts.OrgnlMsgId", "the message it answers is not named", "缺少 OrgnlMsgId"));
        }
        let at = "OrgnlGrpInfAndSts.OrgnlMsgId".to_owned();
        self.results.answers = Some(Answers { at, message_id: quoted(&self.original) });
        if self.results.entries.is_empty() {
            let (status, at) = if self.block.code.is_empty() {
                (&self.group, "OrgnlGrpInfAndSts.GrpSts")
            } else {
                (&self.block, "OrgnlPmtInfAndSts.PmtInfSts")
            };
            self.results.whole = Some(status.outcome(at)?);
        }
        Ok(self.results)
    }
}

impl Transaction {
    fn take(&mut self, path: &[&str], content: &str) {
        match path {
            ["OrgnlEndToEndId"] => content.clone_into(&mut self.end_to_end_id),
            ["TxSts"] => content.clone_into(&mut self.status.code),
            ["AcctSvcrRef"] => content.clone_into(&mut self.account_servicer),
            ["ClrSysRef"] => content.clone_into(&mut self.clearing_system),
            ["StsRsnInf", rest @ ..] => self.status.because(rest, content),
            _ => {}
        }
    }
}

impl Status {
    fn because(&mut self, path: &[&str], content: &str) {
        match path {
            ["Rsn", "Cd" | "Prtry"] => content.clone_into(&mut self.reason),
            ["AddtlInf"] => {
                let gap = if self.information.is_empty() { "" } else { " " };
                self.information = format!("{}{gap}{content}", self.information);
            }
            _ => {}
        }
    }

    /// The codes are those of `ExternalPaymentTransactionStatus1Code` and its like for groups.
    fn outcome(&self, at: &str) -> Result<Outcome, PaymentRefusal> {
        match self.code.as_str() {
            "ACSC" | "ACCC" => Ok(Outcome::Paid),
            "RJCT" | "CANC" => {
                let code = if self.reason.is_empty() { self.code.as_str() } else { self.reason.as_str() };
                let gap = if self.information.is_empty() { "" } else { ": " };
                let reason: String = format!("{code}{gap}{}", self.information).chars().take(500).collect();
                Ok(Outcome::Failed(kept(at, &reason, 500)?.unwrap_or_default()))
            }
            "PDNG" | "RCVD" | "ACTC" | "ACCP" | "ACSP" | "ACWC" | "ACFC" | "ACWP" | "PATC" | "PART" => Ok(Outcome::Pending),
            "" => Err(malformed(at, "the status is missing", "缺少状态")),
            other => {
                let other = quoted(other);
                let en = format!("`{other}` is no status this release knows: expected ACSC, ACCC, RJCT or PDNG");
                Err(malformed(at, en, format!("状态“{other}”未知，应为 ACSC、ACCC、RJCT 或 PDNG")))
            }
        }
    }
}
