//! One S3 request of our own: signed, sent, and tried again where that can help.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use reqwest::{Method, RequestBuilder, Response, StatusCode};

use super::{Client, xml};
use crate::storage::failure::redact;
use crate::storage::waiting;
use crate::{Error, ErrorKind, Result};

/// Tries of one request. With the pauses between them a store may be away for about half a minute.
const TRIES: u32 = 9;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What came of one try.
pub(super) enum Failure {
    /// May pass: the store is overloaded, away, or broke off.
    Passing(Error),
    /// The credentials have expired since they were found.
    Expired(Error),
    Final(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let (Failure::Passing(error) | Failure::Expired(error) | Failure::Final(error)) = failure;
        error
    }
}

impl Client {
    /// The body of the answer to `GET base/bucket?query`; the query is encoded.
    pub(super) async fn get(&self, bucket: &str, query: &str) -> Result<String> {
        let (base, region) = self.region(bucket).await?;
        let url = format!("{base}/{bucket}?{query}");
        self.retried(bucket, || self.get_once(bucket, &url, &region)).await
    }

    /// Where a bucket of Amazon's is. S3 says so in the answer to HeadBucket, also in one that refuses or redirects.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
    pub(super) async fn find_region(&self, base: &str, bucket: &str) -> Result<String> {
        let url = format!("{base}/{bucket}");
        self.retried(bucket, || self.find_region_once(bucket, &url)).await
    }

    async fn get_once(&self, bucket: &str, url: &str, region: &str) -> Result<String, Failure> {
        let response = self.send(Method::GET, url, region, bucket).await?;
        let status = response.status();
        let body = response.text().await.map_err(|error| unreachable(bucket, &error))?;
        if status.is_success() { Ok(body) } else { Err(refused(bucket, status, &body)) }
    }

    async fn find_region_once(&self, bucket: &str, url: &str) -> Result<String, Failure> {
        let response = self.answer(self.http.head(url), bucket).await?;
        let region = response.headers().get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
        region.map(str::to_owned).ok_or_else(|| refused(bucket, response.status(), ""))
    }

    async fn send(&self, method: Method, url: &str, region: &str, bucket: &str) -> Result<Response, Failure> {
        let mut request = self.http.request(method.clone(), url);
        if let Some(keys) = self.keys.get().await.map_err(Failure::Final)? {
            for (name, value) in
                signature(keys, (method.as_str(), url), region, &[], SignableBody::Bytes(&[])).map_err(Failure::Final)?
            {
                request = request.header(name, value);
            }
        }
        self.answer(request, bucket).await
    }

    async fn answer(&self, request: RequestBuilder, bucket: &str) -> Result<Response, Failure> {
        let sent = waiting::on(&self.runtime, request.send()).await.map_err(Failure::Final)?;
        sent.map_err(|error| unreachable(bucket, &error))
    }

    async fn retried<T, F>(&self, bucket: &str, mut attempt: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let (mut tries, mut renewed) = (1, false);
        loop {
            let error = match attempt().await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Expired(error)) if renewed => return Err(error),
                Err(Failure::Expired(_)) => {
                    self.keys.forget().await;
                    renewed = true;
                    continue;
                }
                Err(Failure::Passing(error)) => error,
            };
            if tries == TRIES {
                return Err(error.within(format!("s3://{bucket}: given up after {TRIES} tries")));
            }
            tracing::debug!(bucket, tries, %error, "trying again");
            tokio::time::sleep(pause(tries)).await;
            tries += 1;
        }
    }
}

/// Between half of and the whole doubled pause, so that many waiting clients do not come back all at once.
fn pause(tries: u32) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << tries.min(16)).min(LONGEST_PAUSE);
    let chance = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos() % 1000);
    longest / 2 + longest * chance / 2000
}

/// The headers that sign a request, a method and a URL, with these `headers` (AWS Signature Version 4, as S3 wants it).
pub(super) fn signature(
    keys: Credentials,
    (method, url): (&str, &str),
    region: &str,
    headers: &[(&str, &str)],
    body: SignableBody<'_>,
) -> Result<Vec<(String, String)>> {
    let failed = |error: &dyn std::fmt::Display| Error::internal(format!("a request to S3 cannot be signed: {error}"));
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let identity = keys.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|error| failed(&error))?
        .into();
    let request = SignableRequest::new(method, url, headers.iter().copied(), body).map_err(|error| failed(&error))?;
    let (headers, _) = sign(request, &parameters).map_err(|error| failed(&error))?.into_parts();
    Ok(headers.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// No answer, or half of one.
pub(super) fn unreachable(bucket: &str, error: &reqwest::Error) -> Failure {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let why = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
    Failure::Passing(Error::new(ErrorKind::Unavailable, format!("s3://{bucket}: the store does not answer: {}", redact(&why))))
}

/// An answer that is an error.
fn refused(bucket: &str, status: StatusCode, body: &str) -> Failure {
    let (code, message) = xml::error(body);
    let told = format!("{status} {code} {message}").trim_end().to_owned();
    let kind = match (code.as_str(), status) {
        ("NoSuchBucket", _) | (_, StatusCode::NOT_FOUND) => ErrorKind::ObjectNotFound,
        ("ExpiredToken" | "AccessDenied" | "InvalidAccessKeyId" | "SignatureDoesNotMatch", _) => ErrorKind::AccessDenied,
        (_, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED) => ErrorKind::AccessDenied,
        _ => ErrorKind::Unavailable,
    };
    let error = match kind {
        ErrorKind::ObjectNotFound => Error::new(kind, format!("bucket 's3://{bucket}' does not exist")),
        _ => Error::new(kind, format!("s3://{bucket}: the store answered {told}")),
    };
    let passing = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        || matches!(code.as_str(), "SlowDown" | "RequestTimeout" | "Throttling" | "ThrottlingException" | "InternalError");
    match code.as_str() {
        "ExpiredToken" => Failure::Expired(error),
        _ if passing => Failure::Passing(error),
        _ => Failure::Final(error),
    }
}
