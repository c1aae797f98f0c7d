//! OpenAPI 3.1 from the same descriptors that route the requests.

use crate::rest::{Rule, Table};
use prost_reflect::{Cardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The whole API as a document.
pub fn document() -> Value {
    let comments = Comments::of(proto::pool());
    let mut schemas = Schemas { comments: &comments, made: BTreeMap::new() };
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for rule in &Table::of_contract().rules {
        let (path, parameters) = rule.pattern.openapi();
        let operation = operation(rule, &parameters, &mut schemas);
        paths.entry(path).or_default().insert(rule.method.as_str().to_lowercase(), operation);
    }
    schemas.made.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "talentflow",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Rotation, order-based training, dual mentors and subsidies of a city. Amounts are in fen, as strings; \
                dates are civil dates in Asia/Shanghai; instants are UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": proto::SERVICES.iter().map(|(short, full)| {
            let text = proto::pool().get_service_by_name(full).map(|service| comments.text(service.parent_file().name(), service.path()));
            json!({"name": short, "description": text.unwrap_or_default()})
        }).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas.made,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    })
}

fn operation(rule: &Rule, path_parameters: &[String], schemas: &mut Schemas<'_>) -> Value {
    let rpc = &rule.rpc;
    let service = rpc.parent_service();
    let key = format!("{}/{}", service.full_name(), rpc.name());
    let contract = proto::methods().get(&key);
    let is_command = contract.is_some_and(|method| method.is_command);
    let roles = contract.map(|method| method.roles.join(", ")).unwrap_or_default();
    let text = schemas.comments.text(rpc.parent_file().name(), rpc.path());
    let mut parameters: Vec<Value> = path_parameters
        .iter()
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}}))
        .collect();
    if is_command {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "Fresh for every command, unchanged when a command is repeated.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        }));
    }
    let input = rpc.input();
    if rule.body != "*" {
        let rest = input
            .fields()
            .filter(|field| field.name() != rule.body && !rule.pattern.variables.iter().any(|name| name == field.name()));
        for field in rest {
            schemas.query(&field, "", &mut parameters);
        }
    }
    let short = proto::SERVICES.iter().find(|(_, full)| *full == service.full_name()).map_or("", |(short, _)| short);
    let mut operation = json!({
        "operationId": rpc.name(),
        "tags": [short],
        "summary": text.split('.').next().unwrap_or_default(),
        "description": format!("{text}\n\nRoles: {roles}."),
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": schemas.message(&rpc.output())}}},
            "default": {"description": "Refused, with the field, the rule and the way out.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
        },
    });
    let body = match rule.body.as_str() {
        "" => None,
        "*" => Some(schemas.message(&input)),
        field => input.get_field_by_name(field).map(|field| schemas.field(&field)),
    };
    if let Some(schema) = body {
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

struct Schemas<'a> {
    comments: &'a Comments,
    made: BTreeMap<String, Value>,
}

impl Schemas<'_> {
    fn message(&mut self, message: &MessageDescriptor) -> Value {
        if message.full_name() == "google.protobuf.Timestamp" {
            return json!({"type": "string", "format": "date-time"});
        }
        let name = short_name(message.full_name());
        if !self.made.contains_key(&name) {
            // Taken first, so that a message that contains itself ends.
            self.made.insert(name.clone(), Value::Null);
            let mut properties = Map::new();
            for field in message.fields() {
                properties.insert(field.json_name().to_owned(), self.described(&field));
            }
            let text = self.comments.text(message.parent_file().name(), message.path());
            self.made.insert(name.clone(), json!({"type": "object", "description": text, "properties": properties}));
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// A field as query parameters: one, or one for each field within it, as `from.year`.
    fn query(&mut self, field: &FieldDescriptor, within: &str, parameters: &mut Vec<Value>) {
        let name = format!("{within}{}", field.name());
        if let (Kind::Message(message), false) = (field.kind(), field.is_list()) {
            for inner in message.fields() {
                self.query(&inner, &format!("{name}."), parameters);
            }
            return;
        }
        let text = self.comments.text(field.parent_message().parent_file().name(), field.path());
        let schema = self.field(field);
        parameters.push(json!({"name": name, "in": "query", "description": text, "schema": schema}));
    }

    fn described(&mut self, field: &FieldDescriptor) -> Value {
        let text = self.comments.text(field.parent_message().parent_file().name(), field.path());
        let mut schema = self.field(field);
        if !text.is_empty() {
            schema["description"] = json!(text);
        }
        schema
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        if field.is_map() {
            return json!({"type": "object", "additionalProperties": {"type": "string"}});
        }
        let one = match field.kind() {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32 => {
                json!({"type": "integer", "format": "int32"})
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
                json!({"type": "string", "format": "int64"})
            }
            Kind::Float | Kind::Double => json!({"type": "number"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "format": "byte"}),
            Kind::Enum(values) => enumeration(&values),
            Kind::Message(message) => self.message(&message),
        };
        if field.cardinality() == Cardinality::Repeated { json!({"type": "array", "items": one}) } else { one }
    }
}

fn enumeration(values: &EnumDescriptor) -> Value {
    json!({"type": "string", "enum": values.values().map(|value| value.name().to_owned()).collect::<Vec<_>>()})
}

/// `talentflow.training.v1.Order` is `training.Order`.
fn short_name(full: &str) -> String {
    full.trim_start_matches("talentflow.").replace(".v1.", ".")
}

fn problem_schema() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "description": "An error (RFC 9457).",
        "required": ["type", "title", "status", "detail", "reason"],
        "properties": {
            "type": text("urn:talentflow:error:REASON"),
            "title": text("The kind of error."),
            "status": {"type": "integer"},
            "detail": text("What is wrong, in English."),
            "detail_zh": text("What is wrong, in Chinese."),
            "reason": text("A stable code."),
            "field": text("The field or resource."),
            "rule": text("The rule that refused."),
            "way_out": text("What to do, in English."),
            "way_out_zh": text("What to do, in Chinese."),
            "violations": {"type": "array", "items": {"type": "object", "properties": {"field": {"type": "string"}, "description": {"type": "string"}}}},
        },
    })
}

/// The comments of the contract, by file and path.
struct Comments(BTreeMap<(String, Vec<i32>), String>);

impl Comments {
    fn of(pool: &DescriptorPool) -> Self {
        let mut texts = BTreeMap::new();
        for file in pool.files() {
            for location in file.file_descriptor_proto().source_code_info.iter().flat_map(|info| &info.location) {
                if let Some(text) = &location.leading_comments {
                    let text = text.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned();
                    texts.insert((file.name().to_owned(), location.path.clone()), text);
                }
            }
        }
        Self(texts)
    }

    fn text(&self, file: &str, path: &[i32]) -> String {
        self.0.get(&(file.to_owned(), path.to_vec())).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for part in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
        let operations: usize = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(operations, proto::methods().len());
    }
}
