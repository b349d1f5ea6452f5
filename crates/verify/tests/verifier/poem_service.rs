use ats_pat_verify::{AuthenticationToken, Error, poem::Authenticate};
use poem::{
    Endpoint, EndpointExt, Request, Response, Route, get, handler,
    http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE},
};

use crate::server::Server;

#[expect(clippy::needless_pass_by_value, reason = "extractors give values")]
#[handler]
fn orders(token: AuthenticationToken) -> Result<String, Error> {
    token.require_scope("orders:read")?;
    Ok(token.owner().to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "extractors give values")]
#[handler]
fn write(token: AuthenticationToken) -> Result<String, Error> {
    token.require_scope("orders:write")?;
    Ok(token.owner().to_owned())
}

fn routes() -> Route {
    Route::new()
        .at("/orders", get(orders))
        .at("/write", get(write))
}

async fn ask(service: &impl Endpoint, path: &str, authorization: &[&str]) -> Response {
    let mut request = Request::builder().uri(path.parse().unwrap());
    for value in authorization {
        request = request.header(AUTHORIZATION, *value);
    }
    service.get_response(request.finish()).await
}

async fn judge(service: &impl Endpoint, server: &Server) {
    let good = format!("Bearer {}", server.issuer.token(1));
    let answer = ask(service, "/orders", &[&good]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.into_body().into_string().await.unwrap(),
        "01936d3a-7c40-7000-8000-000000000001"
    );
    for (authorization, expected) in [
        (&[][..], 401),
        (&["Bearer x"], 401),
        (&["Bearer"], 400),
        (&[&*good, &*good], 400),
    ] {
        let answer = ask(service, "/orders", authorization).await;
        assert_eq!(answer.status(), expected, "{authorization:?}");
        let challenge = answer.headers().get(WWW_AUTHENTICATE).unwrap();
        assert!(challenge.to_str().unwrap().starts_with("Bearer "));
    }
    let answer = ask(service, "/write", &[&good]).await;
    assert_eq!(answer.status(), 403);
    let challenge = answer.headers().get(WWW_AUTHENTICATE).unwrap();
    assert!(
        challenge
            .to_str()
            .unwrap()
            .contains(r#"scope="orders:write""#)
    );
    assert_eq!(
        answer.into_body().into_string().await.unwrap(),
        "the authentication token lacks a scope\n"
    );
}

#[tokio::test]
async fn middleware_and_extractor_let_good_requests_through_and_answer_the_others() {
    let server = Server::start();
    let verifier = server.verifier();
    judge(&routes().with(Authenticate::new(verifier.clone())), &server).await;
    judge(&routes().data(verifier), &server).await;
}

#[tokio::test]
async fn the_middleware_asks_for_its_scopes_before_the_endpoint_is_run() {
    let server = Server::start();
    let good = format!("Bearer {}", server.issuer.token(1));
    let middleware = |scope| {
        Authenticate::new(server.verifier())
            .require_scope("orders:read")
            .require_scope(scope)
    };
    let allowed = routes().with(middleware("packages:write"));
    assert_eq!(ask(&allowed, "/orders", &[&good]).await.status(), 200);
    let refused = routes().with(middleware("orders:write"));
    let answer = ask(&refused, "/orders", &[&good]).await;
    assert_eq!(answer.status(), 403);
    let challenge = answer.headers().get(WWW_AUTHENTICATE).unwrap();
    assert!(challenge.to_str().unwrap().contains("scopes=orders:write"));
}

#[tokio::test]
async fn while_nobody_can_tell_it_answers_503_with_a_time_to_come_back() {
    let mut server = Server::start();
    server.kill();
    let service = routes().with(Authenticate::new(server.verifier()));
    let good = format!("Bearer {}", server.issuer.token(1));
    let answer = ask(&service, "/orders", &[&good]).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers().get(RETRY_AFTER).unwrap(), "1");
    assert!(answer.headers().get(WWW_AUTHENTICATE).is_none());
}

#[tokio::test]
async fn a_service_that_was_given_no_verifier_fails() {
    assert_eq!(ask(&routes(), "/orders", &[]).await.status(), 500);
}
