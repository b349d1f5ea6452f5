//! The metrics: the name of each figure, and what it means.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ats_pat_domain::Code;
use ats_pat_http::HttpSettings;
use ats_pat_service::{Figures, Service};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text};
use prometheus_client::registry::Registry;

use crate::sheet::{Labels, Sheet, number};

/// What the metrics are about.
#[derive(Clone)]
pub struct Watched {
    /// The use cases, which note figures.
    pub service: Service,
    /// The interface, which counts requests.
    pub http: HttpSettings,
    /// The folder whose disk is looked at.
    pub data_dir: PathBuf,
    /// The version of the program.
    pub version: &'static str,
}

/// How the metrics are written.
pub(crate) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Every metric now. An error means that there is no memory.
pub(crate) fn write(watched: &Watched) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("ats_pat");
    registry.register_collector(Box::new(Metrics(watched.clone())));
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry)?;
    Ok(text)
}

struct Metrics(Watched);

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Self(watched) = self;
        let mut sheet = Sheet(&mut encoder);
        let figures = watched.service.figures();
        sheet.gauges(
            "build_info",
            "The program that runs; always 1",
            [(label("version", watched.version), 1.0)],
        )?;
        requests(&mut sheet, &watched.http)?;
        exchanges(&mut sheet, &figures)?;
        work(&mut sheet, &figures)?;
        sign_ins(&mut sheet, &figures)?;
        event_log(&mut sheet, &figures, watched)?;
        changes(&mut sheet, &figures)?;
        database(&mut sheet, &figures)?;
        tokens(&mut sheet, &figures)?;
        traces(&mut sheet, &watched.http)?;
        disk(&mut sheet, watched)
    }
}

fn requests(sheet: &mut Sheet<'_, '_>, http: &HttpSettings) -> fmt::Result {
    let traffic = http.traffic();
    sheet.counters(
        "http_requests",
        "Requests that were answered, by route template, HTTP status and response code; code 0 for answers without one",
        traffic.requests().into_iter().map(|request| {
            let labels = vec![
                ("method", request.method.to_owned()),
                ("route", request.route),
                ("status", request.status.to_string()),
                ("code", request.code.to_string()),
            ];
            (labels, request.count)
        }),
    )?;
    sheet.counters(
        "untrusted_forwards",
        "Requests with X-Forwarded-For from a peer that is not in trusted-proxies",
        [(Vec::new(), http.untrusted_forwards())],
    )?;
    sheet.durations(
        "http_request_duration_seconds",
        "Time from the head of a request to its answer; the kind exchange is the operation getAuthenticationToken",
        traffic
            .durations()
            .into_iter()
            .map(|(kind, measured)| (label("kind", kind.as_str()), measured)),
    )
}

fn exchanges(sheet: &mut Sheet<'_, '_>, figures: &Figures) -> fmt::Result {
    sheet.counters(
        "exchanges",
        "Exchanges, at the API and at the OAuth endpoint, by outcome",
        outcomes(&figures.exchanges),
    )?;
    sheet.counters(
        "exchange_cache_lookups",
        "Looks for a grant in the cache; after a miss the database is asked",
        [
            (label("result", "hit"), figures.cache_hits),
            (label("result", "miss"), figures.cache_misses),
        ],
    )?;
    sheet.gauge(
        "exchange_cache_grants",
        "Grants in the cache",
        Some(number(figures.cached_grants)),
    )
}

fn work(sheet: &mut Sheet<'_, '_>, figures: &Figures) -> fmt::Result {
    let classes = || figures.work.iter();
    sheet.gauges(
        "work_under_way",
        "Work that uses the database or hashes passwords now, by class",
        classes().map(|work| (label("class", work.class), number(work.under_way))),
    )?;
    sheet.gauges(
        "work_waiting",
        "Work that waits for its turn, by class",
        classes().map(|work| (label("class", work.class), number(work.waiting))),
    )?;
    sheet.counters(
        "work_shed",
        "Requests that were refused because they could not have been answered in time, by class",
        classes().map(|work| (label("class", work.class), work.shed)),
    )
}

fn sign_ins(sheet: &mut Sheet<'_, '_>, figures: &Figures) -> fmt::Result {
    sheet.counters(
        "sign_ins",
        "Sign-ins with a password, by outcome",
        outcomes(&figures.sign_ins),
    )?;
    let limited = figures.limited.iter();
    sheet.counters(
        "limited_requests",
        "Requests that a limit refused, by the limit",
        limited.map(|(limit, count)| (label("limit", limit), *count)),
    )
}

fn event_log(sheet: &mut Sheet<'_, '_>, figures: &Figures, watched: &Watched) -> fmt::Result {
    sheet.gauge(
        "lease_valid",
        "1 while exchanges may be answered from memory, otherwise 0",
        Some(truth(figures.lease_holds)),
    )?;
    sheet.gauge(
        "lease_age_seconds",
        "Time since the last complete poll of the event log began; absent without a lease",
        figures.lease_age.map(|age| age.as_secs_f64()),
    )?;
    sheet.durations(
        "feed_lag_seconds",
        "Time from an event to its application in this server; includes the difference of the clocks",
        [(Vec::new(), figures.feed_lag.clone())],
    )?;
    sheet.gauge(
        "event_log_head",
        "The number of the last event that this server knows",
        Some(number(u64::try_from(figures.log_head).unwrap_or_default())),
    )?;
    let now = watched.service.now();
    let age = figures.last_event_at.map(|at| now.since(at));
    sheet.gauge(
        "event_log_head_age_seconds",
        "Time since the last event that this server knows; absent until it knows one",
        age.as_ref().map(Duration::as_secs_f64),
    )?;
    sheet.gauge(
        "event_log_lost",
        "1 if the event log lacks what this server saw before: the database went back",
        Some(truth(figures.log_is_lost)),
    )?;
    sheet.gauge(
        "differing_rows",
        "Rows that were found to differ from the event log",
        Some(number(figures.differing_rows)),
    )
}

fn changes(sheet: &mut Sheet<'_, '_>, figures: &Figures) -> fmt::Result {
    let under_way = u64::try_from(figures.changes_under_way).unwrap_or_default();
    sheet.gauge(
        "changes_under_way",
        "Changes that wait for their turn, or have it",
        Some(number(under_way)),
    )?;
    sheet.counters(
        "changes",
        "Changes that ended, by outcome",
        outcomes(&figures.changes),
    )?;
    sheet.durations(
        "commit_duration_seconds",
        "Time that the database took to commit a change",
        [(Vec::new(), figures.commits.clone())],
    )
}

fn database(sheet: &mut Sheet<'_, '_>, figures: &Figures) -> fmt::Result {
    let pools = || figures.store.pools.iter();
    sheet.gauges(
        "database_connections",
        "Open connections to the database, by what they are for",
        pools().flat_map(|pool| {
            let of = |state: &'static str| {
                vec![("pool", pool.name.to_owned()), ("state", state.to_owned())]
            };
            let used = pool.open.saturating_sub(pool.idle);
            [(of("idle"), pool.idle.into()), (of("used"), used.into())]
        }),
    )?;
    sheet.gauges(
        "database_connections_max",
        "How many connections there may be",
        pools().map(|pool| (label("pool", pool.name), pool.most.into())),
    )?;
    let statements = figures.store.statements.iter();
    sheet.durations(
        "database_statement_duration_seconds",
        "Time of statements outside changes, with the wait for a connection, by what they are for",
        statements.map(|(purpose, measured)| (label("purpose", purpose), measured.clone())),
    )
}

fn tokens(sheet: &mut Sheet<'_, '_>, figures: &Figures) -> fmt::Result {
    let counts = figures.tokens;
    let by_status = counts.into_iter().flat_map(|counts| {
        [
            ("active", counts.active),
            ("expired", counts.expired),
            ("revoked", counts.revoked),
        ]
    });
    sheet.gauges(
        "tokens",
        "Personal access tokens by status, counted every five minutes",
        by_status.map(|(status, count)| (label("status", status), number(count))),
    )?;
    sheet.gauge(
        "tokens_expiring",
        "Active personal access tokens that expire within seven days, counted every five minutes",
        counts.map(|counts| number(counts.expiring)),
    )
}

/// A server that makes no traces has no values.
fn traces(sheet: &mut Sheet<'_, '_>, http: &HttpSettings) -> fmt::Result {
    let figures = http.tracer().map(|tracer| tracer.figures());
    sheet.counters(
        "trace_spans",
        "Spans of traces: exported to the collector, or dropped because it did not take them in time",
        figures.into_iter().flat_map(|figures| {
            [
                (label("result", "exported"), figures.exported),
                (label("result", "dropped"), figures.dropped),
            ]
        }),
    )
}

fn disk(sheet: &mut Sheet<'_, '_>, watched: &Watched) -> fmt::Result {
    let disk = rustix::fs::statvfs(&watched.data_dir).ok();
    sheet.gauge(
        "disk_free_bytes",
        "Room that is left for this user on the disk of the data folder",
        disk.as_ref()
            .map(|disk| number(disk.f_bavail.saturating_mul(disk.f_frsize))),
    )?;
    sheet.gauge(
        "disk_size_bytes",
        "Size of the disk of the data folder",
        disk.map(|disk| number(disk.f_blocks.saturating_mul(disk.f_frsize))),
    )
}

fn outcomes(counts: &[(Code, u64)]) -> impl Iterator<Item = (Labels, u64)> {
    counts
        .iter()
        .map(|(code, count)| (label("outcome", code.name()), *count))
}

fn label(name: &'static str, value: &str) -> Labels {
    vec![(name, value.to_owned())]
}

fn truth(is_true: bool) -> f64 {
    f64::from(u8::from(is_true))
}
