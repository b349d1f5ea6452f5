//! A collector of traces: it takes OTLP over HTTP, as an operator's does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use parking_lot::Mutex;
use prost::Message as _;

/// A collector that takes everything, until the test ends.
pub struct Collector {
    /// Its address, without a path.
    pub endpoint: String,
    requests: Arc<Mutex<Vec<Export>>>,
}

/// One request that it got.
#[derive(Clone)]
pub struct Export {
    /// The request line and the headers.
    pub head: String,
    /// The spans, as they were sent.
    pub body: Vec<u8>,
}

/// A span that it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The id of its trace, in hexadecimal digits.
    pub trace: String,
    /// Its id, in hexadecimal digits.
    pub id: String,
    /// The id of the span around it. Empty for the first of a trace.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// 1 is internal, 2 is a server's, 3 is a client's.
    pub kind: i32,
    /// Whether it ended in an error.
    pub failed: bool,
    /// Its attributes, as text.
    pub attributes: Vec<(String, String)>,
    /// The attributes of the process that it is from.
    pub resource: Vec<(String, String)>,
    /// The state of other vendors.
    pub trace_state: String,
    /// How many events and links it has.
    pub events_and_links: usize,
}

impl Span {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        value_of(&self.attributes, name)
    }
}

/// The value of this name.
pub fn value_of<'a>(values: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = values.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

impl Collector {
    /// Starts it on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let all = Arc::clone(&all);
                thread::spawn(move || serve(&stream, &all));
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            requests,
        }
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Export> {
        self.requests.lock().clone()
    }

    /// The spans so far. A server that has ended has sent all of its spans.
    pub fn spans(&self) -> Vec<Span> {
        let requests = self.requests();
        requests.iter().flat_map(spans_of).collect()
    }
}

/// Takes the requests of one connection.
fn serve(stream: &TcpStream, all: &Mutex<Vec<Export>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if !matches!(reader.read_line(&mut head), Ok(1..)) {
                return;
            }
        }
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.expect("the length of the body")];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        all.lock().push(Export { head, body });
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        let mut writer = stream;
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn spans_of(export: &Export) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(&*export.body).expect("OTLP");
    let mut spans = Vec::new();
    for of_process in request.resource_spans {
        let resource = of_process.resource.unwrap_or_default();
        let resource = texts(&resource.attributes);
        for span in of_process.scope_spans.into_iter().flat_map(|it| it.spans) {
            spans.push(Span {
                trace: hexadecimal(&span.trace_id),
                id: hexadecimal(&span.span_id),
                parent: hexadecimal(&span.parent_span_id),
                name: span.name,
                kind: span.kind,
                failed: span.status.is_some_and(|status| status.code == 2),
                attributes: texts(&span.attributes),
                resource: resource.clone(),
                trace_state: span.trace_state,
                events_and_links: span.events.len() + span.links.len(),
            });
        }
    }
    spans
}

fn texts(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let text = |attribute: &KeyValue| {
        let value = attribute.value.clone().and_then(|value| value.value);
        let value = match value {
            Some(Value::StringValue(text)) => text,
            Some(Value::IntValue(number)) => number.to_string(),
            other => format!("{other:?}"),
        };
        (attribute.key.clone(), value)
    };
    attributes.iter().map(text).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}
