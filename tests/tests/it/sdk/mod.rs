//! AWS's own SDKs for Rust against a server with an access key. Unlike botocore they are generated: a member that is missing, misnamed or of
//! another type is an error of theirs, not a hole in a dictionary.

mod athena;
mod glue;
mod s3;

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_athena::types::{QueryExecution, QueryExecutionContext, QueryExecutionState};

use crate::binary::Home;
use crate::serving::Serving;

const LIMIT: Duration = Duration::from_secs(60);

/// A server with one key, and a client of each service that has it.
pub(crate) struct Clients {
    pub(crate) athena: aws_sdk_athena::Client,
    pub(crate) glue: aws_sdk_glue::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    serving: Serving,
    _home: Home,
}

impl Clients {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        let key = home.key(&[]);
        let serving = Serving::start(&home);
        let config = config(&serving.url, &key);
        Self {
            athena: aws_sdk_athena::Client::new(&config),
            glue: aws_sdk_glue::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            serving,
            _home: home,
        }
    }

    /// An object of the lake; its bucket is made when it is not there.
    async fn put(&self, bucket: &str, key: &str, body: impl Into<String>) {
        if self.s3.head_bucket().bucket(bucket).send().await.is_err() {
            self.s3.create_bucket().bucket(bucket).send().await.unwrap();
        }
        self.s3.put_object().bucket(bucket).key(key).body(body.into().into_bytes().into()).send().await.unwrap();
    }

    /// How a statement over the database `default` has ended.
    async fn ended(&self, sql: &str) -> QueryExecution {
        ended(&self.athena, sql).await
    }

    /// The id of a statement that succeeds.
    async fn succeed(&self, sql: &str) -> String {
        let execution = self.ended(sql).await;
        let status = execution.status().unwrap();
        assert_eq!(status.state(), Some(&QueryExecutionState::Succeeded), "{sql}: {:?}", status.state_change_reason());
        execution.query_execution_id().unwrap().to_owned()
    }

    /// The cells of the first page of a statement that succeeds; NULL is `-`.
    async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let id = self.succeed(sql).await;
        let page = self.athena.get_query_results().query_execution_id(id).send().await.unwrap();
        cells(page.result_set().unwrap())
    }
}

pub(crate) fn config(url: &str, (id, secret): &(String, String)) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "test")))
        .build()
}

/// How a statement over the database `default` has ended.
pub(crate) async fn ended(athena: &aws_sdk_athena::Client, sql: &str) -> QueryExecution {
    let context = QueryExecutionContext::builder().database("default").build();
    let started = athena.start_query_execution().query_string(sql).query_execution_context(context).send().await.unwrap();
    end(athena, started.query_execution_id().unwrap()).await
}

/// How a query that is started has ended.
pub(crate) async fn end(athena: &aws_sdk_athena::Client, id: &str) -> QueryExecution {
    let begun = Instant::now();
    loop {
        let answer = athena.get_query_execution().query_execution_id(id).send().await.unwrap();
        let execution = answer.query_execution().unwrap().clone();
        match execution.status().and_then(|status| status.state()).unwrap() {
            QueryExecutionState::Queued | QueryExecutionState::Running => {}
            _ => return execution,
        }
        assert!(begun.elapsed() < LIMIT, "{id} has not ended within {LIMIT:?}");
    }
}

pub(crate) fn cells(set: &aws_sdk_athena::types::ResultSet) -> Vec<Vec<String>> {
    let cell = |cell: &aws_sdk_athena::types::Datum| cell.var_char_value().unwrap_or("-").to_owned();
    set.rows().iter().map(|row| row.data().iter().map(cell).collect()).collect()
}
