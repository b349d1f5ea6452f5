//! The rows of the file, by what is special about their lists.

use ats_pat_token::{MAX_STATUS_INDEX, StatusList};
use serde::{Deserialize, Serialize};

use crate::file::Verdict;
use crate::forge::{
    ISSUED, Object, base64url, claims, header, header_of, list_claims, lst, other_key, siblings,
    signed, signed_by, signed_parts, taken_apart, with_second_scalar,
};
use crate::lists::{compressed, largest, too_large};

#[derive(Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
    pub status_list: String,
    pub verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many places the list has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places: Option<u64>,
    /// The places that are revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
}

/// The draft's example of one bit for each place (draft-ietf-oauth-status-list, section 4.2).
const EXAMPLE: &str = "eNrbuRgAAhcBXQ";

/// What it says.
const EXAMPLE_PLACES: [u64; 9] = [0, 3, 4, 5, 7, 8, 9, 13, 15];

/// The draft's test vectors: its appendix "Test vectors for Status List encoding".
const DRAFT: &str = include_str!("draft-status-lists.json");

#[derive(Deserialize)]
struct OfDraft {
    bits: u8,
    lst: String,
}

/// The places that are set in the draft's vector of one bit for each place.
const DRAFT_PLACES: [u64; 11] = [
    0, 1993, 25460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345,
];

struct Rows(Vec<Row>);

impl Rows {
    fn refuses(&mut self, reason: &str, name: impl Into<String>, status_list: String) -> &mut Row {
        self.0.push(Row {
            name: name.into(),
            now: None,
            status_list,
            verdict: Verdict::Refused,
            reason: Some(reason.to_owned()),
            places: None,
            revoked: None,
            epoch: None,
            seq: None,
        });
        self.0.last_mut().unwrap()
    }

    /// A list with the version of [`list_claims`].
    fn accepts(
        &mut self,
        name: impl Into<String>,
        status_list: String,
        places: u64,
        revoked: &[u64],
    ) -> &mut Row {
        self.0.push(Row {
            name: name.into(),
            now: None,
            status_list,
            verdict: Verdict::Accepted,
            reason: None,
            places: Some(places),
            revoked: Some(revoked.to_vec()),
            epoch: Some(3),
            seq: Some(41),
        });
        self.0.last_mut().unwrap()
    }
}

fn good() -> Object {
    list_claims(&compressed())
}

fn of(claims: &Object) -> String {
    signed(header_of("statuslist+jwt").text(), claims.text())
}

fn with_list(list: &str) -> String {
    of(&good().with("status_list", list))
}

pub fn rows() -> Vec<Row> {
    let mut rows = Rows(Vec::new());
    accepted(&mut rows);
    draft(&mut rows);
    headers_and_signatures(&mut rows);
    times(&mut rows);
    claims_of_other_types(&mut rows);
    compressions(&mut rows);
    texts(&mut rows);
    rows.0
}

fn accepted(rows: &mut Rows) {
    rows.accepts("as the issuer writes it", of(&good()), 1024, &[7]);
    for typ in ["application/statuslist+jwt", "StatusList+JWT"] {
        let text = signed(header_of(typ).text(), good().text());
        rows.accepts(format!("type {typ}"), text, 1024, &[7]);
    }
    let header = header_of("statuslist+jwt").with("alg", "\"Ed25519\"");
    let text = signed(header.text(), good().text());
    rows.accepts("the other name of the algorithm", text, 1024, &[7]);
    let none = StatusList::new().compress().unwrap();
    rows.accepts("no places", of(&list_claims(&none)), 0, &[]);
    let most = of(&list_claims(&largest()));
    rows.accepts("as many places as may be", most, MAX_STATUS_INDEX + 1, &[]);
    let version = good().with("ats_epoch", "-5").with("ats_seq", "0");
    let row = rows.accepts("another version", of(&version), 1024, &[7]);
    (row.epoch, row.seq) = (Some(-5), Some(0));
    let more = r#"{"bits":1,"lst":"eNrbuRgAAhcBXQ","aggregation_uri":"x"}"#;
    rows.accepts("an unknown member", with_list(more), 16, &EXAMPLE_PLACES);
    let stored = [
        0x78, 0x01, 0x01, 2, 0, 0xfd, 0xff, 0xb9, 0xa3, 0x02, 0x17, 0x01, 0x5d,
    ];
    let stored = of(&list_claims(&stored));
    rows.accepts("not compressed", stored, 16, &EXAMPLE_PLACES);
}

fn draft(rows: &mut Rows) {
    let name = "the draft's example";
    rows.accepts(name, with_list(&lst(1, EXAMPLE)), 16, &EXAMPLE_PLACES);
    let two_bits = with_list(&lst(2, "eNo76fITAAPfAgc"));
    rows.refuses("Claims", "the draft's example of two bits", two_bits);
    for vector in serde_json::from_str::<Vec<OfDraft>>(DRAFT).unwrap() {
        let OfDraft { bits, lst: text } = vector;
        let name = format!("the draft's test vector, {bits} bits for each place");
        let list = with_list(&lst(bits, &text));
        if bits == 1 {
            rows.accepts(name, list, 1 << 20, &DRAFT_PLACES);
        } else {
            rows.refuses("Claims", name, list);
        }
    }
}

fn headers_and_signatures(rows: &mut Rows) {
    let token = signed(header().text(), claims(1).text());
    rows.refuses("TokenType", "an authentication token", token);
    for typ in [
        "JWT",
        "statuslist+cwt",
        "statuslist",
        "at+jwt",
        "application/jwt",
        "",
    ] {
        let text = signed(header_of(typ).text(), good().text());
        rows.refuses("TokenType", format!("type {typ:?}"), text);
    }
    let header = header_of("statuslist+jwt");
    for alg in ["none", "HS256", "ES256", "Ed448", ""] {
        let text = signed(
            header.with("alg", &format!("\"{alg}\"")).text(),
            good().text(),
        );
        rows.refuses("Algorithm", format!("algorithm {alg:?}"), text);
    }
    for name in ["crit", "jku", "jwk", "x5c", "x5u"] {
        let text = signed(header.with(name, "null").text(), good().text());
        rows.refuses("ForbiddenHeader", format!("a header with {name}"), text);
    }
    let text = of(&good());
    let (input, signature) = taken_apart(&text);
    let (head, payload) = input.split_once('.').unwrap();
    let others = signed_by(&other_key(), head, payload);
    rows.refuses("Signature", "signature: of another key", others);
    for (name, bytes) in [
        ("zeros", [0; 64]),
        ("ones", [0xff; 64]),
        (
            "the scalar and the order of the group",
            with_second_scalar(signature),
        ),
    ] {
        let text = format!("{input}.{}", base64url(bytes));
        rows.refuses("Signature", format!("signature: {name}"), text);
    }
}

fn times(rows: &mut Rows) {
    let text = of(&good());
    rows.accepts("at the leeway before it", text.clone(), 1024, &[7])
        .now = Some(ISSUED - 60);
    rows.refuses("NotYetValid", "before the leeway", text.clone())
        .now = Some(ISSUED - 61);
    rows.accepts("the last second of the leeway", text.clone(), 1024, &[7])
        .now = Some(ISSUED + 659);
    rows.refuses("Expired", "after the leeway", text).now = Some(ISSUED + 660);
    let least = i64::MIN.to_string();
    rows.refuses(
        "Expired",
        "the least expiry",
        of(&good().with("exp", &least)),
    );
    let greatest = i64::MAX.to_string();
    let never = of(&good().with("iat", &greatest));
    rows.refuses("NotYetValid", "the greatest beginning", never);
    for (name, value) in [
        ("iss", "\"https://other.example.com\""),
        ("iss", "\"https://pat.example.com/\""),
        ("iss", "\"\""),
        ("sub", "\"https://pat.example.com/status-lists/1\""),
        ("sub", "\"/status-lists/0\""),
    ] {
        let text = of(&good().with(name, value));
        rows.refuses("Issuer", format!("{name} {value}"), text);
    }
}

fn claims_of_other_types(rows: &mut Rows) {
    for name in [
        "iss",
        "sub",
        "iat",
        "exp",
        "ttl",
        "ats_epoch",
        "ats_seq",
        "status_list",
    ] {
        let text = of(&good().without(name));
        rows.refuses("Claims", format!("claims without {name}"), text);
        for value in ["null", "{}", "[]", "true", "1.5", "[1]"] {
            let text = of(&good().with(name, value));
            rows.refuses("Claims", format!("{name} {value}"), text);
        }
    }
    for (name, value) in [
        ("iat", "\"1796000000\""),
        ("exp", "1796000600.0"),
        ("ttl", "-1"),
        ("ttl", "4294967296"),
        ("ats_seq", "9223372036854775808"),
    ] {
        let text = of(&good().with(name, value));
        rows.refuses("Claims", format!("{name} {value}"), text);
    }
    let head = header_of("statuslist+jwt").text();
    for twice in [
        r#""ats_seq":99,"#,
        r#""\u0061ts_seq":99,"#,
        r#""exp":4000000000,"#,
        r#""more":{"a":1,"a":2},"#,
    ] {
        let text = signed(&head, good().after(twice));
        rows.refuses("Claims", format!("twice: {twice}"), text);
    }
    let twice = r#"{"bits":1,"lst":"","lst":"eNrbuRgAAhcBXQ"}"#;
    rows.refuses("Claims", "two lists in one", with_list(twice));
    for (name, payload) in [
        ("an array of its values", good().values()),
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("a letter after it", format!("{}x", good().text())),
    ] {
        let text = signed(&head, payload);
        rows.refuses("Claims", format!("claims: {name}"), text);
    }
}

fn compressions(rows: &mut Rows) {
    for list in [
        lst(2, EXAMPLE),
        lst(0, EXAMPLE),
        format!(r#"{{"bits":"1","lst":"{EXAMPLE}"}}"#),
        format!(r#"{{"bits":1.0,"lst":"{EXAMPLE}"}}"#),
        format!(r#"{{"bits":257,"lst":"{EXAMPLE}"}}"#),
        r#"{"bits":1}"#.to_owned(),
        format!(r#"{{"lst":"{EXAMPLE}"}}"#),
        format!(r#"[1,"{EXAMPLE}"]"#),
        lst(1, &format!("{EXAMPLE}==")),
        lst(1, &siblings(EXAMPLE, 4)[0]),
        lst(1, "eNrbuRgAAhcB XQ"),
        lst(1, "eNrbuRgAAhcBX/"),
        r#"{"bits":1,"lst":[120,218]}"#.to_owned(),
    ] {
        rows.refuses("Claims", format!("list {list}"), with_list(&list));
    }
    let whole = compressed();
    let mut other_checksum = whole.clone();
    *other_checksum.last_mut().unwrap() ^= 1;
    let mut other_header = whole.clone();
    other_header[1] ^= 1;
    for (name, bytes) in [
        ("nothing", Vec::new()),
        ("not compressed", b"\xb9\xa3".to_vec()),
        ("a header alone", vec![0x78, 0xda]),
        ("a header of gzip", vec![0x1f, 0x8b, 8, 0]),
        ("a page", b"<!doctype html>".to_vec()),
        ("cut by a byte", whole[..whole.len() - 1].to_vec()),
        ("cut by its checksum", whole[..whole.len() - 4].to_vec()),
        ("cut in two", whole[..whole.len() / 2].to_vec()),
        ("a byte more", [&whole[..], &[0]].concat()),
        ("twice", [&whole[..], &whole[..]].concat()),
        ("another checksum", other_checksum),
        ("another header", other_header),
        ("another method", [&[0x79, 0x94][..], &whole[2..]].concat()),
        ("more places than may be", too_large()),
    ] {
        let list = of(&list_claims(&bytes));
        rows.refuses("Claims", format!("compressed: {name}"), list);
    }
}

fn texts(rows: &mut Rows) {
    let text = of(&good());
    let parts: Vec<&str> = text.split('.').collect();
    for (name, other) in [
        ("nothing", String::new()),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("a point after it", format!("{text}.")),
        ("a space before it", format!(" {text}")),
        ("a line end after it", format!("{text}\n")),
        ("padding", format!("{text}=")),
        ("a letter less", text[..text.len() - 1].to_owned()),
        (
            "padding of the claims",
            signed_parts(parts[0], &format!("{}=", parts[1])),
        ),
    ] {
        rows.refuses("Malformed", format!("text: {name}"), other);
    }
}
