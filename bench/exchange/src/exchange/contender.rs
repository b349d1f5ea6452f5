//! The programs that are compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::validate::{Expected, validate};
use crate::cores::Cores;
use crate::http::Request;
use crate::load::Pace;
use crate::program::Program;
use crate::sample::{Sample, Settings};
use crate::service::{Cache, Installation, Person, PersonalAccessToken};

/// A contender's place in the table. The ratios are made of these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Hello,
    Mint,
    Floor,
    Hot,
    HotPureRust,
    ColdSqlite,
    ColdPostgres,
    ColdMariadb,
    OidcProvider,
    BetterAuth,
}

impl Name {
    /// The text for table and file.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Mint => "mint alone",
            Self::Floor => "floor",
            Self::Hot => "hot exchange",
            Self::HotPureRust => "hot exchange, pure Rust",
            Self::ColdSqlite => "cold exchange, SQLite",
            Self::ColdPostgres => "cold exchange, PostgreSQL",
            Self::ColdMariadb => "cold exchange, MariaDB",
            Self::OidcProvider => "oidc-provider",
            Self::BetterAuth => "better-auth",
        }
    }
}

/// A program that answers requests.
pub struct Contender {
    pub name: Name,
    pub program: Program,
    pub requests: Vec<Request>,
    // The program's data folder and database.
    _installation: Option<Installation>,
}

impl Contender {
    /// A handler that does nothing.
    pub fn hello(programs: &Path, cores: Cores) -> Result<Self> {
        let program = floor_program(programs, "hello", cores)?;
        let request = Request::get(program.address(), "/", &[]);
        Ok(Self {
            name: Name::Hello,
            requests: vec![request],
            program,
            _installation: None,
        })
    }

    /// The plain handler. It doesn't look at the personal access tokens that it gets, but it reads
    /// as many bytes.
    pub fn floor(
        programs: &Path,
        tokens: &[PersonalAccessToken],
        cores: Cores,
    ) -> Result<(Self, Looks)> {
        let program = floor_program(programs, "floor", cores)?;
        let floor = Self {
            name: Name::Floor,
            requests: exchanges(tokens, &program),
            program,
            _installation: None,
        };
        let looks = floor.validate(&expected(&floor.program, None))?;
        Ok((floor, looks))
    }

    /// The service's server, on an installation with this many tokens of one person. Returns the
    /// tokens, too. Each was exchanged once, so that a cache has it.
    pub fn server(
        name: Name,
        installation: Installation,
        cache: Cache,
        tokens: usize,
        cores: Cores,
    ) -> Result<(Self, Vec<PersonalAccessToken>, Looks)> {
        let program = installation.start(cache, cores)?;
        Person::add(&installation, "ada")?;
        let mut person = Person::sign_in("ada", program.address())?;
        let tokens = (0..tokens)
            .map(|number| Ok(person.create(&format!("token {number}"))?.token))
            .collect::<Result<Vec<_>>>()?;
        let server = Self {
            name,
            requests: exchanges(&tokens, &program),
            program,
            _installation: Some(installation),
        };
        let looks = server.validate(&expected(&server.program, Some("client_id")))?;
        Ok((server, tokens, looks))
    }

    /// A product of another maker, installed in this folder.
    pub fn peer(name: Name, folder: &Path, credentials: usize, cores: Cores) -> Result<Self> {
        let description = folder.join("requests.json");
        let mut command = Command::new("node");
        command
            .arg("server.mjs")
            .arg(&description)
            .arg(credentials.to_string())
            .current_dir(folder)
            .env("NODE_ENV", "production");
        let program = Program::start(command, cores)?;
        let description: Description = serde_json::from_slice(&fs::read(&description)?)
            .with_context(|| format!("{} describes its requests otherwise", name.text()))?;
        let peer = Self {
            name,
            requests: description.requests(&program),
            program,
            _installation: None,
        };
        peer.validate(&Expected {
            key_set: description.key_set,
            token: description.token,
            issuer: description.issuer,
            audience: description.audience,
            distinct: Some(description.distinct),
        })?;
        Ok(peer)
    }

    /// Puts load on it and reads its figures. It is suspended before and after.
    pub fn sample(&self, pace: Pace, settings: Settings) -> Result<Sample> {
        self.program.resume()?;
        let sample = Sample::take(&self.program, &self.requests, pace, settings);
        let sample = sample.with_context(|| self.name.text())?;
        self.program.suspend()?;
        Ok(sample)
    }

    fn validate(&self, expected: &Expected) -> Result<Looks> {
        let validated = validate(self.program.address(), &self.requests, expected);
        let (claims, length) =
            validated.with_context(|| format!("{} is not what it should be", self.name.text()))?;
        Ok(Looks {
            claims: claims.keys().cloned().collect(),
            length,
        })
    }
}

/// The form of an exchange's answer, because the floor has to do the same work as the server.
#[derive(Debug)]
pub struct Looks {
    /// The names of the claims.
    pub claims: Vec<String>,
    /// The length of the body.
    pub length: usize,
}

impl Looks {
    /// Whether both have the same members and about as many bytes. Addresses and names of users
    /// differ in length.
    pub fn resembles(&self, other: &Self) -> bool {
        self.claims == other.claims && self.length.abs_diff(other.length) * 50 < self.length
    }
}

/// How to send requests to a peer, as its script describes it.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    audience: String,
    key_set: String,
    token: String,
    distinct: String,
    requests: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    path: String,
    headers: BTreeMap<String, String>,
    /// A form; without one the request is a GET.
    form: Option<String>,
}

impl Description {
    fn requests(&self, program: &Program) -> Vec<Request> {
        let to = program.address();
        let request = |one: &Described| {
            let headers: Vec<_> = one
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            match &one.form {
                None => Request::get(to, &one.path, &headers),
                Some(form) => {
                    let form_type = "application/x-www-form-urlencoded";
                    Request::post(to, &one.path, &headers, form_type, form)
                }
            }
        };
        self.requests.iter().map(request).collect()
    }
}

fn floor_program(programs: &Path, which: &str, cores: Cores) -> Result<Program> {
    let mut command = Command::new(programs.join("bench-floor"));
    command.arg(which);
    Program::start(command, cores)
}

fn exchanges(tokens: &[PersonalAccessToken], at: &Program) -> Vec<Request> {
    let exchange = |token: &PersonalAccessToken| token.exchange(at.address());
    tokens.iter().map(exchange).collect()
}

fn expected(program: &Program, distinct: Option<&str>) -> Expected {
    Expected {
        key_set: "/.well-known/jwks.json".to_owned(),
        token: "/Data".to_owned(),
        issuer: program.url().to_owned(),
        audience: program.url().to_owned(),
        distinct: distinct.map(ToOwned::to_owned),
    }
}
