//! Who asks by Trino's protocol: a password is the secret of the access key that the user is ("Password authentication"). Without keys it
//! is whoever reaches the port, under any name.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use subtle::ConstantTimeEq as _;

use super::{Call, Refusal};
use crate::aws::{Caller, Rights};
use crate::listen::Peer;

/// Who was let in, and under which name.
pub(super) struct Asking {
    pub(super) caller: Caller,
    pub(super) user: String,
}

impl Asking {
    /// The only user whose queries the caller may see; `None`: everybody's.
    pub(super) fn only(&self) -> Option<String> {
        self.caller.rights.is_limited().then(|| self.user.clone())
    }
}

impl Call<'_> {
    /// Lets the request in.
    ///
    /// Errors: 401 without a known key and its secret, where there are keys, and where nobody is named; 403 for a password that travelled
    /// in the open, and for a user other than the one whose password it is.
    pub(super) fn authorize(&self) -> Result<Asking, Refusal> {
        let headers = &self.head.headers;
        let named = headers.get("x-trino-user").and_then(|user| user.to_str().ok()).filter(|user| !user.is_empty());
        let basic = basic(headers)?;
        let (request_id, region) = (self.exchange.id, "us-east-1".to_owned());
        let keys = &self.shared.server.keys;
        if !keys.required() {
            let user = named.map(str::to_owned).or(basic.map(|(user, _)| user));
            let user = user.ok_or_else(|| unauthorized("X-Trino-User must be set"))?;
            return Ok(Asking { caller: Caller { request_id, region, rights: Arc::new(Rights::default()), holder: None }, user });
        }
        let (user, secret) =
            basic.ok_or_else(|| unauthorized("Authentication required: the id and the secret of an access key"))?;
        if !self.is_confidential() {
            let why = "Password authentication is only allowed over TLS, or on this machine".to_owned();
            return Err((StatusCode::FORBIDDEN, why));
        }
        let holder = keys.holder(&user, None, Utc::now()).ok();
        let holder = holder.filter(|holder| bool::from(holder.secret().as_bytes().ct_eq(secret.as_bytes())));
        let Some(holder) = holder else {
            self.shared.metrics.unauthorized();
            return Err(unauthorized("Invalid credentials"));
        };
        if let Some(other) = named.filter(|named| *named != user) {
            return Err((StatusCode::FORBIDDEN, format!("Access Denied: User {user} cannot impersonate user {other}")));
        }
        self.exchange.key(&holder.key.id);
        let rights = Arc::clone(&holder.key.rights);
        Ok(Asking { caller: Caller { request_id, region, rights, holder: Some(holder) }, user })
    }

    /// Whether nobody on the way could read the request.
    fn is_confidential(&self) -> bool {
        let peer = Peer::of(self.head).address.ip();
        let forwarded = self.shared.server.front.forwarded(peer, &self.head.headers, "x-forwarded-proto");
        self.shared.server.tls.is_some() || forwarded.map_or(peer.to_canonical().is_loopback(), |scheme| scheme == "https")
    }
}

/// User and password of `Authorization: Basic`.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let encoded = value.to_str().ok().and_then(|value| value.split_once(' '));
    let encoded = encoded.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic")).map(|(_, encoded)| encoded.trim());
    let decoded = encoded.and_then(|encoded| STANDARD.decode(encoded).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.split_once(':')) {
        Some((user, password)) => Ok(Some((user.to_owned(), password.to_owned()))),
        None => Err(unauthorized("Authorization is not a user and a password: only Basic is taken")),
    }
}

fn unauthorized(why: &str) -> Refusal {
    (StatusCode::UNAUTHORIZED, why.to_owned())
}
