//! What lint cannot see of the contract: event types and their subjects, HTTP rules, pages, comments.

#![expect(clippy::unwrap_used, reason = "a test may fall over, and so may what it calls")]

use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, Kind, MessageDescriptor, Value};
use proto::Event;
use std::collections::{BTreeMap, BTreeSet};

fn pool() -> &'static DescriptorPool {
    proto::pool()
}

fn extension(options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = pool().get_extension_by_name(name).unwrap();
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}

/// Every message with an event type, as often as it is there: `proto::events()` is a map and would hide a double.
fn typed_messages() -> Vec<(String, MessageDescriptor)> {
    let kind = |message: &MessageDescriptor| extension(&message.options(), "talentflow.options.v1.event");
    pool().all_messages().filter_map(|message| Some((kind(&message)?.as_str()?.to_owned(), message))).collect()
}

/// The HTTP rule of a method: verb, path and body.
fn rule(method: &proto::Method) -> (String, String, String) {
    let rule = extension(&method.descriptor.options(), "google.api.http").unwrap();
    let rule = rule.as_message().unwrap();
    let text =
        |field: &str| rule.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let verb = ["get", "post", "put", "patch", "delete"].into_iter().find(|verb| rule.has_field_by_name(verb)).unwrap();
    (verb.to_owned(), text(verb), text("body"))
}

/// The variables of a path template: `name` of `/training/v1/{name=orders/*}:publish`.
fn variables(path: &str) -> Vec<String> {
    let inside = path.split('{').skip(1).filter_map(|part| part.split_once('}'));
    inside.map(|(variable, _)| variable.split('=').next().unwrap_or_default().to_owned()).collect()
}

fn is_kebab(word: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    word.split('-').all(part)
}

#[test]
fn an_event_type_belongs_to_one_message() {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (kind, message) in typed_messages() {
        owners.entry(kind).or_default().push(message.full_name().to_owned());
    }
    let shared: Vec<_> = owners.iter().filter(|(_, messages)| messages.len() > 1).collect();
    assert!(shared.is_empty(), "types of several messages: {shared:?}");
    assert_eq!(owners.len(), proto::events().len());
}

#[test]
fn the_words_of_an_event_type_are_lower_case_and_fit_a_nats_subject() {
    for (kind, _) in typed_messages() {
        assert!(kind.split('.').all(is_kebab), "{kind}");
    }
}

#[test]
fn the_first_field_of_our_event_is_the_resource_its_type_names() {
    for (kind, message) in typed_messages().into_iter().filter(|(kind, _)| kind.starts_with("talentflow.")) {
        let aggregate = kind.split('.').nth(2).unwrap().replace('-', "_");
        let first = message.get_field(1).unwrap_or_else(|| panic!("{kind} has no field 1"));
        assert_eq!((first.name(), first.kind()), (aggregate.as_str(), Kind::String), "{kind}");
    }
}

#[test]
fn every_message_of_an_events_file_has_an_event_type() {
    for file in pool().files().filter(|file| file.name().starts_with("talentflow/") && file.name().ends_with("/events.proto")) {
        for message in file.messages() {
            assert!(extension(&message.options(), "talentflow.options.v1.event").is_some(), "{}", message.full_name());
        }
    }
}

#[test]
fn the_type_of_a_generated_event_is_the_one_its_descriptor_carries() {
    fn agrees<E: Event>() {
        let message = proto::event_message(E::TYPE).unwrap_or_else(|| panic!("nothing carries {}", E::TYPE));
        assert_eq!(message.full_name(), E::full_name());
    }
    agrees::<proto::directory::v1::EmploymentStarted>();
    agrees::<proto::rotation::v1::RotationCompleted>();
    agrees::<proto::training::v1::EnrolmentGraduated>();
    agrees::<proto::mentoring::v1::GuidanceRecorded>();
    agrees::<proto::subsidy::v1::ClaimClawedBack>();
    agrees::<proto::hr::v1::EmployeeHired>();
}

#[test]
fn what_the_chain_of_evidence_needs_is_published() {
    let needed = [
        "hr.employee.hired.v1",
        "hr.employee.left.v1",
        "talentflow.directory.person.employment-started.v1",
        "talentflow.directory.person.employment-ended.v1",
        "talentflow.rotation.rotation.completed.v1",
        "talentflow.training.order.published.v1",
        "talentflow.training.class.agreed.v1",
        "talentflow.training.enrolment.created.v1",
        "talentflow.training.enrolment.placed.v1",
        "talentflow.training.enrolment.graduated.v1",
        "talentflow.mentoring.mentor.closed.v1",
        "talentflow.mentoring.pairing.created.v1",
        "talentflow.mentoring.pairing.guidance-recorded.v1",
        "talentflow.subsidy.claim.paid.v1",
        "talentflow.subsidy.claim.clawed-back.v1",
    ];
    let missing: Vec<_> = needed.iter().filter(|kind| proto::event_message(kind).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn an_http_rule_speaks_of_fields_the_request_has() {
    for (name, method) in proto::methods() {
        let (_, path, body) = rule(method);
        let request = method.descriptor.input();
        for variable in variables(&path) {
            let field = request.get_field_by_name(&variable);
            assert!(field.is_some_and(|field| field.kind() == Kind::String), "{name}: {{{variable}}} of {path}");
        }
        assert!(body.is_empty() || body == "*" || request.get_field_by_name(&body).is_some(), "{name}: body {body}");
    }
}

#[test]
fn rest_reads_by_get_writes_by_post_and_stays_under_its_service() {
    for (name, method) in proto::methods() {
        let (verb, path, body) = rule(method);
        let service = name.split('.').nth(1).unwrap();
        assert!(path.starts_with(&format!("/{service}/v1/")), "{name}: {path}");
        let expected = if method.is_command { "post" } else { "get" };
        assert_eq!((verb.as_str(), body.is_empty()), (expected, !method.is_command), "{name}");
    }
}

#[test]
fn no_two_methods_share_an_address() {
    let mut taken = BTreeMap::new();
    for (name, method) in proto::methods() {
        let (verb, path, _) = rule(method);
        let other = taken.insert((verb, path.clone()), name);
        assert!(other.is_none(), "{path} is both {name} and {other:?}");
    }
}

#[test]
fn every_list_is_read_by_pages() {
    for (name, method) in proto::methods().iter().filter(|(_, method)| method.descriptor.name().starts_with("List")) {
        let (request, response) = (method.descriptor.input(), method.descriptor.output());
        let has = |message: &MessageDescriptor, field: &str, kind: &Kind| {
            message.get_field_by_name(field).is_some_and(|f| f.kind() == *kind)
        };
        assert!(has(&request, "page_size", &Kind::Int32), "{name}");
        assert!(has(&request, "page_token", &Kind::String), "{name}");
        assert!(has(&response, "next_page_token", &Kind::String), "{name}");
    }
}

#[test]
fn an_approval_says_what_was_approved() {
    let approve = pool().get_message_by_name("talentflow.subsidy.v1.ApproveClaimRequest").unwrap();
    let hash = approve.get_field_by_name("content_hash").unwrap();
    let behavior = extension(&hash.options(), "google.api.field_behavior").unwrap();
    // REQUIRED is 2 in google.api.FieldBehavior.
    assert_eq!(behavior.as_list().unwrap(), [Value::EnumNumber(2)]);
}

#[test]
fn every_service_enum_and_value_is_explained() {
    let mut silent = Vec::new();
    for file in pool().files().filter(|file| file.package_name().starts_with("talentflow.")) {
        let info = file.file_descriptor_proto().source_code_info.clone().unwrap_or_default();
        let commented =
            info.location.into_iter().filter(|place| place.leading_comments.as_ref().is_some_and(|text| !text.trim().is_empty()));
        let explained: BTreeSet<Vec<i32>> = commented.map(|place| place.path).collect();
        let parts = |found: EnumDescriptor| {
            let values: Vec<_> = found.values().map(|value| (value.full_name().to_owned(), value.path().to_vec())).collect();
            std::iter::once((found.full_name().to_owned(), found.path().to_vec())).chain(values).collect::<Vec<_>>()
        };
        let services = file.services().map(|service| (service.full_name().to_owned(), service.path().to_vec()));
        let named = file.enums().flat_map(parts).chain(services);
        silent.extend(named.filter(|(_, path)| !explained.contains(path)).map(|(name, _)| name));
    }
    assert!(silent.is_empty(), "no comment: {silent:?}");
}
