//! For programs that call ATS APIs: hold a personal access token, and always have a bearer token that holds.
//!
//! ```
//! use ats_pat_client::{Client, Error, PersonalAccessToken};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #   let url = local_service::start();
//! #   let url = url.as_str();
//! #   let file = local_service::secret_file();
//!     // `url` is "https://pat.example.com"; the secret comes from a file or the environment, never from an argument.
//!     let secret = std::fs::read_to_string(&file)?;
//! #   std::fs::remove_file(&file)?;
//!     // Files end with a line end, which is none of the token.
//!     let client = Client::builder(url, PersonalAccessToken::parse(secret.trim_end())?).build()?;
//!
//!     // For each request: the first call exchanges, later ones cost nothing until a new token is due.
//!     let bearer = match client.bearer().await {
//!         Ok(bearer) => bearer,
//!         Err(Error::Expired(_) | Error::Revoked(_)) => return Err("make a new personal access token".into()),
//!         Err(error) => return Err(error.into()),
//!     };
//!     let authorization = format!("Bearer {}", bearer.expose());
//! #   assert_eq!(authorization, "Bearer eyJ.eyJ.sig");
//!     // … send the request. Where the API answers 401: `client.invalidate(&bearer)`, and ask once more.
//!     Ok(())
//! }
//! # mod local_service {
//! #     use std::io::{Read, Write};
//! #     pub fn secret_file() -> std::path::PathBuf {
//! #         let file = std::env::temp_dir().join(format!("ats-pat-client-{}", std::process::id()));
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
//! #                 let body = r#"{"Data":"eyJ.eyJ.sig","ErrorMessage":"","ErrorParameters":null,"ResponseCode":1,"GetErrorParameters":""}"#;
//! #                 write!(stream, "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:15:30 GMT\r\n\
//! #                     Ats-Authentication-Token-Expires-At: 2026-11-24T10:20:30.000Z\r\n\
//! #                     Ats-Personal-Access-Token-Expires-At: 2026-12-24T10:20:30.000Z\r\n\
//! #                     Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
//! #             }
//! #         });
//! #         url
//! #     }
//! # }
//! ```
//!
//! [`PersonalAccessToken::parse`] takes the token exactly as it was shown, and refuses what stands around it, a line end
//! too. It wipes its own copy when dropped, not the text that it was given.
//!
//! [`Client::builder_of_file`] takes the token from a file, and can replace it there by itself, if its owner made it with
//! `MayRegenerateItself`.
//!
//! With the feature `middleware`, [`reqwest-middleware`](https://docs.rs/reqwest-middleware) clients do all this by
//! themselves.
//!
//! # What it does
//!
//! - [`Client::bearer`] exchanges when nothing is at hand, and once 70 to 80 percent of a token's lifetime are over;
//!   the token at hand is served meanwhile. Nothing runs while nobody asks.
//! - Lifetimes count on the monotonic clock from the moment an exchange was asked for, and are what lies between the
//!   answer's `Date` and its `Ats-Authentication-Token-Expires-At`: the machine's own time and date may be wrong.
//!   A suspended machine's clock may stand still: the API's 401 and [`Client::invalidate`] are the way out.
//! - Many callers cause one exchange. One who goes away does not cancel it for the others.
//! - With [`Builder::audience`], tokens are only for the APIs that it names. An answer that does not say so in
//!   `Ats-Authentication-Token-Audience`, or names another audience, gives no token. Without it that header is not looked
//!   at, so that services of earlier releases, which don't send it, can still be asked.
//! - 429, 502, 503, 504 and failures of the network are tried again, with growing waits and as `Retry-After` asks.
//!   A refusal is not, nor is a certificate that is not trusted. While an exchange fails, a token that still holds is served; a refusal ends it.
//!
//! # Invariants
//!
//! - The personal access token goes to the one origin it was made for, over https or within this machine; no redirect
//!   is followed, and no proxy reads it.
//! - Neither token reaches `Debug`, an error, a URL or a log by way of this crate. Both are wiped when dropped.
//! - An answer is read up to 64 KiB, for a limited time, and counts only in the service's own form.
//!
//! # What it does not know
//!
//! What a token says: that is between the service and the API. Where the secret is kept, but for the file of
//! [`Client::builder_of_file`], and any setting.

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

pub use ats_pat_token::{Malformed, PersonalAccessToken};

#[cfg(feature = "middleware")]
pub use crate::middleware::BearerMiddleware;
pub use crate::{
    bearer::Bearer,
    builder::Builder,
    client::Client,
    error::{Error, Refusal},
};
