//! A user with a session, who makes tokens and takes them back.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Installation;
use crate::http::{Connection, Request};

const PASSWORD: &str = "plum-velvet-orbit-91";
const TOKENS: &str = "/api/personalaccesstoken";

/// One who is signed in.
pub struct Person {
    connection: Connection,
    to: SocketAddr,
    cookie: String,
}

/// A personal access token that was made.
pub struct PersonalAccessToken {
    pub secret: String,
}

impl Person {
    /// Adds the user; gives the id.
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
    pub fn create(&mut self, name: &str) -> Result<PersonalAccessToken> {
        let expires_at = OffsetDateTime::now_utc() + time::Duration::days(1);
        let new = json!({"Name": name, "ExpiresAt": expires_at.format(&Rfc3339)?});
        let made = self.post(TOKENS, &new)?;
        let secret = made["Secret"].as_str().context("no secret")?;
        Ok(PersonalAccessToken {
            secret: secret.to_owned(),
        })
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let request = post(self.to, path, &[("Cookie", &self.cookie)], body);
        Ok(self.connection.json(&request)?["Data"].take())
    }
}

impl PersonalAccessToken {
    /// Its exchange.
    pub fn exchange(&self, at: SocketAddr) -> Request {
        let path = "/api/personalaccesstoken/getAuthenticationToken";
        Request::get(at, path, &[("personalAccessToken", &self.secret)])
    }
}

fn post(to: SocketAddr, path: &str, headers: &[(&str, &str)], body: &Value) -> Request {
    Request::post(to, path, headers, "application/json", &body.to_string())
}
