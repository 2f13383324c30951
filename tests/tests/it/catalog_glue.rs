//! AWS Glue as a catalog, against moto's server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use catalog::conformance::{self, Expect};
use catalog::glue::GlueCatalog;
use catalog::{Catalog, ErrorKind};

use crate::services::{Moto, skipped};

fn config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
        .build()
}

#[tokio::test]
async fn moto_conforms() {
    if skipped("the catalog on moto's Glue") {
        return;
    }
    let moto = Moto::start();
    conformance::all(&GlueCatalog::new(&config(&moto.url)), Expect::MOTO).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_unavailable() {
    let error = GlueCatalog::new(&config("http://127.0.0.1:1")).database("d").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("check region, credentials and endpoint"), "{error}");
}
