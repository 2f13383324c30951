//! From configuration to the things commands work with. Nothing here asks the network: AWS is reached when a name needs it.

use std::sync::Arc;

use catalog::glue::GlueCatalog;
use catalog::local::LocalCatalog;
use catalog::storage::{Access, Credentials, Location, S3, Storage, StorageConfig};
use catalog::{Catalog, Error, ErrorKind, Result};
use engine::{Engine, Settings};
use url::Url;

use crate::config::{CatalogChoice, Config, S3Choice};

/// An opened lake.
#[derive(Clone)]
pub(crate) struct Lake {
    /// Crawlers, their history and their memory, in every mode.
    pub(crate) home: LocalCatalog,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) storage: Storage,
    pub(crate) engine: Engine,
}

/// Whose rights a command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Those of whoever types it.
    Local,
    /// A server's: the lake and its roots.
    Server,
}

impl Lake {
    /// Opens the data directory, which is made if it is missing.
    ///
    /// Errors: `InvalidInput` (a folder that cannot be made, a root that is no location), `NewerSchema`, `Unavailable`.
    pub(crate) async fn open(config: &Config, rights: Rights) -> Result<Self> {
        let data = &config.data.value;
        std::fs::create_dir_all(data).map_err(|error| {
            Error::invalid(format!("cannot make the data directory {}: {error}", data.display())).caused_by(error)
        })?;
        let home = match &config.catalog.value {
            CatalogChoice::Embedded | CatalogChoice::Glue => LocalCatalog::open(data).await?,
            CatalogChoice::Postgres(url) => LocalCatalog::connect(url.as_str()).await?,
        };
        let catalog: Arc<dyn Catalog> = match &config.catalog.value {
            CatalogChoice::Glue => Arc::new(GlueCatalog::from_environment().await),
            CatalogChoice::Embedded | CatalogChoice::Postgres(_) => Arc::new(home.clone()),
        };
        let storage = Storage::new(storage(config, rights)?).await?;
        let settings = Settings {
            memory: config.memory.value.map(|bytes| usize::try_from(bytes.0).unwrap_or(usize::MAX)),
            threads: config.threads.value.map(|threads| threads as usize),
            spill: data.join("spill"),
            spill_limit: config.spill_limit.value.map(|bytes| bytes.0),
            locations: rights == Rights::Local,
        };
        let engine = Engine::new(Arc::clone(&catalog), storage.clone(), settings)?;
        Ok(Self { home, catalog, storage, engine })
    }
}

fn storage(config: &Config, rights: Rights) -> Result<StorageConfig> {
    let access = if config.anonymous.value { Access::Anonymous } else { Access::Chain };
    let s3 = match &config.s3.value {
        S3Choice::Embedded => S3::Embedded,
        S3Choice::Aws => S3::Aws { access },
        S3Choice::Endpoint(url) => endpoint(url, access)?,
    };
    let roots = config.roots.value.iter().map(|text| Location::parse(text)).collect::<Result<_>>()?;
    Ok(StorageConfig { s3, confined: rights == Rights::Server, roots, ..StorageConfig::local(&config.data.value) })
}

/// Credentials inside the URL win over the environment's.
fn endpoint(url: &Url, access: Access) -> Result<S3> {
    let mut bare = url.clone();
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let keys = url.password().map(|secret| Credentials::new(decoded(url.username()), decoded(secret), None, None, "--s3"));
    if bare.set_username("").and_then(|()| bare.set_password(None)).is_err() {
        return Err(Error::invalid(format!("the S3 endpoint '{}' has no host", bare)));
    }
    let url = bare.as_str().trim_end_matches('/').to_owned();
    Ok(S3::Endpoint { url, access: keys.map_or(access, Access::Keys) })
}

/// Waits for Ctrl-C and is then the error of whoever waited with us.
pub(crate) async fn interrupted() -> Error {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Error::new(ErrorKind::Cancelled, "stopped by Ctrl-C"),
        // Where signals cannot be caught the default is still in place: Ctrl-C ends the process.
        Err(_) => std::future::pending().await,
    }
}
