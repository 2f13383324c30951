//! The configuration of a work group: the members of Athena's `WorkGroupConfiguration` that mean something here. A member
//! that would have to do something and does not is refused by its name.

use catalog::storage::{Location, Scheme};
use catalog::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The least that Athena lets a scan be limited to, in bytes.
const LEAST_CUTOFF: i64 = 10_000_000;

/// The only account; see `docs/compat.md`.
const ACCOUNT: &str = "000000000000";

/// What runs queries, in Athena's words; clients choose their SQL by it.
const ENGINE: &str = "Athena engine version 3";
const AUTO: &str = "AUTO";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Configuration {
    /// There even when it is empty.
    pub result_configuration: ResultConfiguration,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_query_results_configuration: Option<ManagedResults>,
    /// What is set here goes before what a query asks for.
    pub enforce_work_group_configuration: bool,
    /// Kept for clients: the counters of `/metrics` are always there.
    pub publish_cloud_watch_metrics_enabled: bool,
    /// A query that scans more bytes fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_scanned_cutoff_per_query: Option<i64>,
    pub requester_pays_enabled: bool,
    pub engine_version: EngineVersion,
    /// Always false: encryption is S3's own, which every object has.
    pub enable_minimum_encryption_configuration: bool,
    /// Members that a request had besides; [`Self::check`] leaves none.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Where and how results are written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResultConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_configuration: Option<EncryptionConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_bucket_owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl_configuration: Option<AclConfiguration>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EncryptionConfiguration {
    pub encryption_option: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AclConfiguration {
    pub s3_acl_option: String,
}

/// Results that Athena would keep itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ManagedResults {
    pub enabled: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EngineVersion {
    pub selected_engine_version: String,
    pub effective_engine_version: String,
}

impl Default for EngineVersion {
    fn default() -> Self {
        Self { selected_engine_version: AUTO.to_owned(), effective_engine_version: ENGINE.to_owned() }
    }
}

impl EngineVersion {
    /// All that may be selected.
    pub fn all() -> [Self; 2] {
        [AUTO, ENGINE].map(|selected| Self { selected_engine_version: selected.to_owned(), ..Self::default() })
    }
}

/// That of a new work group: Athena enforces it unless told otherwise.
impl Default for Configuration {
    fn default() -> Self {
        Self {
            result_configuration: ResultConfiguration::default(),
            managed_query_results_configuration: None,
            enforce_work_group_configuration: true,
            publish_cloud_watch_metrics_enabled: false,
            bytes_scanned_cutoff_per_query: None,
            requester_pays_enabled: false,
            engine_version: EngineVersion::default(),
            enable_minimum_encryption_configuration: false,
            other: Map::new(),
        }
    }
}

impl Configuration {
    /// Where results go, if it says so.
    pub fn output_location(&self) -> Option<&str> {
        self.result_configuration.output_location.as_deref()
    }

    /// Refuses what cannot be right or is not done, and brings the rest to the form in which it is kept.
    pub(super) fn check(&mut self, embedded: bool) -> Result<()> {
        for (member, value) in std::mem::take(&mut self.other) {
            if UNSUPPORTED.contains(&member.as_str()) && !is_off(&value) {
                return Err(Error::not_supported(format!("{member} of a work group is not supported by Civetta")));
            }
        }
        if self.requester_pays_enabled {
            return Err(Error::not_supported("RequesterPaysEnabled is not supported by Civetta"));
        }
        if self.enable_minimum_encryption_configuration {
            return Err(Error::not_supported("EnableMinimumEncryptionConfiguration is not supported by Civetta"));
        }
        if self.managed_query_results_configuration.as_ref().is_some_and(|managed| managed.enabled) {
            return Err(Error::not_supported("ManagedQueryResultsConfiguration is not supported by Civetta"));
        }
        if let Some(cutoff) = self.bytes_scanned_cutoff_per_query
            && cutoff < LEAST_CUTOFF
        {
            return Err(Error::invalid(format!("BytesScannedCutoffPerQuery is {cutoff}, it must be at least {LEAST_CUTOFF}")));
        }
        let selected = &self.engine_version.selected_engine_version;
        if selected != AUTO && selected != ENGINE {
            return Err(Error::not_supported(format!("engine version '{selected}' is not supported by Civetta; use {ENGINE}")));
        }
        self.engine_version.effective_engine_version = ENGINE.to_owned();
        self.result_configuration.check(embedded)
    }
}

impl ResultConfiguration {
    /// Refuses what cannot be right or is not done; `embedded` says that `s3://` is the embedded lake. For a query's own
    /// configuration as for a work group's.
    ///
    /// Errors: `InvalidInput`, `NotSupported`.
    pub fn check(&self, embedded: bool) -> Result<()> {
        if let Some(location) = &self.output_location {
            let is_s3 = Location::parse(location).is_ok_and(|at| at.scheme == Scheme::S3);
            if !is_s3 {
                return Err(Error::invalid("outputLocation is not a valid S3 path."));
            }
        }
        // What S3 does by itself to every object.
        if let Some(EncryptionConfiguration { encryption_option, .. }) = &self.encryption_configuration
            && encryption_option != "SSE_S3"
        {
            return Err(Error::not_supported(format!("EncryptionOption {encryption_option} is not supported by Civetta")));
        }
        // The embedded lake has one owner, and to it every object belongs.
        if self.expected_bucket_owner.as_ref().is_some_and(|owner| !embedded || owner != ACCOUNT) {
            return Err(Error::not_supported("ExpectedBucketOwner is not supported by Civetta"));
        }
        if self.acl_configuration.is_some() && !embedded {
            return Err(Error::not_supported("AclConfiguration is not supported by Civetta"));
        }
        Ok(())
    }
}

/// Members of Athena's `WorkGroupConfiguration` for Spark, for KMS and for AWS's identity service.
const UNSUPPORTED: [&str; 9] = [
    "AdditionalConfiguration",
    "ExecutionRole",
    "MonitoringConfiguration",
    "EngineConfiguration",
    "CustomerContentEncryptionConfiguration",
    "IdentityCenterConfiguration",
    "QueryResultsS3AccessGrantsConfiguration",
    "RemoveCustomerContentEncryptionConfiguration",
    "SystemTableStatuses",
];

/// Whether a member says that what it is about is not wanted.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Object(members) => members.values().all(is_off),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}
