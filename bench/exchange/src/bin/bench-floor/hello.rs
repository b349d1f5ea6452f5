//! The fastest program that Poem can serve.

use anyhow::Result;
use poem::listener::TcpAcceptor;
use poem::{Route, Server, get, handler};
use tokio::net::TcpListener;

/// Serves on a free port, on one single-threaded runtime.
#[tokio::main(flavor = "current_thread")]
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let routes = Route::new().at("/", get(hello));
    Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?)
        .run(routes)
        .await?;
    Ok(())
}

#[handler]
fn hello() -> &'static str {
    "hello"
}
