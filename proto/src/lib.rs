//! The contract: the API of every service, the events they exchange, and the descriptors of both.
//!
//! What the contract says about itself is read from the descriptors, by everybody in the same way: which
//! roles a method admits, whether it is a command, which message an event type carries.

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[expect(
    clippy::all,
    clippy::pedantic,
    clippy::missing_errors_doc,
    rustdoc::all,
    reason = "generated code follows the generator's taste"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/contract.rs"));
}

pub use generated::google;
pub use generated::talentflow::{common, directory, hr, mentoring, options, rotation, subsidy, training};

/// An event message: it knows the `CloudEvents` type it travels under.
pub trait Event: prost::Message + prost::Name + Default {
    /// Such as `talentflow.training.order.published.v1`.
    const TYPE: &'static str;
}

include!(concat!(env!("OUT_DIR"), "/event_types.rs"));

/// The descriptors of the whole contract with its imports, comments and options, as a `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The services of the contract, in the order their facts flow: short name and full name.
pub const SERVICES: [(&str, &str); 5] = [
    ("directory", "talentflow.directory.v1.DirectoryService"),
    ("rotation", "talentflow.rotation.v1.RotationService"),
    ("training", "talentflow.training.v1.TrainingService"),
    ("mentoring", "talentflow.mentoring.v1.MentoringService"),
    ("subsidy", "talentflow.subsidy.v1.SubsidyService"),
];

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "our own build wrote these bytes")]
    DescriptorPool::decode(DESCRIPTORS).expect("the descriptors of the build decode")
});

/// The descriptors, decoded.
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

/// What the contract says about one method.
#[derive(Debug)]
pub struct Method {
    pub descriptor: MethodDescriptor,
    pub roles: Vec<String>,
    pub is_command: bool,
}

static METHODS: LazyLock<BTreeMap<String, Method>> = LazyLock::new(|| {
    let services = pool().services().filter(|service| service.full_name().starts_with("talentflow."));
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    methods
        .map(|descriptor| {
            let path = format!("{}/{}", descriptor.parent_service().full_name(), descriptor.name());
            let options = descriptor.options();
            let is_command = option(&options, "talentflow.options.v1.command").is_some_and(|value| value.as_bool() == Some(true));
            let roles = option(&options, "talentflow.options.v1.allow").map(|allow| roles_of(&allow)).unwrap_or_default();
            (path, Method { descriptor, roles, is_command })
        })
        .collect()
});

fn option(options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = pool().get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}

fn roles_of(allow: &Value) -> Vec<String> {
    let roles = allow.as_message().and_then(|message| message.get_field_by_name("roles").map(std::borrow::Cow::into_owned));
    let list = roles.as_ref().and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(|role| role.as_str().map(str::to_owned)).collect()
}

/// Every method, by its path (`talentflow.training.v1.TrainingService/PublishOrder`).
pub fn methods() -> &'static BTreeMap<String, Method> {
    &METHODS
}

/// The roles a method admits; none for a path that is not a method of the contract.
pub fn roles(path: &str) -> &'static [String] {
    METHODS.get(path).map_or(&[], |method| &method.roles)
}

static EVENTS: LazyLock<BTreeMap<String, MessageDescriptor>> = LazyLock::new(|| {
    let kind = |message: &MessageDescriptor| {
        option(&message.options(), "talentflow.options.v1.event").and_then(|value| value.as_str().map(str::to_owned))
    };
    pool().all_messages().filter_map(|message| kind(&message).map(|kind| (kind, message))).collect()
});

/// Every event message, by its type.
pub fn events() -> &'static BTreeMap<String, MessageDescriptor> {
    &EVENTS
}

/// The message an event type carries.
pub fn event_message(kind: &str) -> Option<MessageDescriptor> {
    EVENTS.get(kind).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [&str; 8] = ["bureau", "school", "enterprise", "mentor", "student", "finance", "auditor", "service"];

    #[test]
    fn every_method_says_who_may_call_it_and_where_rest_finds_it() {
        assert!(methods().len() > 40);
        for (path, method) in methods() {
            assert!(!method.roles.is_empty(), "{path} admits nobody");
            assert!(method.roles.iter().all(|role| ROLES.contains(&role.as_str())), "{path}: {:?}", method.roles);
            assert!(option(&method.descriptor.options(), "google.api.http").is_some(), "{path} has no HTTP rule");
        }
    }

    #[test]
    fn what_reads_is_no_command_and_what_writes_is_one() {
        for (path, method) in methods() {
            let name = method.descriptor.name();
            let reads = ["Get", "List", "Explain", "Report", "CheckScheme", "Simulate"].iter().any(|verb| name.starts_with(verb));
            assert_eq!(method.is_command, !reads, "{path}");
        }
    }

    #[test]
    fn every_event_type_names_its_service_and_aggregate() {
        assert!(events().len() > 30);
        for (kind, message) in events() {
            let parts: Vec<&str> = kind.split('.').collect();
            let well_formed = match parts.as_slice() {
                ["talentflow", service, _, _, "v1"] => message.full_name().starts_with(&format!("talentflow.{service}.v1.")),
                ["hr", "employee", _, "v1"] => true,
                _ => false,
            };
            assert!(well_formed, "{kind} on {}", message.full_name());
        }
    }

    #[test]
    fn our_events_carry_no_personal_data() {
        let personal = ["display_name", "birth_date", "phone", "identity"];
        for (kind, message) in events() {
            for field in message.fields() {
                assert!(!personal.iter().any(|word| field.name().contains(word)), "{kind} carries {}", field.name());
            }
        }
    }

    #[test]
    fn every_message_field_and_method_is_explained() {
        let mut silent = Vec::new();
        for file in pool().files().filter(|file| file.package_name().starts_with("talentflow.")) {
            let info = file.file_descriptor_proto().source_code_info.clone().unwrap_or_default();
            let explained: std::collections::BTreeSet<Vec<i32>> = info
                .location
                .into_iter()
                .filter(|location| location.leading_comments.as_ref().is_some_and(|text| !text.trim().is_empty()))
                .map(|location| location.path)
                .collect();
            for message in file.messages() {
                let paths = std::iter::once(message.path().to_vec()).chain(message.fields().map(|field| field.path().to_vec()));
                let is_entry = message.is_map_entry();
                silent.extend(
                    paths.filter(|path| !is_entry && !explained.contains(path)).map(|path| (file.name().to_owned(), path)),
                );
            }
            for service in file.services() {
                let paths = service.methods().map(|method| method.path().to_vec());
                silent.extend(paths.filter(|path| !explained.contains(path)).map(|path| (file.name().to_owned(), path)));
            }
        }
        assert!(silent.is_empty(), "no comment: {silent:?}");
    }
}
