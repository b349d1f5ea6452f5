//! The tour with the client that progenitor makes.

use std::error::Error as StdError;

use ats_pat_api_client::types::{
    CreatePersonalAccessTokenRequest, ErrorEnvelope, PersonalAccessTokenStatus, SignInRequest,
    TokenSort,
};
use ats_pat_api_client::{Client, Error};
use chrono::{TimeDelta, Utc};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName};

fn client(
    base_url: &str,
    credential: Option<(HeaderName, &str)>,
) -> Result<Client, Box<dyn StdError>> {
    let mut headers = HeaderMap::new();
    if let Some((name, value)) = credential {
        headers.insert(name, value.parse()?);
    }
    let http = reqwest::Client::builder()
        .cookie_store(true)
        .no_proxy()
        .default_headers(headers)
        .build()?;
    Ok(Client::new_with_client(base_url, http))
}

fn say_refused<T>(answer: Result<T, Error<ErrorEnvelope>>) {
    if let Err(Error::ErrorResponse(refused)) = answer {
        let parameters = refused.error_parameters.as_deref().unwrap_or_default();
        let said = format!(
            "refused: {} {}",
            refused.response_code,
            parameters.join(",")
        );
        println!("{}", said.trim_end());
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, base_url, password] = &arguments[..] else {
        return Err("tour URL PASSWORD".into());
    };
    let session = client(base_url, None)?;
    let credentials = SignInRequest {
        user_name: "ada".to_owned(),
        password: password.clone(),
    };
    let signed_in = session.sign_in().body(credentials).send().await?;
    println!("signed in as {}", signed_in.data.user_name);

    let new = CreatePersonalAccessTokenRequest {
        name: "tour".to_owned(),
        expires_at: Utc::now() + TimeDelta::days(1),
        description: None,
        scopes: None,
        allowed_networks: None,
        may_regenerate_itself: None,
        regenerates_until: None,
    };
    let created = session
        .create_personal_access_token()
        .body(new.clone())
        .send()
        .await?;
    let token = &created.data.token;
    // Only a repeated request is answered without a secret.
    let secret = created.data.secret.as_deref().ok_or("no secret")?;
    let last_used = token
        .last_used_at
        .map_or("never".to_owned(), |time| time.to_string());
    println!(
        "created {}: {}, last used {last_used}",
        token.name, token.status
    );
    say_refused(
        session
            .create_personal_access_token()
            .body(new)
            .send()
            .await,
    );

    let listed = session
        .list_personal_access_tokens()
        .search("TOUR")
        .status(PersonalAccessTokenStatus::Active)
        .sort(TokenSort::XCreatedAt)
        .send()
        .await?;
    let names: Vec<_> = listed.data.items.iter().map(|token| &*token.name).collect();
    println!("listed {} of {}", names.join(","), listed.data.total);

    let header = HeaderName::from_static("personalaccesstoken");
    let script = client(base_url, Some((header, secret)))?;
    let exchanged = script.get_authentication_token().send().await?;
    let bearer = format!("Bearer {}", exchanged.data);
    let service = client(base_url, Some((AUTHORIZATION, &bearer)))?;
    let identity = service.get_identity().send().await?;
    println!(
        "speaks for {} with {}",
        identity.data.user_name,
        identity.data.scopes.join(",")
    );

    let revoked = session
        .revoke_personal_access_token()
        .id(token.id)
        .send()
        .await?;
    println!("revoked: {}", revoked.data.status);
    say_refused(script.get_authentication_token().send().await);
    Ok(())
}
