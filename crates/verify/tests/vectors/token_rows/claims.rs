//! Claims that are good, and claims of other types.

use crate::{
    forge::{LIST, claims, header, header_of, nested, signed},
    lists::PLACES,
    row::{GOOD, Rows, of, with},
};

pub fn accepted(rows: &mut Rows) {
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
    let more = r#""sub_id":{"format":"iss_sub","iss":"https://login.example.com","sub":"anna"},"#;
    let token = signed(header().text(), good.after(more));
    rows.accepts("the owner at the identity provider", token);
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

pub fn claims_of_other_types(rows: &mut Rows) {
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
