//! One job, as whoever began it sees it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::scene::Scene;
use crate::clock::now;
use crate::http::{Caller, Reply};
use crate::tally::{Count, Tally};

/// A job that began.
pub struct Job {
    /// How long the preview took.
    pub preview: Duration,
    path: String,
    authorization: String,
}

/// How far a job came.
pub struct Progress {
    /// How many tokens every server refuses.
    pub done: u64,
    pub is_over: bool,
}

impl Job {
    /// Asks how many match, tries a wrong number, and begins.
    pub fn start(scene: &mut Scene, tokens: u64, tally: &Tally) -> Result<Self> {
        let begun = now();
        let preview = scene.revoke_matching(None)?.json();
        let took = now() - begun;
        let count = preview["Data"]["Count"].as_u64().context("no preview")?;
        ensure!(count == tokens, "{count} tokens match, not {tokens}");
        let wrong = scene.revoke_matching(Some(count - 1))?.code();
        ensure!(wrong == 1308, "a wrong number was answered {wrong}");
        let answer = scene.revoke_matching(Some(count))?.json();
        let id = answer["Data"]["JobId"].as_str();
        let id = id.with_context(|| format!("no job: {answer}"))?;
        tally.add(Count::Acknowledged);
        let path = format!("/api/administration/personalaccesstoken/revokeMatching/{id}");
        Ok(Self {
            preview: took,
            path,
            authorization: format!("Bearer {}", scene.key),
        })
    }

    /// How far it came; `None` where the server doesn't answer now.
    pub fn progress(&self, at: SocketAddr) -> Option<Progress> {
        let headers = [("Authorization", self.authorization.as_str())];
        let Reply::Answer(answer) = Caller::new(at).get(&self.path, &headers) else {
            return None;
        };
        let data = &answer.json()["Data"];
        Some(Progress {
            done: data["Done"].as_u64()?,
            is_over: !data["FinishedAt"].is_null(),
        })
    }
}
