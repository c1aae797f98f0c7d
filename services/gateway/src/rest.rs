//! REST/JSON for every method at once, by the `google.api.http` annotations of the contract.

use crate::template::{Bound, Pattern};
use crate::{Gateway, problem};
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use kit::event::to_canonical_json;
use kit::serve::MAX_MESSAGE_BYTES;
use kit::{Code, Error};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use serde_json::{Map, Value};
use tonic::Status;

/// Headers a caller's request brings along to the service.
const PASSED_ON: [&str; 4] = ["authorization", "idempotency-key", "traceparent", "tracestate"];

/// One method as REST sees it.
#[derive(Debug)]
pub struct Rule {
    pub method: Method,
    pub pattern: Pattern,
    /// The field the body is, or `*` for the whole request, or nothing.
    pub body: String,
    pub rpc: MethodDescriptor,
}

/// Every rule of the contract.
#[derive(Debug)]
pub struct Table {
    pub rules: Vec<Rule>,
}

impl Table {
    pub fn of_contract() -> Self {
        Self { rules: proto::methods().values().filter_map(|method| rule_of(&method.descriptor)).collect() }
    }

    /// The rule for a request, or which methods its path knows.
    fn find(&self, method: &Method, path: &str) -> Result<(&Rule, Bound), Vec<Method>> {
        let mut others = Vec::new();
        for rule in &self.rules {
            if let Some(bound) = rule.pattern.bind(path) {
                if rule.method == *method {
                    return Ok((rule, bound));
                }
                others.push(rule.method.clone());
            }
        }
        Err(others)
    }
}

fn rule_of(rpc: &MethodDescriptor) -> Option<Rule> {
    let extension = proto::pool().get_extension_by_name("google.api.http")?;
    let options = rpc.options();
    let rule = options.get_extension(&extension);
    let rule = rule.as_message()?;
    let text =
        |field: &str| rule.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let verbs = [
        ("get", Method::GET),
        ("post", Method::POST),
        ("put", Method::PUT),
        ("patch", Method::PATCH),
        ("delete", Method::DELETE),
    ];
    let (path, method) = verbs.into_iter().map(|(field, method)| (text(field), method)).find(|(path, _)| !path.is_empty())?;
    Some(Rule { method, pattern: Pattern::parse(&path)?, body: text("body"), rpc: rpc.clone() })
}

/// Answers a REST request.
pub async fn answer(gateway: &Gateway, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (rule, bound) = match gateway.rest.find(&parts.method, parts.uri.path()) {
        Ok(found) => found,
        Err(others) if others.is_empty() => {
            return problem::of(
                Error::not_found(parts.uri.path())
                    .way_out("see /openapi.json for the paths there are", "可用路径见 /openapi.json"),
            );
        }
        Err(others) => return wrong_method(&parts.method, &others),
    };
    let body = match http_body_util::Limited::new(body, MAX_MESSAGE_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            return problem::of(
                Error::new(
                    Code::Exhausted,
                    "BODY_TOO_LARGE",
                    format!("the body is larger than {MAX_MESSAGE_BYTES} bytes"),
                    "请求体过大",
                )
                .on("body"),
            );
        }
    };
    let message = match assemble(rule, bound, parts.uri.query().unwrap_or_default(), &body) {
        Ok(message) => message,
        Err(error) => return problem::of(error),
    };
    match call(gateway, &rule.rpc, &parts.headers, &message).await {
        Ok(json) => ([(http::header::CONTENT_TYPE, "application/json")], json.to_string()).into_response(),
        Err(status) => problem::response(&status),
    }
}

fn wrong_method(method: &Method, others: &[Method]) -> Response {
    let allowed = others.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let error = Error::invalid(
        "method",
        "METHOD_NOT_ALLOWED",
        format!("this path takes {allowed}, not {method}"),
        format!("此路径支持 {allowed}，不支持 {method}"),
    );
    let mut response = problem::of(error);
    *response.status_mut() = http::StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(http::header::ALLOW, value);
    }
    response
}

/// Puts path, query and body together into one JSON object and reads that as the request message.
fn assemble(rule: &Rule, bound: Vec<(String, String)>, query: &str, body: &[u8]) -> Result<DynamicMessage, Error> {
    let input = rule.rpc.input();
    let mut object = Map::new();
    if !rule.body.is_empty() && !body.is_empty() {
        let json: Value = serde_json::from_slice(body).map_err(|source| malformed("body", &source.to_string()))?;
        match (rule.body.as_str(), json) {
            ("*", Value::Object(fields)) => object = fields,
            ("*", _) => return Err(malformed("body", "a JSON object is expected")),
            (field, json) => {
                object.insert(field.to_owned(), json);
            }
        }
    }
    if rule.body != "*" {
        for (name, value) in form_pairs(query) {
            add_query(&input, &mut object, &name, value)?;
        }
    }
    object.extend(bound.into_iter().map(|(field, value)| (field, Value::String(value))));
    DynamicMessage::deserialize(input, Value::Object(object)).map_err(|source| malformed("body", &source.to_string()))
}

fn malformed(field: &str, why: &str) -> Error {
    Error::invalid(field, "JSON_MALFORMED", format!("the request cannot be read: {why}"), format!("请求无法解析：{why}"))
        .way_out("see /openapi.json for the fields and their forms", "字段及格式见 /openapi.json")
}

/// A parameter may name a field within a message, as `from.year` does.
fn add_query(input: &MessageDescriptor, object: &mut Map<String, Value>, name: &str, value: String) -> Result<(), Error> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let field = input.get_field_by_name(first).or_else(|| input.get_field_by_json_name(first)).ok_or_else(|| {
        let known: Vec<String> = input.fields().map(|field| field.name().to_owned()).collect();
        Error::invalid(
            first,
            "QUERY_UNKNOWN",
            format!("there is no query parameter `{first}`: expected some of {}", known.join(", ")),
            format!("没有查询参数 `{first}`，可用：{}", known.join("、")),
        )
    })?;
    if let (Kind::Message(within), Some(rest), false) = (field.kind(), rest, field.is_list()) {
        let entry = object.entry(field.name().to_owned()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(inner) = entry else { return Err(malformed(name, "this field is given twice")) };
        return add_query(&within, inner, rest, value).map_err(|error| error.within(first));
    }
    let json = scalar(&field, value)?;
    if field.is_list() {
        let list = object.entry(field.name().to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = list {
            items.push(json);
        }
    } else {
        object.insert(field.name().to_owned(), json);
    }
    Ok(())
}

fn scalar(field: &FieldDescriptor, value: String) -> Result<Value, Error> {
    match field.kind() {
        Kind::Bool => {
            value.parse().map(Value::Bool).map_err(|_| malformed(field.name(), &format!("`{value}` is neither true nor false")))
        }
        Kind::Message(_) => {
            let name = field.name();
            Err(malformed(name, &format!("this field has fields of its own: give them one by one, as `{name}.…`")))
        }
        // Numbers may be strings in protobuf's JSON, and enums go by name.
        _ => Ok(Value::String(value)),
    }
}

/// The pairs of a query string, decoded.
fn form_pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let decoded = match byte {
                b'+' => b' ',
                b'%' => {
                    let digits = [rest.next(), rest.next()].map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
                    match digits {
                        [Some(high), Some(low)] => u8::try_from(high * 16 + low).unwrap_or(b'?'),
                        _ => b'?',
                    }
                }
                other => other,
            };
            bytes.push(decoded);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// One unary call over whatever leads to the service.
async fn call(gateway: &Gateway, rpc: &MethodDescriptor, headers: &HeaderMap, message: &DynamicMessage) -> Result<Value, Status> {
    let service = rpc.parent_service();
    let upstream = gateway
        .upstreams
        .get(service.full_name())
        .ok_or_else(|| Status::unimplemented(format!("{} is not served here", service.full_name())))?;
    let mut request = http::Request::post(format!("/{}/{}", service.full_name(), rpc.name()))
        .header(http::header::CONTENT_TYPE, "application/grpc")
        .header(http::header::TE, "trailers");
    for name in PASSED_ON {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    let request = request.body(Body::from(framed(message))).map_err(|error| Status::internal(error.to_string()))?;
    let (head, body) = upstream.call(request).await.into_parts();
    refused(&head.headers)?;
    let body = http_body_util::Limited::new(body, MAX_MESSAGE_BYTES)
        .collect()
        .await
        .map_err(|error| Status::internal(error.to_string()))?;
    if let Some(trailers) = body.trailers() {
        refused(trailers)?;
    }
    let bytes = body.to_bytes();
    let payload = bytes.get(5..).ok_or_else(|| Status::internal("the service answered without a message"))?;
    let answer = DynamicMessage::decode(rpc.output(), payload).map_err(|error| Status::internal(error.to_string()))?;
    Ok(to_canonical_json(&answer)?)
}

/// A message in the frame gRPC puts it in: not compressed, its length, itself.
fn framed(message: &DynamicMessage) -> Bytes {
    let encoded = message.encode_to_vec();
    let mut frame = BytesMut::with_capacity(encoded.len() + 5);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(encoded.len()).unwrap_or(u32::MAX));
    frame.put_slice(&encoded);
    frame.freeze()
}

fn refused(headers: &HeaderMap) -> Result<(), Status> {
    match Status::from_header_map(headers) {
        Some(status) if status.code() != tonic::Code::Ok => Err(status),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_reflect::Value as Reflected;

    #[test]
    fn every_method_of_the_contract_has_a_path_of_its_own() {
        let table = Table::of_contract();
        assert_eq!(table.rules.len(), proto::methods().len());
        let mut seen = std::collections::BTreeSet::new();
        for rule in &table.rules {
            assert!(seen.insert((rule.method.to_string(), rule.pattern.openapi().0)), "{}", rule.rpc.full_name());
        }
    }

    #[test]
    fn path_query_and_body_become_one_request() {
        let table = Table::of_contract();
        let (rule, bound) = table.find(&Method::GET, "/training/v1/orders").unwrap();
        let message = assemble(rule, bound, "page_size=7&state=ORDER_STATE_PUBLISHED&chain=nylon%2D66", b"").unwrap();
        let size = message.get_field_by_name("page_size").unwrap().into_owned();
        assert_eq!(size, Reflected::I32(7));
        assert_eq!(message.get_field_by_name("chain").unwrap().as_str(), Some("nylon-66"));
        let (rule, bound) = table.find(&Method::GET, "/subsidy/v1/schemes:simulate").unwrap();
        let message = assemble(rule, bound, "draft=x&from.year=2026&from.month=9&to.year=2027", b"").unwrap();
        let from = message.get_field_by_name("from").unwrap().into_owned();
        assert_eq!(from.as_message().unwrap().get_field_by_name("month").unwrap().into_owned(), Reflected::I32(9));
        let (rule, bound) = table.find(&Method::POST, "/training/v1/orders/7:publish").unwrap();
        let message = assemble(rule, bound, "", br#"{"etag": "\"1\""}"#).unwrap();
        assert_eq!(message.get_field_by_name("name").unwrap().as_str(), Some("orders/7"));
    }

    #[test]
    fn an_unknown_field_or_parameter_is_refused_by_name() {
        let table = Table::of_contract();
        let (rule, bound) = table.find(&Method::GET, "/training/v1/orders").unwrap();
        assert!(assemble(rule, bound, "colour=red", b"").unwrap_err().message().contains("colour"));
        let (rule, bound) = table.find(&Method::GET, "/subsidy/v1/schemes:simulate").unwrap();
        let refused = assemble(rule, bound, "from.colour=red", b"").unwrap_err();
        assert_eq!((refused.reason(), refused.field()), ("QUERY_UNKNOWN", Some("from.colour")));
        let (rule, bound) = table.find(&Method::GET, "/subsidy/v1/schemes:simulate").unwrap();
        assert!(assemble(rule, bound, "from=2026-09-01", b"").unwrap_err().message().contains("from.…"));
        let (rule, bound) = table.find(&Method::POST, "/training/v1/orders").unwrap();
        assert!(assemble(rule, bound, "", br#"{"colour": 1}"#).unwrap_err().message().contains("colour"));
    }
}
