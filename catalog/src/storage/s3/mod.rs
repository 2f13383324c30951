//! S3 over HTTP: listings are ours, with keys as strings; objects are read and written by `object_store`; requests of clients are sent
//! on as they are.

mod access;
mod forward;
mod heard;
mod list;
mod send;
mod store;
#[cfg(test)]
mod tests;
mod xml;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::client::SpawnedReqwestConnector;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use url::Url;

use self::access::{Keys, LibraryKeys};
use super::requests::Counters;
use super::{Access, S3};
use crate::{Error, Result};

pub use self::forward::{Answer, Forward, Payload};
pub use self::heard::Heard;
pub(super) use self::store::Bucket;

/// Where a bucket is looked for when nothing says where it is.
const DEFAULT_REGION: &str = "us-east-1";

/// One S3: Amazon's or another.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    /// For requests of clients, which take as long as their senders and readers do.
    patient: reqwest::Client,
    keys: Arc<Keys>,
    endpoint: Endpoint,
    /// Regions of Amazon's buckets, as they are found.
    regions: Mutex<HashMap<String, String>>,
    permits: Arc<Semaphore>,
    counters: Arc<Counters>,
    /// Where requests wait.
    runtime: Handle,
}

#[derive(Debug)]
enum Endpoint {
    /// Amazon's, asked first in this region.
    Aws { region: String },
    /// Another, at this URL, whose requests are signed for this region.
    Other { url: Url, region: String },
}

impl Client {
    /// Errors (`InvalidInput`): the endpoint is not an `http` or `https` URL of a host alone.
    pub(super) async fn new(s3: S3, permits: Arc<Semaphore>, counters: Arc<Counters>) -> Result<Option<Self>> {
        let (url, access) = match s3 {
            S3::Embedded => return Ok(None),
            S3::Aws { access } => (None, access),
            S3::Endpoint { url, access } => (Some(endpoint(&url)?), access),
        };
        let (keys, region) = Keys::new(access).await?;
        let region = region.unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let endpoint = match url {
            None => Endpoint::Aws { region },
            Some(url) => Endpoint::Other { url, region },
        };
        let built = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| Error::internal("the HTTP client cannot be built").caused_by(error))
        };
        let (http, patient) = (built(http().read_timeout(Duration::from_secs(60)))?, built(http())?);
        let (keys, regions, runtime) = (Arc::new(keys), Mutex::default(), Handle::current());
        Ok(Some(Self { http, patient, keys, endpoint, regions, permits, counters, runtime }))
    }

    /// The base URL of a bucket's region, without a slash at its end, and the region.
    async fn region(&self, bucket: &str) -> Result<(String, String)> {
        let first = match &self.endpoint {
            Endpoint::Other { url, region } => return Ok((url.as_str().trim_end_matches('/').to_owned(), region.clone())),
            Endpoint::Aws { region } => region,
        };
        let known = self.regions.lock().unwrap_or_else(PoisonError::into_inner).get(bucket).cloned();
        let region = match known {
            Some(region) => region,
            None => {
                let region = self.find_region(&aws_host(first), bucket).await?;
                self.regions.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.to_owned(), region.clone());
                region
            }
        };
        Ok((aws_host(&region), region))
    }

    /// A bucket for `object_store`. Path-style throughout: it also holds for bucket names with dots.
    async fn library(&self, bucket: &str) -> Result<object_store::aws::AmazonS3> {
        let (base, region) = self.region(bucket).await?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_allow_http(base.starts_with("http:"))
            .with_endpoint(base)
            .with_region(region)
            .with_virtual_hosted_style_request(false)
            .with_http_connector(SpawnedReqwestConnector::new(self.runtime.clone()));
        builder = match self.keys.is_anonymous() {
            true => builder.with_skip_signature(true),
            false => builder.with_credentials(Arc::new(LibraryKeys(self.keys.clone()))),
        };
        builder.build().map_err(|error| super::failure::from_library(format!("s3://{bucket}"), error))
    }
}

/// Content comes as it is stored, and who is sent elsewhere has to sign for there.
fn http() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
}

/// Amazon's endpoint of a region.
fn aws_host(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://s3.{region}.{suffix}")
}

fn endpoint(text: &str) -> Result<Url> {
    // The text is not shown: it may hold a password.
    let refuse = |why: &str| Error::invalid(format!("the S3 endpoint {why}; expected http[s]://host[:port]"));
    let url = Url::parse(text).map_err(|error| refuse(&format!("is not a URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(refuse("is not an http or https URL"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds credentials; give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("has a query or a fragment"));
    }
    Ok(url)
}

impl Access {
    /// Whether requests go unsigned.
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous)
    }
}
