//! Credentials that last for a while, as STS gives them. Nothing is kept of them: the token says whose they are and until when, and
//! a code over it, made with the secret of the key that asked, shows that it is ours. Without that key they are worth nothing.

use std::sync::Arc;

use aws_sigv4::sign::v4::calculate_signature;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::file::Secret;
use super::{Holder, Known};
use crate::signature::Refused;

/// What a client is given.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
}

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    /// The key that asked.
    key: String,
    id: String,
    name: String,
    /// Seconds since 1970.
    expires: i64,
}

impl Session {
    /// Credentials with the id `id` for whoever holds `key`, as `name` (`ROLE/SESSION`).
    pub(crate) fn new(key: &Known, id: String, name: String, expires: DateTime<Utc>) -> Self {
        let claims = Claims { key: key.id.clone(), id, name, expires: expires.timestamp() };
        // Three strings and a number are always JSON.
        let text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap_or_default());
        let token = format!("{text}.{}", code(key, "token", &text));
        Self { id: claims.id, secret: secret(key, &text), token }
    }
}

/// Whose the credentials with this token and id are.
///
/// Errors: `BadToken`, `ExpiredToken`.
pub(super) fn holder(
    token: &str,
    id: &str,
    now: DateTime<Utc>,
    key: impl FnOnce(&str) -> Option<Arc<Known>>,
) -> Result<Holder, Refused> {
    let (text, signed) = token.split_once('.').ok_or(Refused::BadToken)?;
    let decoded = URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::BadToken)?;
    let claims: Claims = serde_json::from_slice(&decoded).map_err(|_| Refused::BadToken)?;
    let key = key(&claims.key).ok_or(Refused::BadToken)?;
    let ours = code(&key, "token", text);
    if !bool::from(ours.as_bytes().ct_eq(signed.as_bytes())) || claims.id != id {
        return Err(Refused::BadToken);
    }
    if claims.expires <= now.timestamp() {
        return Err(Refused::ExpiredToken);
    }
    let secret = Secret(secret(&key, text));
    Ok(Holder { key, session: Some(claims.name), secret })
}

fn secret(key: &Known, text: &str) -> String {
    let mut secret = code(key, "secret", text);
    secret.truncate(40);
    secret
}

/// Codes for different purposes are different.
fn code(key: &Known, purpose: &str, text: &str) -> String {
    calculate_signature(&key.secret.0, format!("civetta session {purpose}\n{text}").as_bytes())
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    #[test]
    fn a_session_is_its_keys_until_it_ends() {
        let key = |id: &str, secret: &str| {
            Arc::new(Known { id: id.into(), secret: Secret(secret.into()), name: None, rights: Arc::default() })
        };
        let (mine, now) = (key("AKIAMINE", "s"), Utc::now());
        let Session { id, secret, token } = Session::new(&mine, "ASIA1".into(), "role/me".into(), now + Duration::hours(1));
        let find = |id: &str| (id == "AKIAMINE").then(|| Arc::clone(&mine));
        let found = holder(&token, &id, now, find).unwrap();
        assert_eq!((found.secret(), found.session.as_deref(), found.key.id.as_str()), (&*secret, Some("role/me"), "AKIAMINE"));
        assert!(!token.contains(&secret));

        let later = now + Duration::hours(2);
        assert!(matches!(holder(&token, &id, later, find), Err(Refused::ExpiredToken)));
        let mut forged = token.clone().into_bytes();
        forged[3] ^= 1;
        for (token, id, secret) in [
            (token.as_str(), "ASIA2", "s"),
            (token.as_str(), "ASIA1", "another"),
            (std::str::from_utf8(&forged).unwrap(), "ASIA1", "s"),
            ("nonsense", "ASIA1", "s"),
            ("", "ASIA1", "s"),
        ] {
            assert!(matches!(holder(token, id, now, |id| Some(key(id, secret))), Err(Refused::BadToken)), "{token} {id}");
        }
        assert!(matches!(holder(&token, &id, now, |_| None), Err(Refused::BadToken)), "the key is gone");
    }
}
