//! AWS Glue as a catalog, against moto's server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use catalog::conformance::{self, Expect};
use catalog::glue::GlueCatalog;
use catalog::{Catalog, ErrorKind};

use crate::binary::{Home, orders};
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
    the_binary_registers_tables_there(&moto.url).await;
}

/// The crawler and the queries of the binary with `--catalog glue`, set up by nothing but AWS's own variables.
async fn the_binary_registers_tables_there(endpoint: &str) {
    let home = Home::new();
    orders(&home);
    let run = |arguments: &[&str]| {
        let mut command = home.command(&[&["--catalog", "glue"], arguments].concat());
        command.envs([("AWS_ENDPOINT_URL_GLUE", endpoint), ("AWS_REGION", "eu-west-1")]);
        command.envs([("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let lake = home.path().join("orders");
    run(&["crawl", lake.to_str().unwrap(), "--database", "shop"]);
    let table = GlueCatalog::new(&config(endpoint)).table("shop", "orders").await.unwrap();
    assert_eq!(table.parameter("classification"), Some("json"));
    let counted = run(&["query", "--format", "csv", "SELECT count(*), sum(price) FROM shop.orders WHERE day = '2024-05-01'"]);
    assert_eq!(counted, "_col0,_col1\n2,5.5\n");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_unavailable() {
    let error = GlueCatalog::new(&config("http://127.0.0.1:1")).database("d").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("check region, credentials and endpoint"), "{error}");
}
