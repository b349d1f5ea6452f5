//! Reports of leaked tokens. The OAuth endpoints themselves leak no secret.

use ats_pat_domain::Code;
use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{INTROSPECT, REVOKE, TOKEN, bearer, exchange, introspector, post, secret, server};
use crate::fixture::{EXCHANGE, Server};

const REPORT: &str = "POST /api/personalaccesstoken/reportLeaked";

async fn report(server: &Server, body: &Value) -> String {
    let answer = server.call(REPORT).json(body).send().await;
    format!("{} {}", answer.status, answer.text)
}

#[tokio::test]
async fn every_report_gets_the_same_answer() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let real = secret(&server, &cookie, "ci", &["all"]).await;
    let done = r#"200 {"Data":null,"ErrorMessage":"","ErrorParameters":null,"ResponseCode":1,"GetErrorParameters":""}"#;
    for tokens in [
        json!(["nothing"]),
        json!([real, "nothing"]),
        json!([real]),
        json!(vec!["x"; 1000]),
    ] {
        assert_eq!(report(&server, &json!({"Tokens": tokens})).await, done);
    }
    let exchanged = server
        .call(&format!("GET {EXCHANGE}"))
        .header("personalAccessToken", &real);
    assert_eq!(
        exchanged.code().await,
        (401, Code::PersonalAccessTokenRevoked)
    );
}

#[tokio::test]
async fn a_report_has_a_list_of_strings_that_is_not_too_long() {
    let server = server().await;
    for (body, status, code, parameters) in [
        (json!({}), 400, Code::ValidationFailed, "Tokens, required"),
        (
            json!({"Tokens": null}),
            400,
            Code::ValidationFailed,
            "Tokens, required",
        ),
        (
            json!({"Tokens": []}),
            400,
            Code::ValidationFailed,
            "Tokens, empty",
        ),
        (
            json!({"Tokens": vec![""; 1001]}),
            400,
            Code::ValidationFailed,
            "Tokens, too_long",
        ),
        (
            json!({"Tokens": [1]}),
            400,
            Code::InvalidRequest,
            "body, Tokens[0]",
        ),
        (
            json!({"Tokens": "x"}),
            400,
            Code::InvalidRequest,
            "body, Tokens",
        ),
        (
            json!({"Tokens": ["x"], "Owner": "x"}),
            400,
            Code::InvalidRequest,
            "body, Owner",
        ),
    ] {
        let answer = server.call(REPORT).json(&body).send().await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{}",
            answer.text
        );
        assert_eq!(answer.parameters(), parameters);
    }
    let foreign = server.call(REPORT).header("Origin", "https://evil.example");
    assert_eq!(
        foreign.json(&json!({"Tokens": ["x"]})).code().await,
        (403, Code::CrossSiteRequest)
    );
    let text = server.call(REPORT).body("text/plain", "{}");
    assert_eq!(text.code().await, (415, Code::UnsupportedMediaType));
    for _ in 0..20 {
        assert_eq!(
            server
                .call(REPORT)
                .json(&json!({"Tokens": ["x"]}))
                .code()
                .await,
            (200, Code::Success)
        );
    }
    let answer = server
        .call(REPORT)
        .json(&json!({"Tokens": ["x"]}))
        .send()
        .await;
    assert_eq!(
        (answer.status, answer.code(), answer.header("retry-after")),
        (429, Code::TooManyRequests, "45")
    );
}

/// The log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_reaches_the_log_or_a_refusal() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let by = introspector(&server).await;
    let mut secrets = vec![by.trim_start_matches("Bearer ").to_owned()];
    let mut answers = String::new();
    for (number, ending) in [REVOKE, REPORT].into_iter().enumerate() {
        let real = secret(&server, &cookie, &number.to_string(), &["all"]).await;
        let token = bearer(&server, &real).await;
        for pairs in [
            exchange(&real, &[("scope", "nothing")]),
            exchange(&real, &[("audience", &real)]),
            exchange(&real, &[("actor_token", &real)]),
            exchange(&real, &[("scope", &real), ("resource", &token)]),
            vec![("grant_type", &real), ("subject_token", &real)],
        ] {
            answers += &post(&server, TOKEN, &pairs).send().await.text;
        }
        for shown in [&real, &token] {
            let form = [("token", shown.as_str()), ("token_type_hint", shown)];
            let call = post(&server, INTROSPECT, &form);
            answers += &call.header("Authorization", &by).send().await.text;
            let call = post(&server, INTROSPECT, &form);
            let answer = call.header("Authorization", &format!("Bearer {shown}"));
            answers += &answer.send().await.text;
        }
        answers += &post(&server, REVOKE, &[("token", &token)])
            .send()
            .await
            .text;
        if ending == REVOKE {
            answers += &post(&server, REVOKE, &[("token", &real)]).send().await.text;
        } else {
            answers += &report(&server, &json!({"Tokens": [real, token]})).await;
        }
        answers += &post(&server, TOKEN, &exchange(&real, &[]))
            .send()
            .await
            .text;
        assert!(answers.contains("revoked"));
        secrets.extend([real, token]);
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("/oauth2/introspect") && log.contains("TRACE"));
    for secret in secrets {
        // Its start and its end, in case it was shortened.
        for part in [
            &secret[..secret.len().min(60)],
            &secret[secret.len() - 20..],
        ] {
            assert!(!log.contains(part), "in the log: {part}");
            assert!(!answers.contains(part), "in an answer: {part}");
        }
    }
}
