//! What an S3 says of itself: for whoever sets it up.

use chrono::{DateTime, Utc};

use super::send::unreachable;
use super::{Client, Endpoint, aws_host};
use crate::storage::waiting;
use crate::{Error, Result};

/// What was heard from the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Where it is asked.
    pub url: String,
    /// For which region requests are signed where a bucket has none of its own.
    pub region: String,
    /// What time it is there; whole seconds. `None` where the endpoint does not say.
    pub time: Option<DateTime<Utc>>,
}

impl Client {
    /// Any answer has the time, also one that refuses: nothing is signed, and what is answered does not matter.
    ///
    /// Errors: `Unavailable` when there is no answer.
    pub(in crate::storage) async fn hear(&self) -> Result<Heard> {
        let (url, region) = match &self.endpoint {
            Endpoint::Aws { region } => (aws_host(region), region.clone()),
            Endpoint::Other { url, region } => (url.as_str().trim_end_matches('/').to_owned(), region.clone()),
        };
        let sent = waiting::on(&self.runtime, self.http.get(&url).send()).await?;
        let answer = sent.map_err(|error| Error::from(unreachable("", &error)).within(&url))?;
        let date = answer.headers().get(reqwest::header::DATE).and_then(|date| date.to_str().ok());
        let time = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()).map(|date| date.to_utc());
        Ok(Heard { url, region, time })
    }

    /// The region of a bucket.
    ///
    /// Errors: `ObjectNotFound` for none of Amazon's, `AccessDenied`, `Unavailable`.
    pub(in crate::storage) async fn region_of(&self, bucket: &str) -> Result<String> {
        Ok(self.region(bucket).await?.1)
    }
}
