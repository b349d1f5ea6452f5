//! Kubernetes sets variables in every container of a namespace for each of its services, called
//! "service links". Those of a service named `ats-pat`, or `ats-pat-…`, have the same prefix as
//! this service's settings.

use std::net::IpAddr;

const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// Whether `name` and `value` have the form of a service link: `…_SERVICE_HOST`, `…_SERVICE_PORT`,
/// `…_SERVICE_PORT_NAME`, `…_PORT`, `…_PORT_80_TCP`, and the latter with `_PROTO`, `_PORT` or
/// `_ADDR`. The value is checked too, so that a setting with a wrong name is still found.
pub(super) fn is_service_link(name: &str, value: &str) -> bool {
    if name.ends_with("_SERVICE_HOST") {
        return is_address(value);
    }
    if name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return is_port(value);
    }
    if let Some(link) = port_link(name) {
        return match link {
            "" => is_place(value),
            "_PROTO" => PROTOCOLS.contains(&value),
            "_PORT" => is_port(value),
            "_ADDR" => is_address(value),
            _ => false,
        };
    }
    name.ends_with("_PORT") && is_place(value)
}

/// The part after `…_PORT_80_TCP`.
fn port_link(name: &str) -> Option<&str> {
    name.match_indices("_PORT_").find_map(|(start, marker)| {
        let (port, rest) = name[start + marker.len()..].split_once('_')?;
        let protocol = PROTOCOLS
            .iter()
            .find(|protocol| starts_with_upper(rest, protocol))?;
        is_port(port).then(|| &rest[protocol.len()..])
    })
}

fn starts_with_upper(text: &str, word: &str) -> bool {
    text.starts_with(&word.to_ascii_uppercase())
}

/// Whether a value is a URL such as `tcp://10.96.0.7:80`.
fn is_place(value: &str) -> bool {
    value.split_once("://").is_some_and(|(protocol, place)| {
        PROTOCOLS.contains(&protocol)
            && place
                .rsplit_once(':')
                .is_some_and(|(host, port)| is_address(host) && is_port(port))
    })
}

fn is_address(value: &str) -> bool {
    value.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

fn is_port(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u16>().is_ok()
}
