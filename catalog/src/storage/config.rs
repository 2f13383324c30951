//! What the storage is told: where `s3://` is, with which credentials, and what may be touched.

use std::path::PathBuf;

pub use aws_credential_types::Credentials;

use super::Location;

/// Where `s3://` is.
#[derive(Debug, Clone, Default)]
pub enum S3 {
    /// `DATA/lake/BUCKET/KEY` on this machine.
    #[default]
    Embedded,
    /// Amazon's; regions of buckets are found.
    Aws { access: Access },
    /// MinIO and its kin, path-style, at `http[s]://host[:port]`. The region is `AWS_REGION`, else `us-east-1`.
    Endpoint { url: String, access: Access },
}

/// With which credentials S3 requests are signed. `Debug` shows no secret.
#[derive(Debug, Clone, Default)]
pub enum Access {
    /// AWS's whole chain: environment, profiles, SSO, processes, web identity, ECS, IMDS.
    #[default]
    Chain,
    /// Unsigned, for public buckets.
    Anonymous,
    /// These, and no other.
    Keys(Credentials),
}

/// How a [`super::Storage`] is set up.
#[derive(Debug, Clone)]
pub struct StorageConfig {
    pub s3: S3,
    /// The data directory; the embedded lake is its folder `lake`. No `file://` location ever reaches into it when `confined`.
    pub data: PathBuf,
    /// A server's rule: only the embedded lake and what is under `roots` may be read or written.
    /// Not confined is a local command, which has the rights of whoever types it.
    pub confined: bool,
    /// What a confined storage may touch besides the embedded lake: buckets, folders of buckets, folders of this machine.
    pub roots: Vec<Location>,
    /// Requests to remote stores under way at once.
    pub concurrency: usize,
}

impl StorageConfig {
    /// A local command's: the embedded lake of `data`, not confined, 256 requests at once.
    pub fn local(data: impl Into<PathBuf>) -> Self {
        Self { s3: S3::Embedded, data: data.into(), confined: false, roots: Vec::new(), concurrency: 256 }
    }
}
