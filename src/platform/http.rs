//! The web's edge: how an [`Error`] becomes a response, who the client is, and throttles.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::error::Error;

/// Where whoever is not signed in goes.
pub const SIGN_IN: &str = "/staff/sign-in";

/// What the layout's middleware makes a page of: the key of a message in the catalogue.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// Key of the message that says what happened and what to do.
    pub message: String,
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::SignedOut => StatusCode::SEE_OTHER,
            Error::Denied(_) | Error::Forged => StatusCode::FORBIDDEN,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Error::Malformed(_) => StatusCode::BAD_REQUEST,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Database(_) | Error::Other(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Error::Database(_) | Error::Other(_) = self {
            tracing::error!(error = %self, "a request failed");
        }
        let mut builder = HttpResponseBuilder::new(self.status_code());
        let message = match self {
            Error::NotFound => "error-not-found",
            Error::SignedOut => {
                return builder.insert_header((LOCATION, SIGN_IN)).finish();
            }
            Error::Denied(_) => "error-denied",
            Error::Forged => "error-forged",
            Error::Conflict(key) => key,
            Error::TooMany(wait) => {
                builder.insert_header((RETRY_AFTER, wait.as_secs().max(1).to_string()));
                "error-too-many"
            }
            Error::Busy => {
                builder.insert_header((RETRY_AFTER, "2"));
                "error-busy"
            }
            Error::Malformed(_) => "error-malformed",
            Error::TooLarge => "error-too-large",
            Error::Database(_) | Error::Other(_) => "error-internal",
        };
        let mut response = builder.finish();
        response.extensions_mut().insert(ErrorPage { message: message.to_owned() });
        response
    }
}

/// Addresses whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(pub Vec<IpAddr>);

/// The client's network: an IPv4 address, or an IPv6 /64, which is what one household has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientNetwork(pub IpAddr);

impl ClientNetwork {
    /// The network that a request comes from. A forwarded address counts only from a trusted proxy, and then the last
    /// one that no trusted proxy added.
    #[must_use]
    pub fn of(request: &HttpRequest, trusted: &TrustedProxies) -> ClientNetwork {
        let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |a| a.ip());
        let mut address = peer;
        if trusted.0.contains(&peer) {
            let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|v| v.to_str().ok());
            let chain: Vec<IpAddr> =
                forwarded.flat_map(|v| v.split(',')).filter_map(|a| a.trim().parse().ok()).collect();
            address = chain.into_iter().rev().find(|a| !trusted.0.contains(a)).unwrap_or(peer);
        }
        ClientNetwork(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// A throttle by key: a burst, refilled evenly over a period.
pub struct Throttle<K: std::hash::Hash + Eq + Clone>(DefaultKeyedRateLimiter<K>, DefaultClock);

impl<K: std::hash::Hash + Eq + Clone> Throttle<K> {
    /// Allows `burst` at once and as many again per `period`.
    ///
    /// # Panics
    /// If `burst` is 0 or the period has no length.
    #[must_use]
    pub fn new(burst: u32, period: Duration) -> Throttle<K> {
        let each = period.checked_div(burst).expect("a burst is not zero");
        let quota = Quota::with_period(each)
            .expect("a period has a length")
            .allow_burst(NonZeroU32::new(burst).expect("a burst is not zero"));
        Throttle(DefaultKeyedRateLimiter::keyed(quota), DefaultClock::default())
    }

    /// Counts one attempt.
    ///
    /// # Errors
    /// [`Error::TooMany`] with the time to wait.
    pub fn check(&self, key: &K) -> Result<(), Error> {
        if self.0.len() > 100_000 {
            self.0.retain_recent();
        }
        self.0.check_key(key).map_err(|not_yet| Error::TooMany(not_yet.wait_time_from(self.1.now())))
    }
}

/// Text as one part of an address (RFC 3986): everything but unreserved characters becomes `%XX`.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
