//! The metadata of the authorization server (RFC 8414; OpenID Connect Discovery 1.0, section 3).

use ats_pat_domain::Problem;
use ats_pat_service::Service;
use poem::Response;
use poem::http::{Method, header};
use serde_json::{Map, Value, json};

use super::error::Refusal;
use super::path::{INTROSPECT, REVOKE, TOKEN};
use super::token::TOKEN_EXCHANGE;

/// Both documents, without the offered scopes, because the policy can change those.
pub struct Metadata {
    service: Service,
    authorization_server: Map<String, Value>,
    openid_configuration: Map<String, Value>,
}

impl Metadata {
    /// The documents of a deployment.
    pub fn of(service: &Service) -> Self {
        let members = members(service);
        let mut openid = members.clone();
        // Frameworks that know only OpenID Connect require these members. There is no authorization
        // page and no ID token. Only authentication tokens are signed.
        openid.insert("subject_types_supported".to_owned(), json!(["public"]));
        openid.insert(
            "id_token_signing_alg_values_supported".to_owned(),
            json!(["EdDSA"]),
        );
        Self {
            service: service.clone(),
            authorization_server: members,
            openid_configuration: openid,
        }
    }

    /// The answer. Anybody may read it and cache it for five minutes.
    pub async fn answer(&self, method: &Method, is_openid: bool) -> Result<Response, Refusal> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Err(Problem::MethodNotAllowed {
                allow: vec!["GET", "HEAD"],
            }
            .into());
        }
        let document = if is_openid {
            &self.openid_configuration
        } else {
            &self.authorization_server
        };
        let mut document = document.clone();
        // The member is optional, so it is left out if the scopes can't be read now.
        if let Ok(scopes) = self.service.scope_names().await {
            document.insert("scopes_supported".to_owned(), json!(scopes));
        }
        Ok(Response::builder()
            .content_type("application/json")
            .header(header::CACHE_CONTROL, "public, max-age=300")
            .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
            .body(Value::Object(document).to_string()))
    }
}

fn members(service: &Service) -> Map<String, Value> {
    let issuer = service.issuer();
    let at = |path: &str| json!(format!("{issuer}{path}"));
    [
        ("issuer", json!(issuer)),
        ("jwks_uri", at("/.well-known/jwks.json")),
        ("token_endpoint", at(TOKEN)),
        ("introspection_endpoint", at(INTROSPECT)),
        ("revocation_endpoint", at(REVOKE)),
        ("status_list_aggregation_endpoint", at("/status-lists")),
        ("service_documentation", at("/docs#oauth")),
        ("grant_types_supported", json!([TOKEN_EXCHANGE])),
        ("response_types_supported", json!([])),
        ("token_endpoint_auth_methods_supported", json!(["none"])),
        (
            "revocation_endpoint_auth_methods_supported",
            json!(["none"]),
        ),
        (
            "introspection_endpoint_auth_methods_supported",
            json!(["Bearer"]),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
