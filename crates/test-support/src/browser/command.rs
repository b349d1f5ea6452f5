//! Commands that the standard does not have.

use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use hyper::Method;
use serde_json::Value;
use url::{ParseError, Url};

use super::Browser;

/// One command of a session.
#[derive(Debug)]
struct Command {
    path: String,
    body: Option<Value>,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!(
            "session/{}/{}",
            session_id.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        match &self.body {
            Some(body) => (Method::POST, Some(body.to_string())),
            None => (Method::GET, None),
        }
    }
}

impl Browser {
    pub(super) async fn get(&self, path: &str) -> Result<Value, CmdError> {
        let path = path.to_owned();
        self.client.issue_cmd(Command { path, body: None }).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value, CmdError> {
        let (path, body) = (path.to_owned(), Some(body));
        self.client.issue_cmd(Command { path, body }).await
    }

    pub(super) async fn try_script(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<Value, CmdError> {
        self.client.execute(script, arguments).await
    }
}
