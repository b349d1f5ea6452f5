//! The attributes of tests that run on several databases. `ats-pat-test-support` has what they
//! call, and gives them on.
//!
//! Each makes one test of an `async fn name(database: &TestDatabase)`. It runs on the databases
//! that `ATS_PAT_TEST_DATABASES` names, one after the other, so its name is the same for all of
//! them. With `each = VALUES` the function has a second parameter, and every value gets databases
//! of its own. All else in the parentheses is for `tokio::test`.

use proc_macro::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Error, ItemFn, Meta, Token};

/// An empty database of every kind, but no cluster.
#[proc_macro_attribute]
pub fn on_every_database(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand("on_every_database", arguments, function)
}

/// As [`macro@on_every_database`], on those that are reached by a network.
#[proc_macro_attribute]
pub fn on_every_server(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand("on_every_server", arguments, function)
}

/// As [`macro@on_every_database`], on clusters too.
#[proc_macro_attribute]
pub fn on_every_deployment(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand("on_every_deployment", arguments, function)
}

fn expand(runner: &str, arguments: TokenStream, function: TokenStream) -> TokenStream {
    let arguments = Punctuated::<Meta, Token![,]>::parse_terminated.parse(arguments);
    arguments
        .and_then(|arguments| Ok(test(runner, &arguments, syn::parse(function)?)))
        .unwrap_or_else(|error| error.into_compile_error().into())
}

fn test(
    runner: &str,
    arguments: &Punctuated<Meta, Token![,]>,
    mut function: ItemFn,
) -> TokenStream {
    let runner = format_ident!("{runner}");
    let (each, for_tokio): (Vec<&Meta>, Vec<&Meta>) = arguments
        .iter()
        .partition(|argument| argument.path().is_ident("each"));
    let attributes = std::mem::take(&mut function.attrs);
    let name = &function.sig.ident;
    let mut run = quote! { ::ats_pat_test_support::database::#runner(#name).await; };
    for argument in each {
        let values = argument.require_name_value().map(|pair| &pair.value);
        let values = values.map_or_else(Error::into_compile_error, ToTokens::to_token_stream);
        run = quote! {
            for value in #values {
                ::ats_pat_test_support::database::#runner(async |database| {
                    #name(database, value).await;
                })
                .await;
            }
        };
    }
    let test = quote! {
        #(#attributes)*
        #[::tokio::test(#(#for_tokio),*)]
        async fn #name() {
            #function
            #run
        }
    };
    test.into()
}
