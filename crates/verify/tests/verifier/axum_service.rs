use std::convert::Infallible;

use ats_pat_verify::{AuthenticationToken, Error, Verifier, axum::Authenticate};
use axum::{
    Extension, Router,
    body::Body,
    http::{Request, Response, header},
    routing::get,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::server::Server;

async fn orders(token: AuthenticationToken) -> Result<String, Error> {
    token.require_scope("orders:read")?;
    Ok(token.owner().to_owned())
}

async fn write(token: AuthenticationToken) -> Result<String, Error> {
    token.require_scope("orders:write")?;
    Ok(token.owner().to_owned())
}

fn routes() -> Router {
    Router::new()
        .route("/orders", get(orders))
        .route("/write", get(write))
}

async fn ask(
    service: &mut Router,
    path: &str,
    authorization: &[&str],
) -> (u16, Option<String>, String) {
    let mut request = Request::get(path);
    for value in authorization {
        request = request.header(header::AUTHORIZATION, *value);
    }
    let response = service
        .call(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let challenge = response.headers().get(header::WWW_AUTHENTICATE);
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .unwrap();
    (status, challenge, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn layer_and_extractor_let_good_requests_through_and_answer_the_others() {
    let server = Server::start();
    let verifier = server.verifier();
    let good = format!("Bearer {}", server.issuer.token(1));
    for mut service in [
        routes().layer(Authenticate::new(verifier.clone())),
        routes().layer(Extension(verifier.clone())),
    ] {
        let (status, challenge, body) = ask(&mut service, "/orders", &[&good]).await;
        assert_eq!(
            (status, challenge, body.as_str()),
            (200, None, "01936d3a-7c40-7000-8000-000000000001")
        );
        for (authorization, expected) in [
            (&[][..], 401),
            (&["Bearer x"], 401),
            (&["Bearer"], 400),
            (&[&*good, &*good], 400),
        ] {
            let (status, challenge, _) = ask(&mut service, "/orders", authorization).await;
            assert_eq!(status, expected, "{authorization:?}");
            assert!(challenge.is_some_and(|value| value.starts_with("Bearer ")));
        }
        let (status, challenge, body) = ask(&mut service, "/write", &[&good]).await;
        assert_eq!(
            (status, body.as_str()),
            (403, "the authentication token lacks a scope\n")
        );
        assert!(challenge.unwrap().contains(r#"scope="orders:write""#));
    }
}

#[tokio::test]
async fn the_layer_asks_for_its_scopes_before_the_service_is_run() {
    let server = Server::start();
    let good = format!("Bearer {}", server.issuer.token(1));
    let layer = |scope| {
        Authenticate::new(server.verifier())
            .require_scope("orders:read")
            .require_scope(scope)
    };
    let mut allowed = routes().layer(layer("packages:write"));
    assert_eq!(ask(&mut allowed, "/orders", &[&good]).await.0, 200);
    let mut refused = routes().layer(layer("orders:write"));
    let (status, challenge, _) = ask(&mut refused, "/orders", &[&good]).await;
    assert_eq!(status, 403);
    assert!(challenge.unwrap().contains("scopes=orders:write"));
}

#[tokio::test]
async fn any_service_over_http_can_stand_behind_the_layer() {
    #[derive(Clone)]
    struct Echo;

    impl Service<Request<()>> for Echo {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<String>, Infallible>>;

        fn poll_ready(
            &mut self,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Infallible>> {
            std::task::Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<()>) -> Self::Future {
            let token: &AuthenticationToken = request.extensions().get().unwrap();
            std::future::ready(Ok(Response::new(token.user_name().to_owned())))
        }
    }

    let server = Server::start();
    let mut service = Authenticate::new(server.verifier()).layer(Echo);
    let request = Request::get("/").header(
        header::AUTHORIZATION,
        format!("Bearer {}", server.issuer.token(1)),
    );
    let response = service.call(request.body(()).unwrap()).await.unwrap();
    assert_eq!(response.into_body(), "anna");
    let response = service
        .call(Request::get("/").body(()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn while_nobody_can_tell_it_answers_503_with_a_time_to_come_back() {
    let mut server = Server::start();
    server.kill();
    let verifier: Verifier = server.verifier();
    let mut service = routes().layer(Authenticate::new(verifier));
    let request = Request::get("/orders").header(
        header::AUTHORIZATION,
        format!("Bearer {}", server.issuer.token(1)),
    );
    let response = service
        .call(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "1");
    assert!(response.headers().get(header::WWW_AUTHENTICATE).is_none());
}

#[tokio::test]
async fn a_service_that_was_given_no_verifier_fails() {
    assert_eq!(ask(&mut routes(), "/orders", &[]).await.0, 500);
}
