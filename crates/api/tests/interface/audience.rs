//! The audience of the authentication token that an exchange answers.

use ats_pat_domain::Code;
use ats_pat_domain::scope::Scope;
use ats_pat_test_support::world::{DAY, ISSUER};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::fixture::{Answer, EXCHANGE, Server, TOKENS};

const AUDIENCE: &str = "ats-authentication-token-audience";
const ORDERS: &str = "https://orders.example.com/?a&b";

/// A deployment with three audiences, two of which are the default, and a token of it.
async fn server() -> (Server, String) {
    let server = Server::with(|settings| {
        settings.audience = [ISSUER, ORDERS, "stock"].map(ToOwned::to_owned).to_vec();
        settings.default_audience = Some(vec![ISSUER.to_owned(), "stock".to_owned()]);
        settings.policy.base.scopes = vec![Scope::new("orders:read", "Read orders").unwrap()];
    })
    .await;
    let cookie = server.sign_in("ada").await;
    let secret = secret(&server, &cookie).await;
    (server, secret)
}

async fn secret(server: &Server, cookie: &str) -> String {
    let created = server.create(cookie, "ci").await;
    created["Secret"].as_str().unwrap().to_owned()
}

async fn exchange(server: &Server, secret: &str, query: &str) -> Answer {
    let call = server.call(&format!("GET {EXCHANGE}{query}"));
    call.header("personalAccessToken", secret).send().await
}

/// The claims of an authentication token, without any check.
fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

fn aud(answer: &Answer) -> Value {
    assert_eq!((answer.status, answer.code()), (200, Code::Success));
    claims(answer.json()["Data"].as_str().unwrap())["aud"].clone()
}

#[tokio::test]
async fn a_query_chooses_the_audience_and_the_answer_names_it() {
    let (server, secret) = server().await;
    let encoded = "https%3A%2F%2Forders.example.com%2F%3Fa%26b";
    for (query, audience) in [
        (String::new(), json!([ISSUER, "stock"])),
        ("?".to_owned(), json!([ISSUER, "stock"])),
        ("?x=1&x=2&aud=stock".to_owned(), json!([ISSUER, "stock"])),
        ("?Audience=stock".to_owned(), json!("stock")),
        (format!("?Audience={encoded}"), json!(ORDERS)),
        (
            format!("?audience=stock&x&AUDIENCE={encoded}&%41udience=stock"),
            json!([ORDERS, "stock"]),
        ),
        (
            format!("?Audience=stock{}", "&Audience=stock".repeat(15)),
            json!("stock"),
        ),
    ] {
        let answer = exchange(&server, &secret, &query).await;
        assert_eq!(aud(&answer), audience, "{query}");
        let words = match &audience {
            Value::Array(several) => {
                let several: Vec<_> = several.iter().map(|one| one.as_str().unwrap()).collect();
                several.join(" ")
            }
            one => one.as_str().unwrap().to_owned(),
        };
        assert_eq!(answer.header(AUDIENCE), words, "{query}");
        assert_eq!(answer.headers.get_all(AUDIENCE).iter().count(), 1);
    }
}

#[tokio::test]
async fn a_token_for_other_services_is_refused_by_this_one() {
    let (server, secret) = server().await;
    for (query, status) in [("", 200), ("?Audience=stock", 401)] {
        let answer = exchange(&server, &secret, query).await;
        let bearer = format!("Bearer {}", answer.json()["Data"].as_str().unwrap());
        let identity = server.call("GET /api/identity");
        let identity = identity.header("Authorization", &bearer).send().await;
        assert_eq!(identity.status, status, "{query}");
    }
}

#[tokio::test]
async fn an_audience_that_is_not_served_and_a_misspelt_name_are_refused() {
    let (server, secret) = server().await;
    let many = "&Audience=stock".repeat(17);
    for (query, parameters) in [
        ("Audience=sales", "Audience, unknown_value"),
        ("Audience=stock&Audience=sales", "Audience, unknown_value"),
        ("Audience=Stock", "Audience, unknown_value"),
        ("Audience=stock,stock", "Audience, unknown_value"),
        ("Audience=%ff", "Audience, unknown_value"),
        ("Audience=", "Audience, empty"),
        ("Audience", "Audience, empty"),
        ("Audience=stock&Audience=", "Audience, empty"),
        (many.as_str(), "Audience, too_long"),
        ("audiences=stock", "audiences, unknown_value"),
        ("AUDIENCE_ID=stock", "AUDIENCE_ID, unknown_value"),
        ("Audiences=stock", "Audiences, unknown_value"),
        ("Audience[]=stock", "Audience[], unknown_value"),
        ("%61udience.=stock", "audience., unknown_value"),
        (
            "Audience=stock&audience%5B0%5D=stock&AudienceId",
            "AudienceId, unknown_value, audience[0], unknown_value",
        ),
    ] {
        let answer = exchange(&server, &secret, &format!("?{query}")).await;
        assert_eq!(
            (answer.status, answer.code(), answer.parameters().as_str()),
            (400, Code::ValidationFailed, parameters),
            "{query}"
        );
        assert!(answer.header(AUDIENCE).is_empty());
        assert!(answer.json()["Data"].is_null());
    }
    let misspelt = exchange(&server, &secret, "?audiences=stock").await;
    assert_eq!(
        misspelt.json()["ErrorMessage"],
        "There is no query parameter audiences: write it as Audience."
    );
}

#[tokio::test]
async fn only_the_holder_of_a_working_token_learns_the_audiences() {
    let (server, secret) = server().await;
    let cookie = server.sign_in("bob").await;
    let mut far = server.new_token("far");
    far["AllowedNetworks"] = json!(["203.0.113.0/24"]);
    let create = server.call(&format!("POST {TOKENS}")).cookie(&cookie);
    let far = create.json(&far).send().await.json();
    let far = far["Data"]["Secret"].as_str().unwrap();
    let queries = [
        "?Audience=sales",
        "?Audience=stock",
        "?Audience=",
        "?audiences=x",
    ];
    for query in queries {
        let nothing = server.call(&format!("GET {EXCHANGE}{query}"));
        assert_eq!(
            nothing.code().await,
            (401, Code::PersonalAccessTokenMissing)
        );
        for (secret, code) in [
            ("atspat_guess", Code::PersonalAccessTokenInvalid),
            (far, Code::NetworkNotAllowed),
        ] {
            let answer = exchange(&server, secret, query).await;
            assert_eq!(answer.code(), code, "{query}");
        }
    }
    let operator = server.world.service.operator();
    operator.disable_user("ada").await.unwrap();
    for query in queries {
        let answer = exchange(&server, &secret, query).await;
        assert_eq!(answer.code(), Code::OwnerDisabled, "{query}");
    }
    server.world.clock.advance(DAY);
    for query in queries {
        let answer = exchange(&server, &secret, query).await;
        assert_eq!(answer.code(), Code::PersonalAccessTokenExpired, "{query}");
    }
}

#[tokio::test]
async fn the_standard_exchange_uses_the_default_or_the_named_audience() {
    let (server, secret) = server().await;
    for (named, audience) in [
        (&[][..], json!([ISSUER, "stock"])),
        (&["stock", ORDERS], json!([ORDERS, "stock"])),
    ] {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        );
        form.append_pair("subject_token", &secret);
        form.append_pair(
            "subject_token_type",
            "urn:atsglobal:params:oauth:token-type:personal-access-token",
        );
        form.extend_pairs(named.iter().map(|name| ("audience", name)));
        let call = server.call("POST /oauth2/token");
        let call = call.body("application/x-www-form-urlencoded", form.finish());
        let answer = call.send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let said = claims(answer.json()["access_token"].as_str().unwrap());
        assert_eq!(said["aud"], audience);
    }
}

#[tokio::test]
async fn all_is_written_out_if_the_operator_wants_it() {
    for (expand, scope) in [(true, "all orders:read"), (false, "all")] {
        let server = Server::with(|settings| {
            settings.expand_all_scope = expand;
            settings.policy.base.scopes = vec![Scope::new("orders:read", "Read orders").unwrap()];
        })
        .await;
        let cookie = server.sign_in("ada").await;
        let secret = secret(&server, &cookie).await;
        let answer = exchange(&server, &secret, "").await.json();
        let token = answer["Data"].as_str().unwrap();
        assert_eq!(claims(token)["scope"], scope);
        let identity = server.call("GET /api/identity");
        let identity = identity.header("Authorization", &format!("Bearer {token}"));
        let scopes = &identity.send().await.json()["Data"]["Scopes"];
        assert_eq!(*scopes, json!(scope.split(' ').collect::<Vec<_>>()));
    }
}
