//! People who sign in at the identity provider of their company: npm's `oidc-provider`, which is
//! another project's.

mod late;
mod office;
mod program;
mod recipe;
mod way;
