//! Who asks: Basic or Bearer credentials, checked before a byte of the body is read.
//!
//! The key is the password of Basic or the token of Bearer. The login of Basic may be anything; the
//! program prints the key's id there. Which vendor shape a refusal has is not known here.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::app::Access;
use crate::keys::{KeyError, KeyId, Refused};

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The account number in task ids.
    pub(crate) account: u16,
    /// The id of the key that was shown; `None` where nobody needs one.
    pub(crate) login: Option<KeyId>,
}

/// How a key may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schemes {
    /// As the password of Basic, or as the token of Bearer.
    BasicOrBearer,
    /// As the token of Bearer.
    Bearer,
}

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    #[error("no credentials: send Basic (any login, the key as password) or Bearer with the key")]
    Missing,
    #[error("no Bearer credentials: send Authorization: Bearer with the key")]
    NoBearer,
    #[error("the Authorization header is neither Basic nor Bearer, or is malformed")]
    Malformed,
    #[error(transparent)]
    Refused(Refused),
    #[error("without keys the server answers to localhost and IP addresses only, not to the name in Host")]
    ForeignHost,
    #[error("the keys cannot be read")]
    Keys(#[source] KeyError),
}

impl Access {
    /// Lets in or not. Looks at the file system at most once, for the version of the key file.
    pub(crate) fn admit(&self, headers: &HeaderMap, uri: &Uri, schemes: Schemes) -> Result<Caller, AuthError> {
        let store = match self {
            Self::Open if is_local_host(headers, uri) => return Ok(Caller { account: 0, login: None }),
            Self::Open => return Err(AuthError::ForeignHost),
            Self::Keys(store) => store,
        };
        let shown = match (headers.get(header::AUTHORIZATION), schemes) {
            (Some(header), Schemes::BasicOrBearer) => shown_key(header).ok_or(AuthError::Malformed)?,
            (Some(header), Schemes::Bearer) => bearer_token(header).ok_or(AuthError::NoBearer)?.to_owned(),
            (None, Schemes::BasicOrBearer) => return Err(AuthError::Missing),
            (None, Schemes::Bearer) => return Err(AuthError::NoBearer),
        };
        let key = store.check(&shown).map_err(AuthError::Keys)?.map_err(AuthError::Refused)?;
        Ok(Caller { account: key.account, login: Some(key.id) })
    }
}

/// The key in an `Authorization` header.
fn shown_key(header: &HeaderValue) -> Option<String> {
    if let Some(token) = bearer_token(header) {
        return Some(token.to_owned());
    }
    let (scheme, credentials) = header.to_str().ok()?.split_once(' ')?;
    let credentials = credentials.trim();
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    let (_login, password) = decoded.split_once(':')?;
    Some(password.to_owned())
}

/// The token, if the scheme is Bearer.
fn bearer_token(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the request names this machine, or an address: names of others come from pages that point
/// their own name here. Clients that send no `Host` are no browsers.
fn is_local_host(headers: &HeaderMap, uri: &Uri) -> bool {
    let named = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    let Some(authority) = named.or_else(|| uri.authority().map(Authority::as_str)) else {
        return true;
    };
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    address.parse::<std::net::IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_in(header: &str) -> Option<String> {
        shown_key(&HeaderValue::from_str(header).unwrap())
    }

    #[test]
    fn the_key_is_the_password_or_the_token() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(key_in("Bearer bl_x").as_deref(), Some("bl_x"));
        assert_eq!(key_in("bearer  bl_x ").as_deref(), Some("bl_x"));
        assert_eq!(key_in(&basic("any:bl_x")).as_deref(), Some("bl_x"));
        assert_eq!(key_in(&basic(":a:b")).as_deref(), Some("a:b"));
        for malformed in ["", "Bearer", "Digest x", "Basic !!!", &basic("no colon")] {
            assert_eq!(key_in(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("api.localhost:1", true),
            ("evil.example:8080", false),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_str(host).unwrap())]);
            assert_eq!(is_local_host(&headers, &Uri::from_static("/")), expected, "{host}");
        }
        assert!(is_local_host(&HeaderMap::new(), &Uri::from_static("/")));
        assert!(!is_local_host(&HeaderMap::new(), &Uri::from_static("http://evil.example/")));
    }
}
