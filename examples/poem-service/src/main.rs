//! A service of orders, for programs that call with an ATS authentication token.
#![expect(clippy::print_stdout, reason = "a program says where it listens")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "so poem hands over what it extracts"
)]

use std::net::SocketAddr;

use ats_pat_verify::{AuthenticationToken, Error, Verifier, poem::Authenticate};
use clap::Parser;
use poem::listener::TcpAcceptor;
use poem::{EndpointExt as _, Route, Server, get, handler};
use tokio::net::TcpListener;

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
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::parse();
    let verifier = Verifier::new(settings.issuer, settings.audience)?;
    let routes = Route::new()
        .at("/orders", get(orders))
        .at("/whoami", get(whoami))
        .with(Authenticate::new(verifier));
    let listener = TcpListener::bind(settings.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?)
        .run(routes)
        .await?;
    Ok(())
}
