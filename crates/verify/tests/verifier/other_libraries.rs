//! What another library says about the same tokens.

use ats_pat_token::Claims;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};

use crate::{
    issuer::{AUDIENCE, KEYS, NOW},
    server::Server,
};

#[tokio::test]
async fn jsonwebtoken_accepts_the_same_token_by_the_same_keys_and_refuses_the_list() {
    let server = Server::start();
    let token = server.issuer.token(1);
    assert!(server.verifier().verify(&token).await.is_ok());

    let set: JwkSet = serde_json::from_slice(&server.issuer.answer(KEYS, None).body).unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[server.issuer.url()]);
    // The library uses the machine's clock.
    validation.validate_exp = false;
    let theirs = jsonwebtoken::decode::<Claims>(&token, &key, &validation).unwrap();
    assert_eq!(theirs.claims, server.issuer.claims(1));
    assert!(theirs.claims.exp > NOW);

    let list = server.issuer.signed_list();
    assert!(jsonwebtoken::decode::<Claims>(&list, &key, &validation).is_err());
}
