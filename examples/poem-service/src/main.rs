//! A service of orders, for programs that call with an ATS authentication token.
#![expect(clippy::print_stdout, reason = "a program says where it listens")]
#![expect(clippy::print_stderr, reason = "a program says why it ends")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "so poem hands over what it extracts"
)]

use std::{
    error::Error as StdError,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    process::ExitCode,
};

use ats_pat_verify::{AuthenticationToken, Error, Verifier, poem::Authenticate};
use clap::Parser;
use poem::listener::TcpAcceptor;
use poem::{EndpointExt as _, Route, Server, get, handler};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(version, about)]
struct Settings {
    /// The public URL of the personal access token service
    #[arg(long, env)]
    issuer: String,
    /// The name of this service among the issuer's audiences
    #[arg(long, env)]
    audience: String,
    /// The address and port to serve on
    #[arg(long, env, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// What is logged to standard error; `ats_pat_verify=debug` tells why each request is refused
    #[arg(long, env = "RUST_LOG", default_value = "info")]
    log: String,
}

#[handler]
fn orders(token: AuthenticationToken) -> Result<String, Error> {
    token.require_scope("orders:read")?;
    Ok(format!("the orders of {}\n", token.user_name()))
}

#[handler]
fn whoami(token: AuthenticationToken) -> String {
    format!("{} ({})\n", token.user_name(), token.owner())
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Settings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(settings: Settings) -> Result<(), Box<dyn StdError>> {
    let Settings { listen, log, .. } = settings;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(log)?)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let verifier = Verifier::new(settings.issuer, settings.audience)?;
    if let Err(error) = verifier.ready().await {
        // It goes on trying: the issuer may start later than this service.
        tracing::warn!("{error}: tokens are refused until the issuer answers");
    }
    let routes = Route::new()
        .at("/orders", get(orders))
        .at("/whoami", get(whoami))
        .with(Authenticate::new(verifier));
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("can't listen on {listen}: {error}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?)
        .run(routes)
        .await?;
    Ok(())
}
