//! The file of a payment batch as ISO 20022 pain.001.001.09 (`CustomerCreditTransferInitiationV09`). The order of
//! the elements is the schema's.

use super::table::yuan;
use crate::domain::{BankDetails, Order, PaymentFile};
use kit::clock::local_date;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

type Xml = Writer<Vec<u8>>;

pub fn write(file: &PaymentFile) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("Document").with_attribute(("xmlns", NAMESPACE)).write_inner_content(|xml| {
        within(xml, "CstmrCdtTrfInitn", |xml| {
            within(xml, "GrpHdr", |xml| group_header(xml, file))?;
            within(xml, "PmtInf", |xml| payment_information(xml, file))
        })
    })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn within(xml: &mut Xml, name: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
    xml.create_element(name).write_inner_content(content).map(|_| ())
}

fn text(xml: &mut Xml, name: &str, value: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(value)).map(|_| ())
}

fn group_header(xml: &mut Xml, file: &PaymentFile) -> io::Result<()> {
    text(xml, "MsgId", &file.message_id)?;
    text(xml, "CreDtTm", &file.created.format("%Y-%m-%dT%H:%M:%SZ").to_string())?;
    sums(xml, file)?;
    within(xml, "InitgPty", |xml| text(xml, "Nm", &file.payer.holder))
}

fn sums(xml: &mut Xml, file: &PaymentFile) -> io::Result<()> {
    text(xml, "NbOfTxs", &file.orders.len().to_string())?;
    text(xml, "CtrlSum", &yuan(file.total()))
}

fn payment_information(xml: &mut Xml, file: &PaymentFile) -> io::Result<()> {
    // One block a message: the message's number serves for both.
    text(xml, "PmtInfId", &file.message_id)?;
    text(xml, "PmtMtd", "TRF")?;
    sums(xml, file)?;
    within(xml, "ReqdExctnDt", |xml| text(xml, "Dt", &local_date(file.created).to_string()))?;
    within(xml, "Dbtr", |xml| text(xml, "Nm", &file.payer.holder))?;
    within(xml, "DbtrAcct", |xml| {
        account_id(xml, &file.payer)?;
        text(xml, "Ccy", "CNY")
    })?;
    within(xml, "DbtrAgt", |xml| agent(xml, &file.payer))?;
    for order in &file.orders {
        within(xml, "CdtTrfTxInf", |xml| transfer(xml, order))?;
    }
    Ok(())
}

fn transfer(xml: &mut Xml, order: &Order) -> io::Result<()> {
    within(xml, "PmtId", |xml| text(xml, "EndToEndId", &order.end_to_end_id))?;
    within(xml, "Amt", |xml| {
        let amount = yuan(order.amount);
        xml.create_element("InstdAmt").with_attribute(("Ccy", "CNY")).write_text_content(BytesText::new(&amount)).map(|_| ())
    })?;
    within(xml, "CdtrAgt", |xml| agent(xml, &order.payee))?;
    within(xml, "Cdtr", |xml| text(xml, "Nm", &order.payee.holder))?;
    within(xml, "CdtrAcct", |xml| account_id(xml, &order.payee))?;
    within(xml, "RmtInf", |xml| text(xml, "Ustrd", &order.purpose))
}

fn account_id(xml: &mut Xml, of: &BankDetails) -> io::Result<()> {
    within(xml, "Id", |xml| within(xml, "Othr", |xml| text(xml, "Id", of.number.whole())))
}

/// A bank by its CNAPS code.
fn agent(xml: &mut Xml, of: &BankDetails) -> io::Result<()> {
    within(xml, "FinInstnId", |xml| {
        within(xml, "ClrSysMmbId", |xml| {
            within(xml, "ClrSysId", |xml| text(xml, "Cd", "CNAPS"))?;
            text(xml, "MmbId", of.bank_code.as_str())
        })?;
        text(xml, "Nm", &of.bank_name)
    })
}
