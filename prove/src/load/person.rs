//! A user with a session at one server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::http::{Answer, Caller, Reply, expect};

/// The password that every user begins with.
pub const FIRST_PASSWORD: &str = "plum-velvet-orbit-91";
const TOKENS: &str = "/api/personalaccesstoken";

/// A user who signs in and changes things.
pub struct Person {
    caller: Caller,
    /// The user name for signing in.
    pub name: String,
    /// The password, according to the acknowledged changes.
    pub password: String,
    cookie: Option<String>,
}

impl Person {
    /// A user who is not signed in yet.
    pub fn new(name: String, at: SocketAddr) -> Self {
        Self {
            caller: Caller::new(at),
            name,
            password: FIRST_PASSWORD.to_owned(),
            cookie: None,
        }
    }

    /// Whether there is a session, according to the answers so far.
    pub fn is_signed_in(&self) -> bool {
        self.cookie.is_some()
    }

    /// Makes the next request use a new connection.
    pub fn hang_up(&mut self) {
        self.caller.hang_up();
    }

    /// Forgets the session, which stays valid.
    pub fn forget_session(&mut self) {
        self.cookie = None;
    }

    /// Signs in with this password. Keeps the session if there is one.
    pub fn sign_in(&mut self, password: &str) -> Reply {
        let credentials = json!({"UserName": self.name, "Password": password});
        let reply = self.caller.post_json("/api/session", &[], &credentials);
        if let Reply::Answer(Answer {
            status: 200,
            cookie,
            ..
        }) = &reply
        {
            self.cookie.clone_from(cookie);
        }
        reply
    }

    /// Asks for the user of the session.
    pub fn session(&mut self) -> Reply {
        self.get("/api/session")
    }

    /// Makes a token that lasts for a day.
    pub fn create(&mut self, name: &str) -> Reply {
        let expires_at = OffsetDateTime::now_utc() + time::Duration::days(1);
        let expires_at = expires_at.format(&Rfc3339).unwrap_or_default();
        self.post(TOKENS, &json!({"Name": name, "ExpiresAt": expires_at}))
    }

    /// Gives a token another secret.
    pub fn regenerate(&mut self, id: &str) -> Reply {
        self.post(&format!("{TOKENS}/{id}/regenerate"), &json!({}))
    }

    /// Revokes a token for good.
    pub fn revoke(&mut self, id: &str) -> Reply {
        self.post(&format!("{TOKENS}/{id}/revoke"), &json!({}))
    }

    /// A page of this user's tokens.
    pub fn page(&mut self, number: usize) -> Reply {
        self.get(&format!(
            "{TOKENS}?Page={number}&PageSize=100&Sort=CreatedAt"
        ))
    }

    /// Exchanges a secret for an authentication token.
    pub fn exchange(&mut self, secret: &str) -> Reply {
        exchange(&mut self.caller, secret)
    }

    /// The page that lists this user's tokens.
    pub fn tokens_page(&mut self) -> Reply {
        self.get("/settings/personal-access-tokens")
    }

    /// Signs out by the form of the pages, which answers with 303. The cookie is kept.
    pub fn sign_out(&mut self) -> Reply {
        let cookie = self.cookie.clone().unwrap_or_default();
        let origin = format!("http://{}", self.caller.to());
        self.caller.post(
            "/signout",
            &[("Cookie", &cookie), ("Origin", &origin)],
            "application/x-www-form-urlencoded",
            "",
        )
    }

    /// Like [`new`](Self::new), with the session of another user, at another server.
    pub fn at(&self, at: SocketAddr) -> Self {
        Self {
            name: self.name.clone(),
            password: self.password.clone(),
            cookie: self.cookie.clone(),
            ..Self::new(String::new(), at)
        }
    }

    /// Changes the password by the form of the pages, which answers with 303 and a new session on
    /// success.
    pub fn change_password(&mut self, new: &str) -> Reply {
        let cookie = self.cookie.clone().unwrap_or_default();
        let origin = format!("http://{}", self.caller.to());
        // Passwords of letters, digits and hyphens need no escaping.
        let form = format!(
            "current_password={}&password={new}&password_repeat={new}",
            self.password
        );
        let reply = self.caller.post(
            "/settings/password",
            &[("Cookie", &cookie), ("Origin", &origin)],
            "application/x-www-form-urlencoded",
            &form,
        );
        if let Reply::Answer(Answer {
            status: 303,
            cookie: Some(cookie),
            ..
        }) = &reply
        {
            self.cookie = Some(cookie.clone());
        }
        reply
    }

    fn get(&mut self, path: &str) -> Reply {
        let cookie = self.cookie.clone().unwrap_or_default();
        self.caller.get(path, &[("Cookie", &cookie)])
    }

    fn post(&mut self, path: &str, body: &serde_json::Value) -> Reply {
        let cookie = self.cookie.clone().unwrap_or_default();
        self.caller.post_json(path, &[("Cookie", &cookie)], body)
    }
}

/// Exchanges a secret for an authentication token, each time from another address. Thousands of
/// ended secrets are refused, and an address may fail only so often.
pub fn exchange(caller: &mut Caller, secret: &str) -> Reply {
    static NEXT: AtomicU32 = AtomicU32::new(0x0a00_0000);
    let address = Ipv4Addr::from_bits(NEXT.fetch_add(1, Ordering::Relaxed)).to_string();
    let path = "/api/personalaccesstoken/getAuthenticationToken";
    let headers = [
        ("personalAccessToken", secret),
        ("X-Forwarded-For", &address),
    ];
    caller.get(path, &headers)
}

/// The secret of a token that was made.
pub fn made(reply: Reply) -> Result<String> {
    let answer = expect(reply, 201)?.json();
    let secret = answer["Data"]["Secret"].as_str().context("no secret")?;
    Ok(secret.to_owned())
}
