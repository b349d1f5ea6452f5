//! The meaning of the values.

use std::ffi::OsString;

use secrecy::ExposeSecret as _;

use super::given::{Given, MANY_SCOPES};
use crate::settings::table::TABLE;
use crate::settings::{CommonFlags, Settings};

#[test]
fn a_public_url_is_written_as_browsers_write_an_origin() {
    for (written, origin) in [
        ("https://pat.example.com/", "https://pat.example.com"),
        ("HTTPS://PAT.Example.COM:443", "https://pat.example.com"),
        ("http://10.0.0.1:80", "http://10.0.0.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        let settings = Given::flag("--public-url", written).settings();
        assert_eq!(settings.public_url.as_deref(), Some(origin), "{written}");
    }
}

#[test]
fn the_audience_is_the_issuer_unless_set() {
    let service = Given::default()
        .settings()
        .for_service("https://pat.example.com");
    assert_eq!(service.audience, ["https://pat.example.com"]);
    let service = Given::variable("ATS_PAT_AUDIENCE", "a,b,a")
        .settings()
        .for_service("https://pat.example.com");
    assert_eq!(service.audience, ["a", "b"]);
    assert_eq!(service.default_audience, None);
    assert_eq!(service.policy.base.authentication_token_minutes, 5);
}

#[test]
fn a_default_audience_is_a_part_of_the_audience_with_its_first() {
    let issuer = "https://pat.example.com";
    let default = |audience, default| {
        let given = Given::variable("ATS_PAT_AUDIENCE", audience);
        let given = given.and_variable("ATS_PAT_DEFAULT_AUDIENCE", default);
        let settings = given.load().ok()?;
        settings.for_service(issuer).default_audience
    };
    for (audience, named) in [("a,b,c", "a"), ("a,b,c", "c,a"), ("a", "a")] {
        let kept = named.split(',').map(ToOwned::to_owned).collect();
        assert_eq!(default(audience, named), Some(kept), "{named}");
    }
    for named in ["b", "d", "a,d", "A"] {
        assert_eq!(default("a,b,c", named), None, "{named}");
    }
    // Without `audience`, the issuer is the only audience.
    let only = Given::variable("ATS_PAT_DEFAULT_AUDIENCE", issuer).and_flag("--public-url", issuer);
    let service = only.settings().for_service(issuer);
    assert_eq!(
        (service.audience, service.default_audience),
        (vec![issuer.to_owned()], None)
    );
}

#[test]
fn a_program_that_serves_nobody_does_not_ask_for_the_public_url() {
    let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    let environment = [variable(
        "ATS_PAT_DEFAULT_AUDIENCE",
        "https://pat.example.com",
    )];
    let settings = Settings::load(&CommonFlags::default(), None, environment);
    let service = settings.unwrap().for_service("http://127.0.0.1:8080");
    assert_eq!(service.default_audience, None);
}

#[test]
fn scopes_that_make_a_token_too_long_are_refused_where_all_is_written_out() {
    let (fewer, _) = MANY_SCOPES.rsplit_once(',').unwrap();
    for (scopes, expand, fits) in [
        (fewer, "true", true),
        (&MANY_SCOPES, "true", false),
        (&MANY_SCOPES, "false", true),
    ] {
        let given = Given::variable("ATS_PAT_POLICY_SCOPES", scopes)
            .and_variable("ATS_PAT_EXPAND_ALL_SCOPE", expand);
        assert_eq!(given.load().is_ok(), fits, "{} {expand}", scopes.len());
    }
}

#[test]
fn the_proposed_lifetime_follows_a_shorter_limit() {
    let policy = Given::file("policy.max-lifetime-days = 7")
        .settings()
        .for_service("https://pat.example.com")
        .policy
        .base;
    assert_eq!(
        (policy.max_lifetime_days, policy.default_lifetime_days),
        (7, 7)
    );
}

#[test]
fn a_folder_with_special_characters_still_names_its_database() {
    let settings = Given::flag("--data-dir", "/a b/100%?").settings();
    assert_eq!(
        settings.database_url().expose_secret(),
        "sqlite:/a b/100%25%3F/ats-pat.db"
    );
}

#[test]
fn a_name_of_the_product_is_counted_in_characters() {
    let name = "é".repeat(60);
    let settings = Given::variable("ATS_PAT_PRODUCT_NAME", &name).settings();
    assert_eq!(settings.product_name, name);
    let longer = "é".repeat(61);
    assert!(
        Given::variable("ATS_PAT_PRODUCT_NAME", &longer)
            .load()
            .is_err()
    );
}

#[test]
fn numbers_keep_to_their_bounds() {
    for row in TABLE {
        let Some((least, most)) = row.bounds else {
            continue;
        };
        let variable = row.variable().unwrap();
        for (value, fits) in [
            (i64::from(least) - 1, false),
            (least.into(), true),
            // The proposed lifetime is also limited by the longest one.
            (most.into(), row.name != "policy.default-lifetime-days"),
            (i64::from(most) + 1, false),
        ] {
            let text = value.to_string();
            assert_eq!(
                Given::variable(&variable, &text).load().is_ok(),
                fits,
                "{variable}={value}"
            );
        }
    }
}

#[test]
fn how_long_authentication_tokens_live_has_two_names_and_one_value() {
    let minutes = |text: &str| {
        let settings = Given::file(text).settings();
        settings.policies().base.authentication_token_minutes
    };
    assert_eq!(minutes("token-lifetime-minutes = 7"), 7);
    assert_eq!(minutes("[policy]\nauthentication-token-minutes = 7"), 7);
    let both = "token-lifetime-minutes = 7\n[policy]\nauthentication-token-minutes = ";
    assert_eq!(minutes(&format!("{both}7")), 7);
    let sentence = Given::file(&format!("{both}8")).sentence();
    assert!(sentence.contains("keep one of them"), "{sentence}");
}
