//! The progress of a job that revokes many tokens.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_service::{BulkJobView, SignedIn};
use ats_pat_text::Text;
use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};

use super::page;
use crate::administration::operator;
use crate::page::{Frame, Section, render};
use crate::route::Route;
use crate::visit::Visit;

/// The page of a job.
pub const ROUTES: &[Route] = &[Route::page(
    "/settings/all-tokens/jobs/{id}",
    |visit, by, id| Box::pin(show(visit, by, id)),
)];

/// After how many seconds the page of a running job reloads.
const AGAIN_AFTER: HeaderValue = HeaderValue::from_static("3");

#[derive(Template)]
#[template(path = "bulk_job.html")]
struct JobPage {
    frame: Frame,
    text: Text,
    job: BulkJobView,
}

impl JobPage {
    /// Its state in words.
    fn state(&self) -> &'static str {
        match self.job.finished_at {
            None => self.text.bulk_job_goes_on(),
            Some(_) if self.job.done < self.job.count => self.text.bulk_job_stopped(),
            Some(_) => self.text.bulk_job_finished(),
        }
    }
}

/// The address of the page of a job.
pub fn address_of(id: &str) -> String {
    format!("/settings/all-tokens/jobs/{id}")
}

async fn show(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let job = match operator(visit, by)?.bulk_job(id).await {
        Ok(job) => job,
        Err(error) => match visit.problem(error) {
            Problem::TokenNotFound => {
                let alert = visit.text.bulk_job_gone();
                return page(visit, by, Some(alert), StatusCode::NOT_FOUND).await;
            }
            refused => return Err(refused),
        },
    };
    let goes_on = job.finished_at.is_none();
    let page = JobPage {
        frame: Frame::new(visit, Section::AllTokens),
        text: visit.text,
        job,
    };
    let mut response = render(&page, StatusCode::OK);
    if goes_on {
        let headers = response.headers_mut();
        headers.insert(header::REFRESH, AGAIN_AFTER);
    }
    Ok(response)
}
