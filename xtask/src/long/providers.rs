//! Lets people sign in at identity providers of other projects: canaille, and LemonLDAP::NG of
//! Debian.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::server::{self, Server};
use crate::clients::python;
use crate::process::Signals;
use crate::steps::step;
use crate::{apt, workspace};

const REQUIREMENTS: &str = include_str!("providers/requirements.txt");
/// What a person does in a browser. Each of the others is one provider.
const PERSON: (&str, &str) = ("person.py", include_str!("providers/person.py"));
const CANAILLE: (&str, &str) = ("at_canaille.py", include_str!("providers/at_canaille.py"));
const LEMONLDAP: (&str, &str) = ("at_lemonldap.py", include_str!("providers/at_lemonldap.py"));
/// What LemonLDAP::NG needs as an identity provider, with a web server of its own.
const PACKAGES: [&str; 3] = [
    "liblemonldap-ng-portal-perl",
    "libio-string-perl",
    "libstring-random-perl",
];
/// A file of the first of these packages.
const PORTAL: &str = "/usr/share/perl5/Lemonldap/NG/Portal/Main.pm";
/// A file of each of the others.
const MODULES: [&str; 2] = [
    "/usr/share/perl5/IO/String.pm",
    "/usr/share/perl5/String/Random.pm",
];
/// The name of the provider in the settings.
const NAME: &str = "corp";

/// Fails if somebody can't sign in there, or goes on after leaving.
pub fn run(programs: Option<&PathBuf>, signals: &Signals) -> Result<()> {
    let tools = workspace::root().join("target/tools/long-providers");
    step("canaille at hand", || {
        python::packages(&tools, REQUIREMENTS, signals)
    })?;
    step("LemonLDAP::NG at hand", || {
        let files = [PORTAL].into_iter().chain(MODULES);
        let is_there = files.map(Path::new).all(Path::is_file);
        let missing = if is_there { &[][..] } else { &PACKAGES[..] };
        apt::ensure(missing, "leave this part out", signals)
    })?;
    let folder = server::programs(programs, signals)?;
    for (name, script) in [PERSON, CANAILLE, LEMONLDAP] {
        std::fs::write(tools.join(name), script)?;
    }
    for (what, script) in [
        ("a person of canaille", CANAILLE.0),
        ("a person of LemonLDAP::NG", LEMONLDAP.0),
    ] {
        step(what, || sign_in(&folder, &tools, script, signals))?;
    }
    Ok(())
}

fn sign_in(folder: &Path, tools: &Path, script: &str, signals: &Signals) -> Result<()> {
    // The provider takes the port a moment later.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let issuer = format!("http://127.0.0.1:{port}");
    let settings = [
        ("ATS_PAT_OIDC_CORP_ISSUER", &*issuer),
        ("ATS_PAT_OIDC_CORP_CLIENT_ID", "ats"),
        ("ATS_PAT_OIDC_CORP_CLIENT_SECRET", "secret-of-this-run"),
        ("ATS_PAT_OIDC_CORP_SCOPES", "openid profile email groups"),
        ("ATS_PAT_OIDC_CORP_ALLOWED_GROUPS", "staff"),
    ];
    let server = Server::start(folder, &settings)?;
    let mut person = python::program_in(tools, "python3");
    person.current_dir(tools).arg(script).arg(port.to_string());
    signals.succeed(person.args([server.address(), NAME]))
}
