//! Places in the status list.

use crate::{
    forge::{LIST, claims},
    lists::{PLACES, REVOKED},
    row::{GOOD, Rows, of},
};

pub fn revocation(rows: &mut Rows) {
    rows.refuses("Revoked", "revoked", of(&claims(REVOKED)));
    rows.refuses("NotListed", "a place beyond the list", of(&claims(PLACES)));
    let greatest = claims(u64::MAX);
    rows.refuses("NotListed", "the greatest place", of(&greatest));
    let good = claims(GOOD);
    rows.refuses("NotListed", "without a place", of(&good.without("status")));
    rows.refuses(
        "NotListed",
        "a place that is null",
        of(&good.with("status", "null")),
    );
    for uri in [
        format!("{LIST}/"),
        "https://evil.example.com/status-lists/0".to_owned(),
    ] {
        let status = format!(r#"{{"status_list":{{"idx":1,"uri":"{uri}"}}}}"#);
        let name = format!("another list: {uri}");
        rows.refuses("NotListed", name, of(&good.with("status", &status)));
    }
    for status in [
        "{}".to_owned(),
        "[]".to_owned(),
        "\"valid\"".to_owned(),
        "true".to_owned(),
        format!(r#"[[1,"{LIST}"]]"#),
        format!(r#"{{"status_list":[1,"{LIST}"]}}"#),
        r#"{"status_list":{"idx":1}}"#.to_owned(),
        format!(r#"{{"status_list":{{"uri":"{LIST}"}}}}"#),
    ] {
        let name = format!("status {status}");
        rows.refuses("Claims", name, of(&good.with("status", &status)));
    }
    for index in ["\"1\"", "-1", "1.0", "1e0", "null", "18446744073709551616"] {
        let status = format!(r#"{{"status_list":{{"idx":{index},"uri":"{LIST}"}}}}"#);
        let name = format!("place {index}");
        rows.refuses("Claims", name, of(&good.with("status", &status)));
    }
}
