//! Values as SQL writes them.

/// What stands between the quotes; bytes and UUIDs as hexadecimal digits.
pub fn plain(literal: &str) -> String {
    let Some((prefix, rest)) = literal.split_once('\'') else {
        return literal.to_owned();
    };
    let inner = rest.strip_suffix('\'').unwrap_or(rest);
    let inner = inner.trim_start_matches("\\\\x");
    let is_uuid = inner.len() == 36 && inner.bytes().filter(|byte| *byte == b'-').count() == 4;
    match prefix {
        "X" | "x" => inner.to_lowercase(),
        _ if is_uuid => inner.replace('-', ""),
        _ => inner.to_owned(),
    }
}

pub fn uuid(hex: &str) -> String {
    if hex.len() != 32 || !hex.is_ascii() {
        return hex.to_owned();
    }
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

/// Bytes as a list.
pub fn debug(hex: &str) -> String {
    let bytes: Vec<&str> = hex
        .as_bytes()
        .chunks(2)
        .filter_map(|two| std::str::from_utf8(two).ok())
        .collect();
    format!("[{}]", bytes.join(", "))
}
