//! Signing in and out, and the cookie of the session.

use ats_pat_domain::Code;
use ats_pat_test_support::world::PASSWORD;
use serde_json::json;

use crate::fixture::Server;

#[tokio::test]
async fn the_valid_one_of_several_session_cookies_counts() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    assert!(cookie.starts_with("__Host-ats_session="), "{cookie}");
    let get = || server.call("GET /api/session");
    let twin = "__Host-ats_session=x";
    for cookies in [
        cookie.clone(),
        format!("{cookie}; {cookie}"),
        format!("{twin}; {cookie}"),
        format!("{cookie}; {twin}"),
    ] {
        assert_eq!(
            get().cookie(&cookies).code().await,
            (200, Code::Success),
            "{cookies}"
        );
    }
    assert_eq!(
        get().cookie(twin).cookie(&cookie).code().await,
        (200, Code::Success)
    );
    let another = server.sign_in("bob").await;
    for cookies in [
        format!("{cookie}; {another}"),
        cookie.replace("__Host-", ""),
        format!("{twin}; {twin}y"),
    ] {
        assert_eq!(
            get().cookie(&cookies).code().await,
            (401, Code::SignInRequired),
            "{cookies}"
        );
    }
    let end = server.call("DELETE /api/session");
    let end = end.cookie(&format!("{twin}; {cookie}"));
    assert_eq!(end.code().await, (200, Code::Success));
    assert_eq!(
        get().cookie(&cookie).code().await,
        (401, Code::SignInRequired)
    );
}

#[tokio::test]
async fn signing_in_ends_the_session_that_it_replaces() {
    let server = Server::start().await;
    let before = server.sign_in("ada").await;
    let kept = server.sign_in("bob").await;
    let body = json!({"UserName": "ada", "Password": PASSWORD});
    let wrong = json!({"UserName": "ada", "Password": "wrong"});
    let get = |cookie: &str| server.call("GET /api/session").cookie(cookie);
    let sign_in = || server.call("POST /api/session").cookie(&before);
    assert_eq!(
        sign_in().json(&wrong).code().await,
        (401, Code::InvalidCredentials)
    );
    assert_eq!(get(&before).code().await, (200, Code::Success));
    assert_eq!(sign_in().json(&body).code().await, (200, Code::Success));
    assert_eq!(get(&before).code().await, (401, Code::SignInRequired));
    assert_eq!(get(&kept).code().await, (200, Code::Success));
}

#[tokio::test]
async fn signing_out_succeeds_without_a_session_and_ends_the_cookie() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    for cookie in [cookie.as_str(), cookie.as_str(), "", "__Host-ats_session=x"] {
        let answer = server
            .call("DELETE /api/session")
            .cookie(cookie)
            .send()
            .await;
        assert_eq!((answer.status, answer.code()), (200, Code::Success));
        assert!(
            answer.header("set-cookie").ends_with("; Max-Age=0"),
            "{}",
            answer.header("set-cookie")
        );
    }
    assert_eq!(
        server.call("GET /api/session").cookie(&cookie).code().await,
        (401, Code::SignInRequired)
    );
}

#[tokio::test]
async fn guessing_passwords_is_slowed_and_the_answer_says_how_long() {
    let server = Server::with(|settings| settings.sign_in_failures_per_quarter_hour = 2).await;
    server.world.add_user("ada").await;
    let guess = || {
        server
            .call("POST /api/session")
            .json(&json!({"UserName": "ada", "Password": "wrong-horse-1234"}))
    };
    for _ in 0..2 {
        assert_eq!(guess().code().await, (401, Code::InvalidCredentials));
    }
    let slowed = guess().send().await;
    assert_eq!((slowed.status, slowed.code()), (429, Code::TooManyRequests));
    let seconds = slowed.header("retry-after");
    assert_eq!(slowed.parameters(), seconds);
    let limit = ["ratelimit-policy", "ratelimit"].map(|name| slowed.header(name));
    let told = [
        r#""sign-in";q=2;w=900"#,
        &format!(r#""sign-in";r=0;t={seconds}"#),
    ];
    assert_eq!(limit, told);
}
