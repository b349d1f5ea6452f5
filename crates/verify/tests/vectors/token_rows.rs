//! The tokens of the vectors: some that are accepted, and those that attackers and mistakes make.

use ats_pat_token::MAX_LENGTH;
use jsonwebtoken::{Algorithm, EncodingKey};

use crate::{
    file::Verdict,
    forge::{
        EXPIRES, ISSUED, KID, LIST, NOW, Object, base64url, claims, from_base64url, header,
        header_of, key, list_claims, other_key, siblings, signed, signed_by, signed_parts,
        taken_apart, with_second_scalar,
    },
    lists::{PLACES, REVOKED, compressed},
    tokens::{Row, Settings},
};

/// The place of a token that was not revoked.
const GOOD: u64 = 1;

pub fn rows() -> Vec<Row> {
    let mut rows = Rows(Vec::new());
    accepted(&mut rows);
    revocation(&mut rows);
    headers(&mut rows);
    times(&mut rows);
    claims_of_other_types(&mut rows);
    names_that_stand_twice(&mut rows);
    other_json(&mut rows);
    other_texts(&mut rows);
    signatures(&mut rows);
    rows.0
}

struct Rows(Vec<Row>);

impl Rows {
    fn refuses(&mut self, reason: &str, name: impl Into<String>, token: String) -> &mut Row {
        self.add(Row {
            name: name.into(),
            settings: Settings::default(),
            token,
            verdict: Verdict::Refused,
            reason: Some(reason.to_owned()),
            scopes: None,
        })
    }

    /// A token with the scopes of [`claims`].
    fn accepts(&mut self, name: &str, token: String) -> &mut Row {
        let scopes = ["orders:read", "packages:write"].map(ToOwned::to_owned);
        self.add(Row {
            name: name.to_owned(),
            settings: Settings::default(),
            token,
            verdict: Verdict::Accepted,
            reason: None,
            scopes: Some(scopes.to_vec()),
        })
    }

    fn add(&mut self, row: Row) -> &mut Row {
        self.0.push(row);
        self.0.last_mut().unwrap()
    }
}

/// A token with these claims.
fn of(claims: &Object) -> String {
    signed(header().text(), claims.text())
}

/// A token with this header.
fn with(header: &Object) -> String {
    signed(header.text(), claims(GOOD).text())
}

fn accepted(rows: &mut Rows) {
    let good = claims(GOOD);
    rows.accepts("as the issuer writes it", of(&good));
    let renamed = header().with("alg", "\"Ed25519\"");
    rows.accepts("the other name of the algorithm", with(&renamed));
    for typ in ["AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        rows.accepts(&format!("type {typ}"), with(&header_of(typ)));
    }
    let more = r#""x5t":"abc","b64":true,"more":{"a":[1,null,2.5,-3,true]},"#;
    let token = signed(header().after(more), good.text());
    rows.accepts("unknown members of the header", token);
    let more = r#""roles":["admin"],"cnf":{"jkt":"abc"},"a":1.5e3,"b":-0,"c":"\ud83d\ude00","#;
    let token = signed(header().text(), good.after(more));
    rows.accepts("unknown claims", token);
    let spaced = format!(" {}\r\n\t", good.text().replace(',', " , "));
    rows.accepts("white space", signed(header().text(), spaced));
    let escaped = good.text().replace("\"sub\"", "\"\\u0073ub\"");
    rows.accepts(
        "a name with an escape",
        signed(header().text(), escaped.clone()),
    );
    let one = good.with("aud", r#"["https://orders.example.com"]"#);
    rows.accepts("one recipient in an array", of(&one));
    let two = r#"["https://other.example.com","https://orders.example.com"]"#;
    rows.accepts("two recipients", of(&good.with("aud", two)));
    let generation = good.without("ats_generation");
    rows.accepts("without a generation", of(&generation));
    let null = good.with("ats_generation", "null");
    rows.accepts("a generation that is null", of(&null));
    let others = format!(
        r#"{{"status_list":{{"idx":{GOOD},"uri":"{LIST}","more":1}},"other_mechanism":{{}}}}"#
    );
    rows.accepts(
        "another mechanism beside the status list",
        of(&good.with("status", &others)),
    );
    let last = claims(PLACES - 1);
    rows.accepts("the last place of the list", of(&last));
    for (name, scope, scopes) in [
        ("an absent scope", None, vec![]),
        ("an empty scope", Some("\"\""), vec![]),
        ("all", Some("\"all\""), vec!["all"]),
        (
            "scopes with more spaces",
            Some("\"  a   b \""),
            vec!["a", "b"],
        ),
        (
            "letter case of scopes",
            Some("\"Orders:Read\""),
            vec!["Orders:Read"],
        ),
    ] {
        let claims = match scope {
            Some(scope) => good.with("scope", scope),
            None => good.without("scope"),
        };
        let row = rows.accepts(name, of(&claims));
        row.scopes = Some(scopes.into_iter().map(ToOwned::to_owned).collect());
    }
    // The object is one of the containers.
    let row = |depth: usize| good.after(&format!("\"a\":{},", nested(depth - 1)));
    rows.accepts("nested to 127 levels", signed(header().text(), row(127)));
    rows.refuses(
        "Claims",
        "nested to 128 levels",
        signed(header().text(), row(128)),
    );
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn revocation(rows: &mut Rows) {
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

fn headers(rows: &mut Rows) {
    for alg in [
        "none", "None", "HS256", "RS256", "ES256", "ES256K", "Ed448", "eddsa", "EDDSA", "ED25519",
        "",
    ] {
        let header = header().with("alg", &format!("\"{alg}\""));
        let name = format!("algorithm {alg:?}, rightly signed");
        rows.refuses("Algorithm", name, with(&header));
        let unsigned = format!(
            "{}.{}.",
            base64url(header.text()),
            base64url(claims(GOOD).text())
        );
        let name = format!("algorithm {alg:?}, not signed");
        rows.refuses("Algorithm", name, unsigned);
    }
    for alg in ["null", "1", "[\"EdDSA\"]"] {
        let name = format!("algorithm {alg}");
        rows.refuses("Malformed", name, with(&header().with("alg", alg)));
    }
    let input = format!(
        "{}.{}",
        base64url(header().with("alg", "\"HS256\"").text()),
        base64url(claims(GOOD).text())
    );
    let secret = EncodingKey::from_secret(key().verifying_key().as_bytes());
    let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &secret, Algorithm::HS256).unwrap();
    rows.refuses(
        "Algorithm",
        "the public key as a shared secret",
        format!("{input}.{mac}"),
    );
    let jwk = format!(
        r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
        base64url(other_key().verifying_key().as_bytes())
    );
    for (name, value) in [
        ("jwk", jwk.as_str()),
        ("jku", "\"https://evil.example.com/jwks.json\""),
        ("x5u", "\"https://evil.example.com/cert.pem\""),
        ("x5c", "[\"MIIB\"]"),
        ("crit", "[\"exp\"]"),
        ("crit", "[]"),
    ] {
        for value in [value, "null"] {
            let header = header().with(name, value);
            let title = format!("a header with {name}: {value}");
            if !rows.0.iter().any(|row| row.name == title) {
                rows.refuses("ForbiddenHeader", title, with(&header));
            }
        }
    }
    let brought = header().with("jwk", &jwk);
    let own = signed_by(
        &other_key(),
        &base64url(brought.text()),
        &base64url(claims(GOOD).text()),
    );
    rows.refuses("ForbiddenHeader", "signed with the key that it brings", own);
    for typ in [
        "JWT",
        "jwt",
        "id+jwt",
        "at+jwt2",
        "statuslist+jwt",
        "application/",
        "text/at+jwt",
        "at-jwt",
        " at+jwt",
        "at+jwt ",
        "",
    ] {
        let name = format!("type {typ:?}");
        rows.refuses("TokenType", name, with(&header_of(typ)));
    }
    let list = signed(
        header_of("statuslist+jwt").text(),
        list_claims(&compressed()).text(),
    );
    rows.refuses("TokenType", "a status list of the issuer", list);
    for name in ["alg", "typ", "kid"] {
        let title = format!("a header without {name}");
        rows.refuses("Malformed", title, with(&header().without(name)));
    }
    for (name, value) in [
        ("typ", "null"),
        ("typ", "7"),
        ("kid", "\"\""),
        ("kid", "null"),
        ("kid", "7"),
    ] {
        let title = format!("{name} {value}");
        rows.refuses("Malformed", title, with(&header().with(name, value)));
    }
    for kid in [
        "key-1".to_owned(),
        "../../etc/passwd".to_owned(),
        "' OR 1=1 --".to_owned(),
        KID[1..].to_owned(),
        KID.to_lowercase(),
        "A".repeat(43),
        "A".repeat(44),
        "=".repeat(43),
    ] {
        let header = header().with("kid", &format!("\"{kid}\""));
        rows.refuses("UnknownKey", format!("key id {kid}"), with(&header));
    }
}

fn times(rows: &mut Rows) {
    let good = of(&claims(GOOD));
    let mut at = |name: &str, now: i64, leeway: u32, reason: Option<&str>| {
        let row = match reason {
            Some(reason) => rows.refuses(reason, name, good.clone()),
            None => rows.accepts(name, good.clone()),
        };
        row.settings.now = Some(now);
        row.settings.leeway = Some(leeway);
    };
    at("the last second", EXPIRES - 1, 0, None);
    at("the second of its expiry", EXPIRES, 0, Some("Expired"));
    at("the last second of the leeway", EXPIRES + 29, 30, None);
    at("after the leeway", EXPIRES + 30, 30, Some("Expired"));
    at("the first second", ISSUED, 0, None);
    at(
        "before the first second",
        ISSUED - 1,
        0,
        Some("NotYetValid"),
    );
    at("the leeway before the first second", ISSUED - 30, 30, None);
    at("before the leeway", ISSUED - 31, 30, Some("NotYetValid"));

    let greatest = i64::MAX.to_string();
    let least = i64::MIN.to_string();
    let claims = claims(GOOD);
    for (name, value, reason) in [
        ("exp", ISSUED - 1000, "Expired"),
        ("nbf", NOW + 31, "NotYetValid"),
        ("iat", NOW + 31, "NotYetValid"),
    ] {
        let token = of(&claims.with(name, &value.to_string()));
        rows.refuses(reason, format!("{name} {value}"), token);
    }
    rows.refuses(
        "Expired",
        "the least expiry",
        of(&claims.with("exp", &least)),
    );
    rows.accepts("the greatest expiry", of(&claims.with("exp", &greatest)));
    let endless = claims.with("iat", &least).with("nbf", &least);
    rows.accepts("the least beginning", of(&endless));
    let never = claims.with("iat", &greatest);
    rows.refuses("NotYetValid", "the greatest beginning", of(&never));
    for name in ["exp", "nbf", "iat"] {
        for value in [
            "\"1796000300\"",
            "1796000300.0",
            "1796000300.5",
            "1796000300e0",
            "1.7960003e9",
            "null",
            "true",
            "[1796000300]",
            "9223372036854775808",
            "99999999999999999999999",
            "01796000300",
            "+1796000300",
            "-0",
            "NaN",
            "",
        ] {
            let title = format!("{name} {value}");
            rows.refuses("Claims", title, of(&claims.with(name, value)));
        }
    }
}

fn claims_of_other_types(rows: &mut Rows) {
    let good = claims(GOOD);
    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "client_id",
        "preferred_username",
    ] {
        let title = format!("claims without {name}");
        rows.refuses("Claims", title, of(&good.without(name)));
        for value in ["null", "{}", "true", "[]", "[1]", "[[\"x\"]]", "[\"a\",1]"] {
            let title = format!("{name} {value}");
            if !rows.0.iter().any(|row| row.name == title) {
                rows.refuses("Claims", title, of(&good.with(name, value)));
            }
        }
    }
    for (name, value) in [
        ("scope", "null"),
        ("scope", "[\"all\"]"),
        ("scope", "1"),
        ("ats_generation", "-1"),
        ("ats_generation", "1.0"),
        ("ats_generation", "\"1\""),
        ("ats_generation", "4294967296"),
    ] {
        let title = format!("{name} {value}");
        rows.refuses("Claims", title, of(&good.with(name, value)));
    }
    for issuer in [
        "https://pat.example.com/",
        "https://PAT.example.com",
        "http://pat.example.com",
        "",
    ] {
        let title = format!("issuer {issuer:?}");
        let token = of(&good.with("iss", &format!("\"{issuer}\"")));
        rows.refuses("Issuer", title, token);
    }
    for audience in [
        "\"https://pat.example.com\"",
        "\"https://Orders.example.com\"",
        "\"https://orders.example.com/\"",
        "\"\"",
        "[\"a\",\"b\"]",
    ] {
        let title = format!("audience {audience}");
        rows.refuses("Audience", title, of(&good.with("aud", audience)));
    }
    let row = rows.refuses("Audience", "the verifier is another", of(&good));
    row.settings.audience = Some("https://stock.example.com".to_owned());
    let row = rows.refuses("Issuer", "the issuer is another", of(&good));
    row.settings.issuer = Some("https://other.example.com".to_owned());
}

fn names_that_stand_twice(rows: &mut Rows) {
    for twice in [
        r#""alg":"EdDSA","#,
        r#""alg":"none","#,
        r#""\u0061lg":"none","#,
        r#""kid":"other","#,
        r#""more":1,"more":1,"#,
        r#""more":{"a":1,"a":1},"#,
    ] {
        let token = signed(header().after(twice), claims(GOOD).text());
        rows.refuses("Malformed", format!("header, twice: {twice}"), token);
    }
    for twice in [
        r#""exp":1796000300,"#,
        r#""sub":"somebody else","#,
        r#""s\u0075b":"somebody else","#,
        r#""scope":"all","#,
        r#""roles":[],"roles":["admin"],"#,
        r#""cnf":[{"a":{"b":1,"b":2}}],"#,
        r#""":1,"":1,"#,
    ] {
        let token = signed(header().text(), claims(GOOD).after(twice));
        rows.refuses("Claims", format!("claims, twice: {twice}"), token);
    }
    let status = format!(r#"{{"status_list":{{"idx":1,"idx":2,"uri":"{LIST}"}}}}"#);
    let token = of(&claims(GOOD).with("status", &status));
    rows.refuses("Claims", "two places", token);
}

fn other_json(rows: &mut Rows) {
    let good = claims(GOOD);
    let text = good.text();
    for (name, payload) in [
        ("an array of its values", good.values()),
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("a string", "\"\"".to_owned()),
        ("no members", "{}".to_owned()),
        ("an empty array", "[]".to_owned()),
        ("two objects", format!("{text}{text}")),
        ("a letter after it", format!("{text}x")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("without its end", text[..text.len() - 1].to_owned()),
        ("a comma before its end", text.replacen("}}}", "}},}", 1)),
        ("a comment", format!("{text}//")),
        (
            "deep nesting",
            good.after(&format!("\"a\":{},", nested(1000))),
        ),
    ] {
        let title = format!("claims: {name}");
        rows.refuses("Claims", title, signed(header().text(), payload));
    }
    for value in [
        "tru",
        "01",
        "1e999",
        "-",
        "1.",
        ".5",
        "\"\\x\"",
        "[1,]",
        "{\"a\"}",
        "\"\u{1}\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "NaN",
        "Infinity",
        "'a'",
    ] {
        let title = format!("an unknown claim {}", value.replace('\u{1}', "U+0001"));
        let payload = good.after(&format!("\"a\":{value},"));
        rows.refuses("Claims", title, signed(header().text(), payload));
    }
    let token = signed(header().text(), good.after(r#""\ud800":1,"#));
    rows.refuses("Claims", "a name that is half a character", token);
    for (what, bytes) in [
        ("a claim", text.replace("anna", "ann?")),
        ("an unknown claim", good.after("\"a\":\"?\",")),
        ("a name", good.after("\"?\":1,")),
    ] {
        let mut bytes = bytes.into_bytes();
        let index = bytes.iter().position(|byte| *byte == b'?').unwrap();
        bytes[index] = 0xff;
        let token = signed(header().text().into_bytes(), bytes);
        rows.refuses("Claims", format!("{what} that is not UTF-8"), token);
    }
    let head = header();
    for (name, header) in [
        ("an array of its values", head.values()),
        ("nothing", String::new()),
        ("a brace", "{".to_owned()),
        ("an empty array", "[]".to_owned()),
        ("null", "null".to_owned()),
        ("a comma after it", format!("{},", head.text())),
        ("a byte order mark", format!("\u{feff}{}", head.text())),
    ] {
        let title = format!("header: {name}");
        rows.refuses("Malformed", title, signed(header, &text));
    }
}

fn other_texts(rows: &mut Rows) {
    let token = of(&claims(GOOD));
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("three parts")
    };
    for (name, text) in [
        ("nothing", String::new()),
        ("one point", ".".to_owned()),
        ("two points", "..".to_owned()),
        ("three points", "...".to_owned()),
        ("only the header", header.to_owned()),
        ("no signature", format!("{header}.{payload}")),
        ("an empty signature", format!("{header}.{payload}.")),
        ("an empty header", format!(".{payload}.{signature}")),
        ("an empty first part", format!(".{token}")),
        ("an empty last part", format!("{token}.")),
        (
            "an empty second part",
            format!("{header}..{payload}.{signature}"),
        ),
        ("four parts", format!("{token}.{signature}")),
        (
            "five parts",
            format!("{header}.{payload}.{payload}.{payload}.{signature}"),
        ),
        ("twice", format!("{token}.{token}")),
        ("its scheme", format!("Bearer {token}")),
        ("a space before it", format!(" {token}")),
        ("a line end after it", format!("{token}\n")),
        (
            "a line end in it",
            format!("{header}.{payload}\r\n.{signature}"),
        ),
        ("a zero after it", format!("{token}\0")),
        (
            "padding of the header",
            format!("{header}=.{payload}.{signature}"),
        ),
        (
            "padding of the claims",
            format!("{header}.{payload}=.{signature}"),
        ),
        ("padding of the signature", format!("{token}==")),
        ("a letter more", format!("{token}A")),
        ("three bytes more", format!("{token}AAAA")),
        ("a letter less", token[..token.len() - 1].to_owned()),
        ("a byte less", token[..token.len() - 2].to_owned()),
        (
            "the other alphabet",
            format!("{header}.{payload}.{}", signature.replace(['-', '_'], "+")),
        ),
        (
            "letters that are not ASCII",
            format!(
                "{header}.{payload}.{}",
                signature.replacen('A', "\u{410}", 1)
            ),
        ),
        ("a long text", "A".repeat(MAX_LENGTH + 1)),
    ] {
        rows.refuses("Malformed", format!("text: {name}"), text);
    }
    // The signature is over another text.
    let empty = format!("{header}..{signature}");
    rows.refuses("Signature", "text: empty claims", empty);
    for (index, sibling) in siblings(signature, 4).iter().enumerate() {
        let title = format!("a second text of the signature, {}", index + 1);
        let text = format!("{header}.{payload}.{sibling}");
        rows.refuses("Malformed", title, text);
    }
    let spaces = ["", " ", "  "];
    let of_length = |rest: usize| {
        let texts = spaces.map(|space| base64url(format!("{}{space}", claims(GOOD).text())));
        texts
            .into_iter()
            .find(|text| text.len() % 4 == rest)
            .unwrap()
    };
    for (rest, unused) in [(2, 4), (3, 2)] {
        let other = &siblings(&of_length(rest), unused)[0];
        let title = format!("a second text of the claims, {unused} bits unused");
        rows.refuses("Malformed", title, signed_parts(header, other));
    }
    let padded = |spaces: usize| {
        let payload = format!("{}{}", claims(GOOD).text(), " ".repeat(spaces));
        signed(crate::forge::header().text(), payload)
    };
    let longest = (0..MAX_LENGTH).rev().map(padded);
    let longest = longest
        .into_iter()
        .find(|text| text.len() <= MAX_LENGTH)
        .unwrap();
    let spaces =
        from_base64url(longest.split('.').nth(1).unwrap()).len() - claims(GOOD).text().len();
    rows.accepts("the longest text", longest);
    rows.refuses("Malformed", "a text that is longer", padded(spaces + 2));
    let secret = "atspat_00000000000000000000000000000000000000000002CZclj";
    rows.refuses("NotExchanged", "a personal access token", secret.to_owned());
    let typo = format!("{}k", &secret[..secret.len() - 1]);
    rows.refuses(
        "NotExchanged",
        "a personal access token with a mistake",
        typo,
    );
}

fn signatures(rows: &mut Rows) {
    let token = of(&claims(GOOD));
    let (input, signature) = taken_apart(&token);
    let with_r = |r: [u8; 32]| {
        let mut other = signature;
        other[..32].copy_from_slice(&r);
        other
    };
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut of_order_two = [0xff; 32];
    of_order_two[0] = 0xec;
    of_order_two[31] = 0x7f;
    let mut neutral_again = [0xff; 32];
    neutral_again[0] = 0xee;
    neutral_again[31] = 0x7f;
    let mut flipped = signature;
    flipped[0] ^= 1;
    let mut negative = signature;
    negative[31] ^= 0x80;
    for (name, bytes) in [
        (
            "the scalar and the order of the group",
            with_second_scalar(signature),
        ),
        ("R is the neutral point", with_r(neutral)),
        (
            "R is the neutral point in another form",
            with_r(neutral_again),
        ),
        ("R has order two", with_r(of_order_two)),
        ("one bit of R", flipped),
        ("R with the other sign", negative),
        ("zeros", [0; 64]),
        ("ones", [0xff; 64]),
    ] {
        let text = format!("{input}.{}", base64url(bytes));
        rows.refuses("Signature", format!("signature: {name}"), text);
    }
    let (header, payload) = input.split_once('.').unwrap();
    let others = signed_by(&other_key(), header, payload);
    rows.refuses("Signature", "signature: of another key", others);
    let wider = base64url(claims(GOOD).with("scope", "\"all\"").text());
    let altered = format!("{header}.{wider}.{}", base64url(signature));
    rows.refuses(
        "Signature",
        "other claims under the same signature",
        altered,
    );
    let expired = of(&claims(GOOD).with("exp", &(ISSUED - 1000).to_string()));
    let (input, _) = taken_apart(&expired);
    let forged = format!("{input}.{}", base64url([0; 64]));
    rows.refuses("Signature", "forged and expired", forged);
}
