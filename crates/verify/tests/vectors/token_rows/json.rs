//! JSON that parsers read in different ways.

use crate::{
    forge::{LIST, claims, header, nested, signed},
    row::{GOOD, Rows, of},
};

pub fn names_that_stand_twice(rows: &mut Rows) {
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

pub fn other_json(rows: &mut Rows) {
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
