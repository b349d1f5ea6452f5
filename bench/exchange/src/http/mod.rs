//! HTTP/1.1 as far as measurements need it: requests that are bytes beforehand, and answers of which no more is read
//! than when they end.

mod answer;
mod connection;
mod request;

pub use answer::{Answer, parse};
pub use connection::Connection;
pub use request::Request;
