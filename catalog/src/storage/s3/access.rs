//! Credentials for S3 requests, found once and kept until shortly before they expire.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::storage::config::Access;
use crate::storage::failure::to_library;
use crate::storage::waiting;
use crate::{Error, ErrorKind, Result};

/// How long before they expire credentials are replaced.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// The credentials of a storage. `Debug` shows no secret.
#[derive(Debug)]
pub(super) struct Keys {
    source: Source,
    cached: Mutex<Option<Credentials>>,
    /// Where the chain waits for its services.
    runtime: Handle,
}

#[derive(Debug)]
enum Source {
    Anonymous,
    Fixed(Credentials),
    Chain(SharedCredentialsProvider),
}

impl Keys {
    /// Sets up the chain and says which region is configured, if any: `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile's.
    /// No credentials are looked for yet, and the instance's metadata are not asked for a region.
    pub(super) async fn new(access: Access) -> Result<(Self, Option<String>)> {
        let regions =
            RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(ProfileFileRegionProvider::new());
        let region = regions.region().await.map(|region| region.as_ref().to_owned());
        let source = match access {
            Access::Anonymous => Source::Anonymous,
            Access::Keys(keys) => Source::Fixed(keys),
            Access::Chain => {
                // Token services (STS, SSO) want some region; it is not the buckets'.
                let sts = Region::new(region.clone().unwrap_or_else(|| super::DEFAULT_REGION.to_owned()));
                let config = aws_config::defaults(BehaviorVersion::latest()).region(sts).load().await;
                let provider = config.credentials_provider();
                Source::Chain(provider.ok_or_else(|| Error::internal("the AWS configuration has no credentials provider"))?)
            }
        };
        Ok((Self { source, cached: Mutex::default(), runtime: Handle::current() }, region))
    }

    pub(super) fn is_anonymous(&self) -> bool {
        matches!(self.source, Source::Anonymous)
    }

    /// The credentials to sign with; none when requests go unsigned.
    ///
    /// Errors (`AccessDenied`): no source has any.
    pub(super) async fn get(&self) -> Result<Option<Credentials>> {
        let provider = match &self.source {
            Source::Anonymous => return Ok(None),
            Source::Fixed(keys) => return Ok(Some(keys.clone())),
            Source::Chain(provider) => provider,
        };
        // Held while the provider is asked, so that many requests ask once.
        let mut cached = self.cached.lock().await;
        let fresh = |keys: &&Credentials| keys.expiry().is_none_or(|expiry| SystemTime::now() + EARLY < expiry);
        if let Some(keys) = cached.as_ref().filter(fresh) {
            return Ok(Some(keys.clone()));
        }
        let asked = provider.clone();
        let keys = waiting::on(&self.runtime, async move { asked.provide_credentials().await }).await?.map_err(|error| {
            Error::new(
                ErrorKind::AccessDenied,
                "no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE after 'aws configure' \
                 or 'aws sso login', or use --anonymous for public buckets",
            )
            .caused_by(error)
        })?;
        *cached = Some(keys.clone());
        Ok(Some(keys))
    }

    /// Forgets what is kept: the store said that it has expired.
    pub(super) async fn forget(&self) {
        *self.cached.lock().await = None;
    }
}

/// [`Keys`] for `object_store`.
#[derive(Debug)]
pub(super) struct LibraryKeys(pub(super) Arc<Keys>);

#[async_trait::async_trait]
impl CredentialProvider for LibraryKeys {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let keys = self.0.get().await.map_err(to_library)?;
        let keys = keys.ok_or_else(|| to_library(Error::internal("unsigned requests need no credentials")))?;
        Ok(Arc::new(AwsCredential {
            key_id: keys.access_key_id().to_owned(),
            secret_key: keys.secret_access_key().to_owned(),
            token: keys.session_token().map(str::to_owned),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn secrets_are_not_printed() {
        let access = Access::Keys(Credentials::new("AKID", "very-secret", Some("token-secret".to_owned()), None, "test"));
        let (keys, _) = Keys::new(access.clone()).await.unwrap();
        let library = LibraryKeys(Arc::new(keys));
        for text in [format!("{access:?}"), format!("{library:?}"), format!("{:?}", library.get_credential().await.unwrap())] {
            assert!(!text.contains("very-secret") && !text.contains("token-secret"), "{text}");
        }
    }
}
