//! A service of orders, for programs that call with an ATS authentication token.
#![expect(clippy::print_stdout, reason = "a program says where it listens")]

use std::net::SocketAddr;

use ats_pat_verify::{AuthenticationToken, Error, Verifier, axum::Authenticate};
use axum::{Router, routing::get};
use clap::Parser;
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
    #[arg(long, env, default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
}

async fn orders(token: AuthenticationToken) -> Result<String, Error> {
    token.require_scope("orders:read")?;
    Ok(format!("the orders of {}\n", token.user_name()))
}

async fn whoami(token: AuthenticationToken) -> String {
    format!("{} ({})\n", token.user_name(), token.owner())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::parse();
    let verifier = Verifier::new(settings.issuer, settings.audience)?;
    let routes = Router::new()
        .route("/orders", get(orders))
        .route("/whoami", get(whoami))
        .layer(Authenticate::new(verifier));
    let listener = TcpListener::bind(settings.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}
