//! The server: settings, wiring, listeners, signals.

mod descriptors;
mod output;
mod providers;
mod signals;
mod watching;

use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::process::ExitCode;
use std::thread;

use ats_pat_api::Interface;
use ats_pat_auth::SignatureProvider;
use ats_pat_http::{HttpSettings, Limits, Listeners, NotAnOrigin, Site, Workers};
use ats_pat_program::{
    CommonFlags, Libraries, Opened, ServerFlags, Settings, StartError, parse, report, start_logging,
};
use ats_pat_service::Service;
use ats_pat_telemetry::Watched;
use ats_pat_web::{Branding, Pages};
use clap::Parser;
use mimalloc::MiMalloc;
use providers::WrongProvider;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use output::say;
use signals::{Ending, ending, ignore_others, until};
use watching::Watching;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The library that signs in this build.
#[cfg(feature = "aws-lc")]
const SIGNATURES: SignatureProvider = SignatureProvider::AwsLc;
#[cfg(not(feature = "aws-lc"))]
const SIGNATURES: SignatureProvider = SignatureProvider::Dalek;

/// Serves personal access tokens and exchanges them for authentication tokens.
///
/// Settings come from the file of --config, the environment (`ATS_PAT_…`) and flags. The last of
/// them wins.
#[derive(Parser)]
#[command(name = "ats-pat-server", version)]
struct Arguments {
    #[command(flatten)]
    common: CommonFlags,
    #[command(flatten)]
    server: ServerFlags,
}

fn main() -> ExitCode {
    let arguments: Arguments = match parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(usage) => return usage.report(),
    };
    let settings = match Settings::load(
        &arguments.common,
        Some(&arguments.server),
        std::env::vars_os(),
    ) {
        Ok(settings) => settings,
        Err(error) => {
            report(&error);
            return ExitCode::from(2);
        }
    };
    start_logging(&settings, "info");
    tracing::trace!(?settings, "settings, of all sources");
    match run(&settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// This runtime starts, watches and ends the server. The workers' runtimes answer requests. There
/// is a worker for each core that the process may use.
#[tokio::main(flavor = "current_thread")]
async fn run(settings: &Settings) -> Result<(), Failure> {
    let ending = ending(settings.drain).map_err(Failure::Signals)?;
    ignore_others().map_err(Failure::Signals)?;
    // This comes before anything is created, so that an unusable address leaves nothing behind.
    let listeners = listen(settings.listen)?;
    let watch = watch_on(settings.operations_listen).await?;
    let public_url = settings.public_url_at(listeners.local_addr());
    let http = HttpSettings::new(&public_url, settings.trusted_proxies.clone())?;
    let libraries = Libraries {
        signatures: SIGNATURES,
        providers: providers::all(&settings.providers, http.origin())?,
    };
    let stop = until(ending.clone(), Ending::Announced);
    let opened = Opened::open_patiently(settings, &public_url, libraries, stop).await?;
    let Some(opened) = opened else {
        return Ok(());
    };
    let branding = Branding {
        product_name: settings.product_name.clone(),
        accent_color: settings.accent_color,
    };
    let document = ats_pat_api::document(http.is_https());
    let watching = watch.map(|listener| {
        let watched = Watched {
            service: opened.service.clone(),
            http: http.clone(),
            data_dir: settings.data_dir.clone(),
            version: env!("CARGO_PKG_VERSION"),
        };
        Watching::start(listener, watched, ending.clone())
    });
    let site = Site::new(
        ats_pat_api::endpoint(opened.service.clone(), http.clone()),
        ats_pat_web::endpoint(opened.service.clone(), http, branding, &document),
    );
    let limits = limits(settings);
    let workers = serve(
        listeners,
        limits,
        site,
        &opened.service,
        &public_url,
        ending,
    )
    .await;
    if let Some(watching) = watching {
        watching.end().await;
    }
    opened.close().await;
    workers?.end().await;
    Ok(())
}

/// Serves until the process is asked to stop. The caller must stop the workers after the database
/// is closed.
async fn serve(
    listeners: Listeners,
    limits: Limits,
    site: Site<Interface, Pages>,
    service: &Service,
    public_url: &str,
    ending: watch::Receiver<Ending>,
) -> Result<Workers, Failure> {
    if let Some(code) = service.make_setup_link().await? {
        // This is only shown at the terminal, because the log goes to other places and lives
        // longer.
        say(&format!(
            "set-up link: {public_url}/setup#{}",
            code.expose_secret()
        ));
    }
    let address = listeners.local_addr();
    let workers = Workers::start(listeners, site, limits).map_err(Failure::Workers)?;
    tracing::info!(%address, public_url, version = env!("CARGO_PKG_VERSION"), "listening");
    say(&format!("listening on http://{address}"));
    let end = || until(ending.clone(), Ending::Now);
    let maintenance = tokio::spawn({
        let (service, end) = (service.clone(), end());
        async move { service.run_maintenance(end).await }
    });
    let feed = tokio::spawn({
        let (service, end) = (service.clone(), end());
        async move { service.run_feed(end).await }
    });
    let verification = tokio::spawn({
        let (service, end) = (service.clone(), end());
        async move { service.run_verification(end).await }
    });
    let bulk_jobs = tokio::spawn({
        let (service, end) = (service.clone(), end());
        async move { service.run_bulk_jobs(end).await }
    });
    let announcement = async {
        until(ending.clone(), Ending::Announced).await;
        service.announce_end();
    };
    tokio::join!(announcement, workers.serve(end()));
    // They end by the same signal; a panic of one is in the log.
    let _ = tokio::join!(maintenance, feed, verification, bulk_jobs);
    Ok(workers)
}

fn limits(settings: &Settings) -> Limits {
    let connections = descriptors::enough_for(settings.connections);
    let per_address = settings.connections_per_address;
    Limits {
        connections,
        connections_per_address: per_address.unwrap_or((connections / 4).max(1)),
        excepted: [&Limits::LOOPBACK[..], &settings.trusted_proxies].concat(),
        ..Limits::default()
    }
}

fn listen(address: SocketAddr) -> Result<Listeners, Failure> {
    let cores = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    Listeners::bind(address, cores).map_err(|error| Failure::of_listening(error, address, "listen"))
}

/// The operations listener, if the operator wants one.
async fn watch_on(address: Option<SocketAddr>) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await;
    listener
        .map(Some)
        .map_err(|error| Failure::of_listening(error, address, "operations-listen"))
}

/// Why the server ended without being asked to.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the system's signals can't be waited for")]
    Signals(#[source] io::Error),
    #[error(
        "another program listens on {address}: stop it, or name another address by `{setting}`"
    )]
    AddressInUse {
        address: SocketAddr,
        setting: &'static str,
    },
    #[error(
        "can't listen on {address}: name an address of this machine by `{setting}`, with a port that this user may open"
    )]
    Listen {
        address: SocketAddr,
        setting: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("the system has no more threads or open files to give: raise the limits of this user")]
    Workers(#[source] io::Error),
    #[error(transparent)]
    PublicUrl(#[from] NotAnOrigin),
    #[error(transparent)]
    Provider(#[from] WrongProvider),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    SetupLink(#[from] ats_pat_service::Error),
}

impl Failure {
    fn of_listening(source: io::Error, address: SocketAddr, setting: &'static str) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse { address, setting },
            _ => Self::Listen {
                address,
                setting,
                source,
            },
        }
    }
}
