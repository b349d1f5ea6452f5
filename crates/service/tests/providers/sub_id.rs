//! The claim `sub_id` (RFC 9493): who the owner of a token is at the company's provider.

use ats_pat_test_support::world::{ADDRESS, DAY};
use ats_pat_test_support::{TestDatabase, on_every_database};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::scene::{Company, ISSUER, PARTNER, partner, person};

/// The claim in the authentication token for this secret.
async fn sub_id(company: &Company, secret: &SecretString) -> Value {
    let secret = secret.expose_secret().as_bytes();
    let exchanged = company.service.exchange(&[secret], ADDRESS).await.unwrap();
    let token = exchanged.token.expose_secret().to_owned();
    let payload = token.split('.').nth(1).unwrap();
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    claims["sub_id"].clone()
}

fn of(issuer: &str, subject: &str) -> Value {
    json!({"format": "iss_sub", "iss": issuer, "sub": subject})
}

#[on_every_database]
async fn authentication_tokens_name_the_identity_that_their_owner_signed_in_with_last(
    database: &TestDatabase,
) {
    let company = Company::new(database).await;
    let local = company.world.signed_in("bob").await;
    let of_bob = company.world.create(&local, "ci", DAY).await.unwrap();
    assert_eq!(sub_id(&company, &of_bob.secret).await, Value::Null);

    let ada = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let issued = company.world.create(&ada, "ci", DAY).await.unwrap();
    // From the database, and from memory.
    for _ in 0..2 {
        assert_eq!(sub_id(&company, &issued.secret).await, of(ISSUER, "1"));
    }
    let operator = company.service.operator();
    operator.link_identity("ada", PARTNER, "7").await.unwrap();
    let elsewhere = company.sign_in_at(&company.partner, partner("7", "ada"), None);
    let elsewhere = elsewhere.await.unwrap();
    // A new one, because a sign-in takes nothing away, so that memory may lag behind it.
    let of_elsewhere = company.world.create(&elsewhere, "cd", DAY).await.unwrap();
    let named = sub_id(&company, &of_elsewhere.secret).await;
    assert_eq!(named, of(PARTNER, "7"));
    // Without that identity it is the other one again.
    operator
        .unlink_identity("ada", Some("partner"))
        .await
        .unwrap();
    assert_eq!(sub_id(&company, &issued.secret).await, of(ISSUER, "1"));
    operator.unlink_identity("ada", None).await.unwrap();
    assert_eq!(sub_id(&company, &issued.secret).await, Value::Null);
    company.verified().await;
}
