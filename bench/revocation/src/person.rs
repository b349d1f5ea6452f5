//! A user with a session, who makes and revokes tokens.

use anyhow::{Context, Result, bail};
use ats_pat_client::{Client, PersonalAccessToken};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::program::Programs;

const PASSWORD: &str = "plum-velvet-orbit-91";

/// A user who signed in over HTTP.
pub struct Person {
    pub name: String,
    http: reqwest::Client,
    server: String,
}

/// A personal access token, and its client.
pub struct Token {
    pub id: String,
    pub client: Client,
}

impl Person {
    /// Adds the user and signs in.
    pub async fn join(programs: &Programs, name: String) -> Result<Self> {
        let add = ["user", "add", &name, "--password-stdin"];
        programs.admin(&add, &format!("{PASSWORD}\n")).await?;
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .no_proxy()
            .build()?;
        let person = Self {
            name,
            http,
            server: programs.server.url.clone(),
        };
        let credentials = json!({"UserName": person.name, "Password": PASSWORD});
        person.post("/api/session", &credentials).await?;
        Ok(person)
    }

    /// Makes a token for orders that lasts for a day.
    pub async fn create(&self, name: &str) -> Result<Token> {
        let expires_at = OffsetDateTime::now_utc() + time::Duration::days(1);
        let new = json!({
            "Name": name,
            "ExpiresAt": expires_at.format(&Rfc3339)?,
            "Scopes": ["orders:read"],
        });
        let data = self.post("/api/personalaccesstoken", &new).await?;
        let secret = data["Secret"].as_str().context("no secret")?;
        let secret = PersonalAccessToken::parse(secret)?;
        Ok(Token {
            id: data["Token"]["Id"].as_str().context("no id")?.to_owned(),
            client: Client::builder(&self.server, secret).build()?,
        })
    }

    pub async fn revoke(&self, token: &Token) -> Result<()> {
        self.change(token, "revoke").await
    }

    pub async fn regenerate(&self, token: &Token) -> Result<()> {
        self.change(token, "regenerate").await
    }

    async fn change(&self, token: &Token, operation: &str) -> Result<()> {
        let path = format!("/api/personalaccesstoken/{}/{operation}", token.id);
        self.post(&path, &json!({})).await.map(drop)
    }

    /// The `Data` of a 2xx answer.
    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}{path}", self.server);
        let answer = self.http.post(url).json(body).send().await?;
        let status = answer.status();
        let mut envelope: Value = answer.json().await?;
        if !status.is_success() {
            bail!("{path} answered {status}: {}", envelope["ErrorMessage"]);
        }
        Ok(envelope["Data"].take())
    }
}
