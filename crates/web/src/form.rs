//! Forms that a browser posted.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use ats_pat_http::cross_site::{self, Unmarked};
use ats_pat_http::{HttpSettings, is_form, read_body};
use poem::Request;

/// The fields of a form.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form that one of our pages posted.
    ///
    /// # Errors
    /// [`Problem::BodyTooLarge`]; [`Problem::CrossSiteRequest`] if another site posted it;
    /// [`Problem::UnsupportedMediaType`] if the body is not a form; [`Problem::InvalidRequest`] if
    /// it is malformed.
    pub async fn read(request: &mut Request, settings: &HttpSettings) -> Result<Self, Problem> {
        let body = read_body(request).await?;
        cross_site::check(request.headers(), settings.origin(), Unmarked::Refused)?;
        if !is_form(request.headers()) {
            return Err(Problem::UnsupportedMediaType);
        }
        let text = std::str::from_utf8(&body).map_err(|_| Problem::InvalidRequest {
            place: Place::Body,
            path: None,
        })?;
        Ok(Self(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        ))
    }

    /// The value of a field. A field that is missing or repeated is empty.
    pub fn field(&self, name: &str) -> &str {
        let mut values = self
            .0
            .iter()
            .filter(|(field, _)| field == name)
            .map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (Some(value), None) => value,
            _ => "",
        }
    }

    /// Every field with its value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Every value of a field that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}
