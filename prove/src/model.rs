//! The tool's knowledge about a token: its possible states, according to the answers.

/// The states that the server may show for a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// The token doesn't exist.
    Missing,
    /// It is active, and the secret that the tool knows is its current one.
    Active,
    /// It is active with a secret whose answer was lost.
    Replaced,
    /// It is revoked. Its last secret is the one that the tool knows, or is unknown.
    Revoked,
}

/// A change under way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// The token is made.
    Create,
    /// It gets another secret.
    Regenerate,
    /// The token is revoked.
    Revoke,
}

/// A token by the answers so far.
pub struct Token {
    /// Its name, which no other token has.
    pub name: String,
    /// Known after an answer has told it.
    pub id: Option<String>,
    /// The last secret in an answer.
    pub secret: Option<String>,
    /// A secret that an acknowledged change replaced, or the end of the token.
    pub ended: Option<String>,
    /// The state after the last acknowledged change.
    state: State,
    /// The change of unknown outcome, if there is one.
    uncertain: Option<Change>,
    /// Whether it was changed since its last comparison with the server.
    pub is_touched: bool,
    /// Whether the server's answers about it contradicted each other. That is reported once, and
    /// then the token is no longer used.
    pub is_given_up: bool,
}

impl Token {
    /// A token that is about to be requested.
    pub fn new(name: String) -> Self {
        Self {
            name,
            id: None,
            secret: None,
            ended: None,
            state: State::Missing,
            uncertain: None,
            is_touched: true,
            is_given_up: false,
        }
    }

    /// The state after the last acknowledged change.
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether the outcome of a change is unknown.
    pub fn is_uncertain(&self) -> bool {
        self.uncertain.is_some()
    }

    /// Whether changes may be requested.
    pub fn is_usable(&self) -> bool {
        !self.is_given_up
            && !self.is_uncertain()
            && matches!(self.state, State::Active | State::Replaced)
    }

    /// The creation was acknowledged.
    pub fn created(&mut self, id: String, secret: String) {
        self.id = Some(id);
        self.secret = Some(secret);
        self.settle(State::Active);
    }

    /// The new secret was acknowledged. Returns the secret that ended.
    pub fn regenerated(&mut self, secret: String) -> Option<String> {
        let ended = self.secret.replace(secret);
        self.ended.clone_from(&ended);
        self.settle(State::Active);
        ended
    }

    /// The end was acknowledged. Returns the secret that ended.
    pub fn revoked(&mut self) -> Option<String> {
        self.settle(State::Revoked);
        self.secret.clone()
    }

    /// The outcome of `change` is unknown.
    pub fn doubt(&mut self, change: Change) {
        self.uncertain = Some(change);
        self.is_touched = true;
    }

    /// The states that are possible after the answers so far: two while the outcome of a change is
    /// unknown.
    pub fn allowed(&self) -> Vec<State> {
        let after = self.uncertain.map(|change| match change {
            Change::Create | Change::Regenerate => State::Replaced,
            Change::Revoke => State::Revoked,
        });
        let mut allowed = vec![self.state];
        allowed.extend(after.filter(|after| *after != self.state));
        allowed
    }

    /// Accepts the state that the server shows. Returns whether the change of unknown outcome had
    /// happened, if there was one.
    pub fn adopt(&mut self, state: State) -> Option<bool> {
        let uncertain = self.uncertain.take();
        // A token without a known secret looks the same before and after an uncertain regeneration.
        let happened = uncertain.map(|_| state != self.state);
        if state == State::Replaced {
            let ended = self.secret.take();
            self.ended = ended.or(self.ended.take());
        }
        self.state = state;
        self.is_touched = false;
        happened
    }

    fn settle(&mut self, state: State) {
        self.state = state;
        self.uncertain = None;
        self.is_touched = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active() -> Token {
        let mut token = Token::new("t".to_owned());
        token.created("id".to_owned(), "one".to_owned());
        token
    }

    #[test]
    fn an_acknowledged_change_allows_one_state() {
        let mut token = active();
        assert_eq!(token.allowed(), [State::Active]);
        assert_eq!(token.regenerated("two".to_owned()).as_deref(), Some("one"));
        assert_eq!(token.revoked().as_deref(), Some("two"));
        assert_eq!(token.allowed(), [State::Revoked]);
    }

    #[test]
    fn an_uncertain_change_allows_two() {
        let mut token = active();
        token.doubt(Change::Regenerate);
        assert_eq!(token.allowed(), [State::Active, State::Replaced]);
        assert_eq!(token.adopt(State::Replaced), Some(true));
        assert_eq!((&token.secret, token.is_usable()), (&None, true));
        token.doubt(Change::Revoke);
        assert_eq!(token.adopt(State::Replaced), Some(false));
        assert_eq!(token.ended.as_deref(), Some("one"));
    }

    #[test]
    fn an_uncertain_creation_may_not_have_happened() {
        let mut token = Token::new("t".to_owned());
        token.doubt(Change::Create);
        assert_eq!(token.allowed(), [State::Missing, State::Replaced]);
        assert_eq!(token.adopt(State::Missing), Some(false));
    }
}
