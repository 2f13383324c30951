//! Work groups over a real catalog.

use super::*;
use serde_json::{Value, json};

async fn groups(embedded: bool) -> (tempfile::TempDir, WorkGroups) {
    let folder = tempfile::tempdir().unwrap();
    let home = LocalCatalog::open(folder.path()).await.unwrap();
    (folder, WorkGroups::new(home, embedded))
}

fn group(configuration: Value) -> WorkGroup {
    WorkGroup::new("g", serde_json::from_value(configuration).unwrap())
}

#[tokio::test]
async fn primary_is_always_there() {
    let (_folder, groups) = groups(true).await;
    let primary = groups.get(PRIMARY).await.unwrap();
    assert_eq!(primary.configuration.output_location(), Some(EMBEDDED_RESULTS));
    assert!(!primary.configuration.enforce_work_group_configuration);
    assert_eq!(groups.get(PRIMARY).await.unwrap().creation_time, primary.creation_time);
    assert_eq!(groups.delete(PRIMARY).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    let moved = groups.update(PRIMARY, |group| {
        group.configuration.result_configuration.output_location = Some("s3://mine/".to_owned());
        Ok(())
    });
    assert_eq!(moved.await.unwrap().configuration.output_location(), Some("s3://mine/"));
    let back = groups.update(PRIMARY, |group| {
        group.configuration.result_configuration.output_location = None;
        Ok(())
    });
    assert_eq!(back.await.unwrap().configuration.output_location(), Some(EMBEDDED_RESULTS));
}

#[tokio::test]
async fn on_a_real_s3_primary_has_no_results_until_it_is_told() {
    let (_folder, groups) = groups(false).await;
    assert_eq!(groups.get(PRIMARY).await.unwrap().configuration.output_location(), None);
}

#[tokio::test]
async fn they_are_listed_with_primary_in_the_order_of_names() {
    let (_folder, groups) = groups(true).await;
    for name in ["z", "a"] {
        groups.create(WorkGroup::new(name, Configuration::default())).await.unwrap();
    }
    let names: Vec<String> =
        groups.list(PageRequest::default()).await.unwrap().items.into_iter().map(|group| group.name).collect();
    assert_eq!(names, ["a", PRIMARY, "z"]);
    let again = groups.create(WorkGroup::new("a", Configuration::default())).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    groups.delete("a").await.unwrap();
    assert_eq!(groups.get("a").await.unwrap_err().kind(), ErrorKind::WorkGroupNotFound);
}

#[test]
fn what_is_stored_is_the_apis_json() {
    let mut group = group(json!({
        "ResultConfiguration": {"OutputLocation": "s3://b/x", "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}},
        "BytesScannedCutoffPerQuery": 10_000_000,
        "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
        "MonitoringConfiguration": {"ManagedLoggingConfiguration": {"Enabled": false}},
        "FromTheFuture": {"Enabled": true},
    }));
    group.creation_time = 1.5;
    group.check(true).unwrap();
    let expected = json!({
        "Name": "g",
        "State": "ENABLED",
        "Configuration": {
            "ResultConfiguration": {"OutputLocation": "s3://b/x", "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}},
            "EnforceWorkGroupConfiguration": true,
            "PublishCloudWatchMetricsEnabled": false,
            "BytesScannedCutoffPerQuery": 10_000_000,
            "RequesterPaysEnabled": false,
            "EngineVersion": {
                "SelectedEngineVersion": "Athena engine version 3",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
            "EnableMinimumEncryptionConfiguration": false,
        },
        "CreationTime": 1.5,
    });
    assert_eq!(serde_json::to_value(&group).unwrap(), expected);
    assert_eq!(serde_json::from_value::<WorkGroup>(expected).unwrap(), group);
}

#[test]
fn what_is_not_done_is_refused_by_name() {
    let cases = [
        (json!({"RequesterPaysEnabled": true}), true, "RequesterPaysEnabled"),
        (json!({"ManagedQueryResultsConfiguration": {"Enabled": true}}), true, "ManagedQueryResultsConfiguration"),
        (json!({"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}}), true, "PySpark engine version 3"),
        (json!({"ExecutionRole": "arn:aws:iam::1:role/x"}), true, "ExecutionRole"),
        (json!({"IdentityCenterConfiguration": {"EnableIdentityCenter": true}}), true, "IdentityCenterConfiguration"),
        (json!({"BytesScannedCutoffPerQuery": 1}), true, "at least 10000000"),
        (json!({"ResultConfiguration": {"OutputLocation": "file:///tmp/"}}), true, "outputLocation is not a valid S3 path."),
        (json!({"ResultConfiguration": {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS"}}}), true, "SSE_KMS"),
        (json!({"ResultConfiguration": {"ExpectedBucketOwner": "123456789012"}}), true, "ExpectedBucketOwner"),
        (json!({"ResultConfiguration": {"ExpectedBucketOwner": "000000000000"}}), false, "ExpectedBucketOwner"),
        (
            json!({"ResultConfiguration": {"AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"}}}),
            false,
            "AclConfiguration",
        ),
    ];
    for (configuration, embedded, named) in cases {
        let error = group(configuration.clone()).check(embedded).unwrap_err();
        assert!(error.message().contains(named), "{configuration}: {error}");
    }
}

#[test]
fn the_concurrency_limit_is_a_tag() {
    let mut group = group(json!({}));
    assert_eq!(group.concurrency(), None);
    for (count, limit) in [("3", Some(3)), ("0", None), ("many", None), ("", None)] {
        group.tags.insert(CONCURRENCY_TAG.to_owned(), count.to_owned());
        assert_eq!(group.concurrency(), limit, "{count}");
        assert_eq!(group.check(true).is_ok(), limit.is_some(), "{count}");
    }
}
