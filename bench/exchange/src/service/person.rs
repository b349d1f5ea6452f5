//! A user with a session, who makes and revokes tokens.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Installation;
use crate::http::{Connection, Request};

const PASSWORD: &str = "plum-velvet-orbit-91";
const TOKENS: &str = "/api/personalaccesstoken";

/// A user who signed in over HTTP.
pub struct Person {
    connection: Connection,
    to: SocketAddr,
    cookie: String,
}

/// A personal access token.
pub struct PersonalAccessToken(String);

/// One that was made just now.
pub struct Issued {
    pub id: String,
    pub token: PersonalAccessToken,
}

impl Person {
    /// Adds the user. Returns its id.
    pub fn add(installation: &Installation, name: &str) -> Result<String> {
        let add = ["user", "add", name, "--password-stdin", "--output", "json"];
        let user = installation.admin(&add, &format!("{PASSWORD}\n"))?;
        let user: Value = serde_json::from_str(&user)?;
        Ok(user["Id"].as_str().context("no id")?.to_owned())
    }

    /// Signs in at the server that listens there.
    pub fn sign_in(name: &str, to: SocketAddr) -> Result<Self> {
        let mut connection = Connection::open(to)?;
        let credentials = json!({"UserName": name, "Password": PASSWORD});
        connection.body(&post(to, "/api/session", &[], &credentials))?;
        let cookie = connection.header("set-cookie")?.context("no session")?;
        let (cookie, _) = cookie.split_once(';').context("no attributes")?;
        Ok(Self {
            cookie: cookie.to_owned(),
            connection,
            to,
        })
    }

    /// Makes a token that lasts for a day.
    pub fn create(&mut self, name: &str) -> Result<Issued> {
        let expires_at = OffsetDateTime::now_utc() + time::Duration::days(1);
        let new = json!({"Name": name, "ExpiresAt": expires_at.format(&Rfc3339)?});
        let made = self.post(TOKENS, &new)?;
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        Ok(Issued {
            id: text(&made["Token"]["Id"]).context("no id")?,
            token: PersonalAccessToken(text(&made["Secret"]).context("no secret")?),
        })
    }

    /// Gives the token with this id another secret.
    pub fn regenerate(&mut self, id: &str) -> Result<()> {
        self.change(id, "regenerate").map(drop)
    }

    /// Revokes the token with this id. Returns the time of the revocation by the server's clock.
    pub fn revoke(&mut self, id: &str) -> Result<OffsetDateTime> {
        let revoked = self.change(id, "revoke")?;
        let at = revoked["RevokedAt"].as_str().context("not revoked")?;
        Ok(OffsetDateTime::parse(at, &Rfc3339)?)
    }

    /// A request for a path below the tokens' path, in this person's session.
    pub fn get(&self, rest: &str) -> Request {
        Request::get(
            self.to,
            &format!("{TOKENS}{rest}"),
            &[("Cookie", &self.cookie)],
        )
    }

    fn change(&mut self, id: &str, operation: &str) -> Result<Value> {
        let path = format!("{TOKENS}/{id}/{operation}");
        self.post(&path, &json!({}))
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let request = post(self.to, path, &[("Cookie", &self.cookie)], body);
        Ok(self.connection.json(&request)?["Data"].take())
    }
}

impl PersonalAccessToken {
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The request that exchanges it.
    pub fn exchange(&self, at: SocketAddr) -> Request {
        let path = "/api/personalaccesstoken/getAuthenticationToken";
        Request::get(at, path, &[("personalAccessToken", &self.0)])
    }
}

fn post(to: SocketAddr, path: &str, headers: &[(&str, &str)], body: &Value) -> Request {
    Request::post(to, path, headers, "application/json", &body.to_string())
}
