//! From the start of the server to its end.

use std::net::SocketAddr;
use std::num::NonZero;
use std::thread;

use ats_pat_api::Interface;
use ats_pat_http::{Both, HttpSettings, Limits, Listeners, Site, Workers};
use ats_pat_program::{Libraries, Opened, Settings, providers};
use ats_pat_scim::Scim;
use ats_pat_service::Service;
use ats_pat_telemetry::Watched;
use ats_pat_web::{Branding, Pages};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::descriptors;
use crate::failure::Failure;
use crate::libraries::SIGNATURES;
use crate::output::say;
use crate::reload::{Load, Reload};
use crate::signals::{Ending, ending, hangup, ignore_others, until};
use crate::sockets::Passed;
use crate::systemd;
use crate::traces::Traces;
use crate::watching::Watching;

/// This runtime starts, watches and ends the server. The workers' runtimes answer requests. There
/// is a worker for each core that the process may use.
#[tokio::main(flavor = "current_thread")]
pub async fn run<L: Load>(
    settings: &Settings,
    passed: Passed,
    reload: Reload<L>,
    traces: Traces,
) -> Result<(), Failure> {
    let ending = ending(settings.drain).map_err(Failure::Signals)?;
    let hangup = hangup().map_err(Failure::Signals)?;
    ignore_others().map_err(Failure::Signals)?;
    // This comes before anything is created, so that an unusable address leaves nothing behind.
    let listeners = listen(settings, passed.callers)?;
    let watch = watch_on(settings.operations_listen, passed.operations).await?;
    let public_url = settings.public_url_at(listeners.local_addr());
    let http = HttpSettings::new(&public_url, settings.trusted_proxies.clone())?;
    let http = traces.of_requests(http);
    let libraries = Libraries {
        signatures: SIGNATURES,
        providers: providers(&settings.providers, http.origin())?,
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
        Both::new(
            ats_pat_api::endpoint(opened.service.clone(), http.clone()),
            ats_pat_scim::endpoint(opened.service.clone(), http.clone()),
        ),
        ats_pat_web::endpoint(opened.service.clone(), http.clone(), branding, &document),
        http,
    );
    let limits = limits(settings);
    let reloading = tokio::spawn(reload.follow(hangup, opened.service.clone()));
    let workers = serve(
        listeners,
        limits,
        site,
        &opened.service,
        &public_url,
        ending,
    )
    .await;
    reloading.abort();
    if let Some(watching) = watching {
        watching.end().await;
    }
    opened.close().await;
    workers?.end().await;
    traces.end().await;
    Ok(())
}

/// Serves until the process is asked to stop. The caller must stop the workers after the database
/// is closed.
async fn serve(
    listeners: Listeners,
    limits: Limits,
    site: Site<Both<Interface, Scim>, Pages>,
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
    service.keep_anchor().await;
    let address = listeners.local_addr();
    let workers = Workers::start(listeners, site, limits).map_err(Failure::Workers)?;
    tracing::info!(%address, public_url, version = env!("CARGO_PKG_VERSION"), "listening");
    say(&format!("listening on http://{address}"));
    systemd::ready();
    let watchdog = tokio::spawn(systemd::watch(workers.pulse()));
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
        systemd::ending();
        service.announce_end();
    };
    tokio::join!(announcement, workers.serve(end()));
    // They end by the same signal; a panic of one is in the log.
    let _ = tokio::join!(maintenance, feed, verification, bulk_jobs);
    watchdog.abort();
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

/// The listeners for callers: on the socket that systemd passed, or else on the address of the
/// settings.
fn listen(
    settings: &Settings,
    passed: Option<std::net::TcpListener>,
) -> Result<Listeners, Failure> {
    let cores = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let Some(socket) = passed else {
        let address = settings.listen;
        let listeners = Listeners::bind(address, cores);
        return listeners.map_err(|error| Failure::of_listening(error, address, "listen"));
    };
    let listeners = Listeners::of_socket(&socket, cores).map_err(Failure::Passed)?;
    let address = listeners.local_addr();
    if address.ip().is_unspecified() && settings.public_url.is_none() {
        return Err(Failure::WildcardWithoutPublicUrl { address });
    }
    Ok(listeners)
}

/// The operations listener, if the operator wants one.
async fn watch_on(
    address: Option<SocketAddr>,
    passed: Option<std::net::TcpListener>,
) -> Result<Option<TcpListener>, Failure> {
    if let Some(socket) = passed {
        let listener = socket
            .set_nonblocking(true)
            .and_then(|()| TcpListener::from_std(socket));
        return listener.map(Some).map_err(Failure::Passed);
    }
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await;
    listener
        .map(Some)
        .map_err(|error| Failure::of_listening(error, address, "operations-listen"))
}
