//! For programs that call ATS APIs: exchanges a personal access token, and always has a valid
//! bearer token.
//!
//! ```
//! use ats_pat_client::{Client, Error, PersonalAccessToken};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #   let url = local_service::start();
//! #   let url = url.as_str();
//! #   let file = local_service::secret_file();
//!     // `url` is "https://pat.example.com". The secret comes from a file or the environment,
//!     // never from an argument.
//!     let secret = std::fs::read_to_string(&file)?;
//! #   std::fs::remove_file(&file)?;
//!     // The line end of the file is not part of the token.
//!     let client = Client::builder(url, PersonalAccessToken::parse(secret.trim_end())?).build()?;
//!
//!     // For each request: the first call exchanges, later ones cost nothing until a new token is
//!     // due.
//!     let bearer = match client.bearer().await {
//!         Ok(bearer) => bearer,
//!         Err(Error::Expired(_) | Error::Revoked(_)) => {
//!             return Err("make a new personal access token".into());
//!         }
//!         Err(error) => return Err(error.into()),
//!     };
//!     let authorization = format!("Bearer {}", bearer.expose());
//! #   assert_eq!(authorization, "Bearer eyJ.eyJ.sig");
//!     // … send the request. If the API answers 401, call `client.invalidate(&bearer)`, and ask
//!     // once more.
//!     Ok(())
//! }
//! # mod local_service {
//! #     use std::io::{Read, Write};
//! #     pub fn secret_file() -> std::path::PathBuf {
//! #         let name = format!("ats-pat-client-{}", std::process::id());
//! #         let file = std::env::temp_dir().join(name);
//! #         let secret = "atspat_00000000000000000000000000000000000000000002CZclj\n";
//! #         std::fs::write(&file, secret).unwrap();
//! #         file
//! #     }
//! #     pub fn start() -> String {
//! #         let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! #         let url = format!("http://{}", listener.local_addr().unwrap());
//! #         std::thread::spawn(move || {
//! #             for stream in listener.incoming() {
//! #                 let mut stream = stream.unwrap();
//! #                 let _ = stream.read(&mut [0; 4096]);
//! #                 let body = r#"{"Data":"eyJ.eyJ.sig","ErrorMessage":"",
//! #                     "ErrorParameters":null,"ResponseCode":1,"GetErrorParameters":""}"#;
//! #                 write!(stream, "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:15:30 GMT\r\n\
//! #                     Ats-Authentication-Token-Expires-At: 2026-11-24T10:20:30.000Z\r\n\
//! #                     Ats-Personal-Access-Token-Expires-At: 2026-12-24T10:20:30.000Z\r\n\
//! #                     Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
//! #                     .unwrap();
//! #             }
//! #         });
//! #         url
//! #     }
//! # }
//! ```
//!
//! [`PersonalAccessToken::parse`] takes the token exactly as it was shown. It refuses a text with
//! anything around the token, even a line end. It wipes its own copy when dropped, not the text
//! that it was given.
//!
//! [`Client::builder_of_file`] takes the token from a file. It can also replace it there, if the
//! owner made the token with `MayRegenerateItself`.
//!
//! With the feature `middleware`, [`reqwest-middleware`](https://docs.rs/reqwest-middleware)
//! clients do all of this.
//!
//! With the feature `transport`, a program can send other requests with a secret to the service in
//! the same careful way.
//!
//! # What it does
//!
//! - [`Client::bearer`] exchanges when there is no token, and when 70 to 80 percent of a token's
//!   lifetime are over. Until the next token is there, callers get the last one. Nothing runs while
//!   the program asks for no token.
//! - A token's lifetime is the time between the answer's `Date` and its
//!   `Ats-Authentication-Token-Expires-At`. It is counted on the monotonic clock from the moment
//!   when the exchange was requested, so the machine's date may be wrong. The clock of a suspended
//!   machine may stand still. In that case the API answers 401, and [`Client::invalidate`] helps.
//! - Many callers cause one exchange. A caller that goes away doesn't cancel it for the others.
//! - With [`Builder::audience`], tokens are only for the APIs that it names. An answer without
//!   `Ats-Authentication-Token-Audience`, or with another audience in it, gives no token. Without
//!   it the client doesn't read that header, so that services of earlier releases, which don't send
//!   it, still work.
//! - 429, 502, 503, 504 and failures of the network are tried again, with growing waits and as
//!   `Retry-After` asks. A refusal is not tried again, nor is a certificate that is not trusted.
//!   While an exchange fails, a token that is still valid is returned. A refusal ends it.
//!
//! # Invariants
//!
//! - The personal access token is sent only to the origin that made it, over https or within this
//!   machine. The client follows no redirect, and no proxy reads the token.
//! - This crate writes neither token into `Debug`, an error, a URL or a log. Both are wiped when
//!   dropped.
//! - An answer is read up to 64 KiB, for a limited time, and is accepted only in the service's own
//!   form.
//!
//! # What it does not know
//!
//! It doesn't read what a token says, because that is for the API. It doesn't decide where the
//! secret is kept, except for the file of [`Client::builder_of_file`]. It reads no settings.

mod answer;
mod audience;
mod bearer;
mod builder;
mod client;
mod error;
mod exchange;
mod keeper;
mod lifetime;
#[cfg(feature = "middleware")]
mod middleware;
mod origin;
mod retry;
mod secret_file;
mod token_cache;
mod transport;

pub use ats_pat_token::{Malformed, PersonalAccessToken};

#[cfg(feature = "middleware")]
pub use crate::middleware::BearerMiddleware;
#[cfg(feature = "transport")]
pub use crate::transport::{Response, Transport, secret_header};
pub use crate::{
    bearer::Bearer,
    builder::Builder,
    client::Client,
    error::{Error, Refusal},
};
