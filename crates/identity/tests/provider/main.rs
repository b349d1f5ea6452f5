//! The rules of company sign-in, against a hostile provider over real HTTP.

mod answers;
mod clock;
mod discovery;
mod hostile;
mod id_tokens;
mod jwt;
mod keys;
mod logout;
mod scene;
mod sign_in;
mod user_info;
