//! The page Operator keys: administrators list, make and revoke the keys by which programs
//! administer.

mod list;
mod make;
mod scene;
mod sign_in;
