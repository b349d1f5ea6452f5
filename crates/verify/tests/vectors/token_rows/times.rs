//! Times that are over or to come, and times that are no integers.

use crate::{
    forge::{EXPIRES, ISSUED, NOW, claims},
    row::{GOOD, Rows, of},
};

pub fn times(rows: &mut Rows) {
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
