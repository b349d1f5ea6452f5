//! The interface of the service, served by the test itself.

use std::thread::JoinHandle;

use ats_pat_http::{HttpSettings, Limits, serve};
use ats_pat_program::{Access, CommonFlags, Opened, Settings};
use ats_pat_service::SignatureProvider;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::program::Admin;

/// The interface over the database of `admin`, on a port of its own. It ends when this is dropped.
pub struct Interface {
    pub url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Interface {
    pub fn over(admin: &Admin) -> Self {
        Self::serving(admin, &[])
    }

    /// The same with these settings.
    pub fn serving(admin: &Admin, environment: &[(&str, &str)]) -> Self {
        let flags = CommonFlags {
            data_dir: Some(admin.path("ats-pat-data").display().to_string().into()),
            ..CommonFlags::default()
        };
        let environment = environment
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let settings = Settings::load(&flags, None, environment).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (said, url) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let url = format!("http://{}", listener.local_addr().unwrap());
                let opened = Opened::open(
                    &settings,
                    &url,
                    Access::Server,
                    SignatureProvider::default(),
                )
                .await
                .unwrap();
                let http = HttpSettings::new(&url, Vec::new()).unwrap();
                let endpoint = ats_pat_api::endpoint(opened.service.clone(), http);
                said.send(url).unwrap();
                let stopped = async move { drop(stopped.await) };
                let service = opened.service.clone();
                let jobs = tokio::spawn(async move {
                    service.run_bulk_jobs(std::future::pending()).await;
                });
                serve(listener, endpoint, Limits::default(), stopped).await;
                jobs.abort();
                opened.close().await;
            });
        });
        Self {
            url: url.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        self.stop.take();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
