//! The metadata of the authorization server.

use super::{INTROSPECT, TOKEN, introspector, post, server, tell};

const METADATA: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn metadata_names_every_endpoint_and_that_of_openid_has_two_more_members() {
    let server = server().await;
    let mut text = String::new();
    let metadata = server.call(&format!("GET {METADATA}")).send().await;
    tell(&mut text, METADATA, &metadata);
    let openid = server.call(&format!("GET {OPENID}")).send().await;
    tell(&mut text, OPENID, &openid);
    let openid = openid.json();
    let openid = openid.as_object().unwrap();
    for (name, value) in metadata.json().as_object().unwrap() {
        assert_eq!(&openid[name], value, "{name}");
    }
    insta::assert_snapshot!("metadata", text);
    for path in [METADATA, OPENID] {
        let head = server.call(&format!("HEAD {path}")).send().await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        for method in ["POST", "OPTIONS"] {
            let refused = server.call(&format!("{method} {path}")).send().await;
            assert_eq!(
                (refused.status, refused.header("allow")),
                (405, "GET, HEAD")
            );
            assert_eq!(refused.json()["error"], "invalid_request");
        }
        let other = server.call(&format!("GET {path}/")).send().await;
        assert_eq!(other.status, 404);
    }
}

#[tokio::test]
async fn the_issuer_is_that_of_the_tokens() {
    let server = server().await;
    let by = introspector(&server).await;
    let token = by.trim_start_matches("Bearer ");
    let call = post(&server, INTROSPECT, &[("token", token)]);
    let told = call.header("Authorization", &by).send().await.json();
    let metadata = server.call(&format!("GET {METADATA}")).send().await.json();
    let issuer = metadata["issuer"].as_str().unwrap();
    assert_eq!(metadata["token_endpoint"], format!("{issuer}{TOKEN}"));
    assert_eq!(told["iss"], issuer);
}
