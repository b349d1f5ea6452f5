//! The parts of HTTP/1.1 that measurements need. Requests are prepared as bytes, and answers are
//! only read as far as needed to find their end.

mod answer;
mod connection;
mod request;

pub use answer::{Answer, parse};
pub use connection::Connection;
pub use request::Request;
