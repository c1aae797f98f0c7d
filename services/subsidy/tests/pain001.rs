//! The shape of the message for the bank against the rules of pain.001.001.09 that it is subject to: order and number
//! of elements, lengths, characters, sums. The published schema itself is held against a message by the foreign client
//! in `tests/python`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop, loudly")]

use chrono::{DateTime, Utc};
use kit::Money;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeSet;
use subsidy::domain::{AccountNumber, BankCode, BankDetails, FileFormat, Order, PaymentFile};
use subsidy::files::write_payments;

#[derive(Debug, Clone, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn at(&self, path: &str) -> &Element {
        let step = |of: &'_ Element, name: &str| of.children.iter().position(|child| child.name == name);
        path.split('/').fold(self, |of, name| &of.children[step(of, name).unwrap_or_else(|| panic!("no {name} of {path}"))])
    }
}

fn parse(xml: &str) -> Element {
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let attribute =
                    |one: quick_xml::events::attributes::Attribute<'_>| (one.key.as_ref().to_owned(), one.value.to_string());
                let attributes = start.attributes().map(|one| attribute(one.unwrap())).collect();
                open.push(Element { name: start.name().as_ref().to_owned(), attributes, ..Element::default() });
            }
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(&text.xml10_content()),
            Event::GeneralRef(entity) => open.last_mut().unwrap().text.push(match entity.xml10_content().as_ref() {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                other => panic!("&{other};"),
            }),
            Event::Decl(_) => {}
            Event::Eof => return open.remove(0).children.remove(0),
            other => panic!("{other:?} has no business here"),
        }
    }
}

/// A child, with how many there may be at least and at most.
type Child = (&'static str, usize, usize);

/// Of each element that has children: its children in the schema's order.
const RULES: &[(&str, &[Child])] = &[
    ("Document", &[("CstmrCdtTrfInitn", 1, 1)]),
    ("CstmrCdtTrfInitn", &[("GrpHdr", 1, 1), ("PmtInf", 1, usize::MAX), ("SplmtryData", 0, usize::MAX)]),
    (
        "GrpHdr",
        &[
            ("MsgId", 1, 1),
            ("CreDtTm", 1, 1),
            ("Authstn", 0, 2),
            ("NbOfTxs", 1, 1),
            ("CtrlSum", 0, 1),
            ("InitgPty", 1, 1),
            ("FwdgAgt", 0, 1),
        ],
    ),
    (
        "PmtInf",
        &[
            ("PmtInfId", 1, 1),
            ("PmtMtd", 1, 1),
            ("BtchBookg", 0, 1),
            ("NbOfTxs", 0, 1),
            ("CtrlSum", 0, 1),
            ("PmtTpInf", 0, 1),
            ("ReqdExctnDt", 1, 1),
            ("PoolgAdjstmntDt", 0, 1),
            ("Dbtr", 1, 1),
            ("DbtrAcct", 1, 1),
            ("DbtrAgt", 1, 1),
            ("DbtrAgtAcct", 0, 1),
            ("InstrForDbtrAgt", 0, 1),
            ("UltmtDbtr", 0, 1),
            ("ChrgBr", 0, 1),
            ("ChrgsAcct", 0, 1),
            ("ChrgsAcctAgt", 0, 1),
            ("CdtTrfTxInf", 1, usize::MAX),
        ],
    ),
    (
        "CdtTrfTxInf",
        &[
            ("PmtId", 1, 1),
            ("PmtTpInf", 0, 1),
            ("Amt", 1, 1),
            ("XchgRateInf", 0, 1),
            ("ChrgBr", 0, 1),
            ("CdtrAgt", 0, 1),
            ("CdtrAgtAcct", 0, 1),
            ("Cdtr", 0, 1),
            ("CdtrAcct", 0, 1),
            ("UltmtCdtr", 0, 1),
            ("Purp", 0, 1),
            ("RmtInf", 0, 1),
        ],
    ),
    ("PmtId", &[("InstrId", 0, 1), ("EndToEndId", 1, 1), ("UETR", 0, 1)]),
    ("Amt", &[("InstdAmt", 1, 1)]),
    ("ReqdExctnDt", &[("Dt", 1, 1)]),
    ("InitgPty", &[("Nm", 0, 1)]),
    ("Dbtr", &[("Nm", 0, 1)]),
    ("Cdtr", &[("Nm", 0, 1)]),
    ("DbtrAcct", &[("Id", 1, 1), ("Tp", 0, 1), ("Ccy", 0, 1), ("Nm", 0, 1)]),
    ("CdtrAcct", &[("Id", 1, 1), ("Tp", 0, 1), ("Ccy", 0, 1), ("Nm", 0, 1)]),
    ("Id", &[("Othr", 1, 1)]),
    ("Othr", &[("Id", 1, 1), ("SchmeNm", 0, 1), ("Issr", 0, 1)]),
    ("DbtrAgt", &[("FinInstnId", 1, 1), ("BrnchId", 0, 1)]),
    ("CdtrAgt", &[("FinInstnId", 1, 1), ("BrnchId", 0, 1)]),
    ("FinInstnId", &[("BICFI", 0, 1), ("ClrSysMmbId", 0, 1), ("LEI", 0, 1), ("Nm", 0, 1), ("PstlAdr", 0, 1), ("Othr", 0, 1)]),
    ("ClrSysMmbId", &[("ClrSysId", 0, 1), ("MmbId", 1, 1)]),
    ("ClrSysId", &[("Cd", 1, 1)]),
    ("RmtInf", &[("Ustrd", 0, usize::MAX), ("Strd", 0, usize::MAX)]),
];

/// Of each element that has text: how many characters at most.
const LENGTHS: &[(&str, usize)] = &[
    ("MsgId", 35),
    ("CreDtTm", 25),
    ("NbOfTxs", 15),
    ("CtrlSum", 19),
    ("PmtInfId", 35),
    ("PmtMtd", 3),
    ("Dt", 10),
    ("Nm", 140),
    ("Id", 34),
    ("Ccy", 3),
    ("Cd", 5),
    ("MmbId", 35),
    ("EndToEndId", 35),
    ("InstdAmt", 19),
    ("Ustrd", 140),
];

fn judge(element: &Element) {
    if element.children.is_empty() {
        let most =
            LENGTHS.iter().find(|(name, _)| *name == element.name).unwrap_or_else(|| panic!("{} is no text", element.name)).1;
        let length = element.text.chars().count();
        assert!((1..=most).contains(&length), "{} has {length} characters", element.name);
        assert!(element.text.chars().all(|c| c >= ' '), "{:?}", element.text);
        return;
    }
    assert!(element.text.trim().is_empty(), "text beside the children of {}", element.name);
    let rules = RULES.iter().find(|(name, _)| *name == element.name).unwrap_or_else(|| panic!("{} has children", element.name)).1;
    let place = |name: &str| {
        rules.iter().position(|(known, _, _)| *known == name).unwrap_or_else(|| panic!("{name} in {}", element.name))
    };
    let places: Vec<usize> = element.children.iter().map(|child| place(&child.name)).collect();
    assert!(places.is_sorted(), "the order of {places:?} in {}", element.name);
    for (at, (name, least, most)) in rules.iter().enumerate() {
        let count = places.iter().filter(|place| **place == at).count();
        assert!((*least..=*most).contains(&count), "{count} {name} in {}", element.name);
    }
    element.children.iter().for_each(judge);
}

fn details(holder: &str) -> BankDetails {
    BankDetails {
        holder: holder.to_owned(),
        number: AccountNumber::parse("6222021001123456789").unwrap(),
        bank_code: BankCode::parse("102495000019").unwrap(),
        bank_name: "工商银行 <平顶山> & 分行".to_owned(),
    }
}

fn file(amounts: &[i64], holder: &str) -> PaymentFile {
    let created: DateTime<Utc> = "2026-09-01T17:30:00Z".parse().unwrap();
    let order = |(n, fen): (usize, &i64)| Order {
        end_to_end_id: format!("{n:032x}-1"),
        amount: Money::fen(*fen),
        payee: details(holder),
        purpose: "补贴拨付 hiring-subsidy".to_owned(),
    };
    let orders = amounts.iter().enumerate().map(order).collect();
    PaymentFile { message_id: "0".repeat(32), created, payer: details("人才专项基金"), orders }
}

fn fen(decimal: &str) -> i64 {
    let (yuan, fen) = decimal.split_once('.').unwrap();
    assert_eq!(fen.len(), 2, "{decimal}");
    yuan.parse::<i64>().unwrap() * 100 + fen.parse::<i64>().unwrap()
}

proptest! {
    #[test]
    fn a_message_keeps_the_schema_s_rules_and_its_sums(
        amounts in prop::collection::vec(1i64..10_000_000_000, 1..20),
        holder in "[^\\p{Cc}\u{FFFE}\u{FFFF}]{1,60}",
    ) {
        // A name of blanks alone is refused where it comes in.
        let holder = if holder.trim().is_empty() { "户名".to_owned() } else { holder };
        let bytes = write_payments(FileFormat::Pain001, &file(&amounts, &holder)).unwrap();
        let document = parse(std::str::from_utf8(&bytes).unwrap());
        prop_assert_eq!(&document.attributes, &[("xmlns".to_owned(), "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09".to_owned())]);
        judge(&document);

        let (header, block) = (document.at("CstmrCdtTrfInitn/GrpHdr"), document.at("CstmrCdtTrfInitn/PmtInf"));
        let transfers: Vec<&Element> = block.children.iter().filter(|child| child.name == "CdtTrfTxInf").collect();
        for sums in [header, block] {
            prop_assert_eq!(sums.at("NbOfTxs").text.parse::<usize>().unwrap(), amounts.len());
            prop_assert_eq!(fen(&sums.at("CtrlSum").text), amounts.iter().sum::<i64>());
        }
        prop_assert_eq!(transfers.iter().map(|one| fen(&one.at("Amt/InstdAmt").text)).collect::<Vec<_>>(), amounts);
        let ids: BTreeSet<&str> = transfers.iter().map(|one| one.at("PmtId/EndToEndId").text.as_str()).collect();
        prop_assert_eq!(ids.len(), transfers.len());
        for transfer in transfers {
            prop_assert_eq!(&transfer.at("Amt/InstdAmt").attributes, &[("Ccy".to_owned(), "CNY".to_owned())]);
            prop_assert_eq!(&transfer.at("Cdtr/Nm").text, &holder);
            prop_assert_eq!(&transfer.at("CdtrAcct/Id/Othr/Id").text, "6222021001123456789");
            prop_assert_eq!(&transfer.at("CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd").text, "CNAPS");
            prop_assert_eq!(&transfer.at("CdtrAgt/FinInstnId/ClrSysMmbId/MmbId").text, "102495000019");
        }
    }
}

#[test]
fn the_day_of_execution_is_the_local_one_and_the_time_says_its_zone() {
    let bytes = write_payments(FileFormat::Pain001, &file(&[150_000], "户名")).unwrap();
    let document = parse(std::str::from_utf8(&bytes).unwrap());
    assert_eq!(document.at("CstmrCdtTrfInitn/GrpHdr/CreDtTm").text, "2026-09-01T17:30:00Z");
    assert_eq!(document.at("CstmrCdtTrfInitn/PmtInf/ReqdExctnDt/Dt").text, "2026-09-02");
}

#[test]
fn a_name_that_begins_like_a_formula_is_text_in_the_file_for_the_bank() {
    let bytes = write_payments(FileFormat::Csv, &file(&[150_000], "=cmd|' /C calc'!A0")).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(",'=cmd|' /C calc'!A0,6222021001123456789,"), "{text}");
    assert!(text.contains(",1500.00,CNY,"), "{text}");
}
