//! `civetta connect CLIENT`: the exact text that points a client at this server, made from the configuration. No secret is
//! printed: where the server has keys, the text says where one goes.

use clap::ValueEnum;
use engine::work_group::EMBEDDED_RESULTS;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use server::KeyFile;

use super::{emit, say};
use crate::config::{Config, S3Choice, TlsChoice};
use crate::failure::Outcome;

/// What stays as it is in a URL's query.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The client
    client: Client,
    /// The address that the client reaches the server at [default: the public URL, else where `civetta serve` listens]
    #[arg(long, value_name = "URL")]
    url: Option<url::Url>,
    /// The database to begin in
    #[arg(long, value_name = "DATABASE", default_value = "default")]
    database: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Client {
    Boto3,
    Aws,
    Pyathena,
    Sqlalchemy,
    Superset,
    Awswrangler,
    Dbt,
    Pyiceberg,
    S3fs,
    /// Whatever speaks Trino's protocol: JDBC, Python, SQLAlchemy
    Trino,
}

/// What the texts are made of.
struct Place {
    url: String,
    database: String,
    /// Where results go.
    results: String,
    key: &'static str,
    secret: &'static str,
    /// Whether the server has keys, so that it wants a password.
    keys: bool,
}

pub(crate) fn run(args: Args, config: &Config) -> Outcome {
    let keys = KeyFile::within(&config.data.value).read()?;
    let url = args.url.map_or_else(|| reached(config), |url| url.to_string());
    let (key, secret) = if keys.is_empty() { ("any", "any") } else { ("YOUR_KEY_ID", "YOUR_SECRET") };
    let results = match config.s3.value {
        S3Choice::Embedded => EMBEDDED_RESULTS.to_owned(),
        _ => "s3://YOUR_BUCKET/results/".to_owned(),
    };
    let place = Place {
        url: url.trim_end_matches('/').to_owned(),
        database: args.database,
        results,
        key,
        secret,
        keys: !keys.is_empty(),
    };
    if !keys.is_empty() {
        say("the server has access keys: put the id and the secret of one in their places; `civetta key add` makes one");
    }
    emit(text(args.client, &place))?;
    Ok(())
}

/// Where clients reach the server as it is configured.
fn reached(config: &Config) -> String {
    let secure = config.tls.value == TlsChoice::Auto || config.tls_cert.value.is_some();
    let own = || format!("{}://{}", if secure { "https" } else { "http" }, config.listen.value);
    config.public_url.value.as_ref().map_or_else(own, ToString::to_string)
}

fn text(client: Client, place: &Place) -> String {
    let Place { url, database, results, .. } = place;
    let environment = environment(place);
    match client {
        Client::Boto3 => python(
            &environment,
            &format!(
                "import boto3\nathena = boto3.client(\"athena\")\nprint(athena.list_databases(CatalogName=\"AwsDataCatalog\"))\n\
                 athena.start_query_execution(\n    QueryString=\"SELECT 1\",\n    \
                 QueryExecutionContext={{\"Database\": \"{database}\"}},\n    \
                 ResultConfiguration={{\"OutputLocation\": \"{results}\"}},\n)\n"
            ),
        ),
        Client::Aws => format!(
            "{environment}aws glue get-tables --database-name {database}\naws s3 ls\n\
             aws athena start-query-execution --query-string 'SELECT 1' --result-configuration OutputLocation={results}\n"
        ),
        Client::Pyathena => python(
            &environment,
            &format!(
                "import pyathena\nconnection = pyathena.connect(s3_staging_dir=\"{results}\", schema_name=\"{database}\")\n\
                 print(connection.cursor().execute(\"SELECT 1\").fetchall())\n"
            ),
        ),
        Client::Sqlalchemy => python(
            &environment,
            &format!("import sqlalchemy\nengine = sqlalchemy.create_engine(\"{}\")\n", sqlalchemy(place, false)),
        ),
        Client::Superset => superset(place),
        Client::Awswrangler => python(
            &environment,
            &format!(
                "import awswrangler as wr\n\
                 print(wr.athena.read_sql_query(\"SELECT 1 AS one\", \"{database}\", ctas_approach=False, s3_output=\"{results}\"))\n"
            ),
        ),
        Client::Dbt => format!(
            "{environment}# ~/.dbt/profiles.yml\ncivetta:\n  target: dev\n  outputs:\n    dev:\n      type: athena\n      \
             s3_staging_dir: {results}\n      region_name: us-east-1\n      database: awsdatacatalog\n      schema: {database}\n"
        ),
        Client::Pyiceberg => python(
            &environment,
            &format!(
                "from pyiceberg.catalog import load_catalog\n\
                 catalog = load_catalog(\"glue\", **{{\"type\": \"glue\", \"s3.endpoint\": \"{url}\"}})\n"
            ),
        ),
        Client::Trino => trino(place),
        Client::S3fs => python(&environment, "import fsspec\nprint(fsspec.filesystem(\"s3\").ls(\"\"))\n"),
    }
}

/// What every client that is built on an SDK of AWS reads.
fn environment(Place { url, key, secret, .. }: &Place) -> String {
    format!(
        "export AWS_ENDPOINT_URL={url}\nexport AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n\
         export AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret}\n"
    )
}

fn python(environment: &str, code: &str) -> String {
    format!("{environment}python3 - <<'END'\n{code}END\n")
}

/// PyAthena's URL; `whole` for a client that cannot be given an environment.
fn sqlalchemy(Place { url, database, results, key, secret, .. }: &Place, whole: bool) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, KEPT).to_string();
    let (user, endpoint) = match whole {
        true => (format!("{key}:{secret}@"), format!("&endpoint_url={}", encoded(url))),
        false => (String::new(), String::new()),
    };
    let staging = encoded(results);
    format!("awsathena+rest://{user}athena.us-east-1.amazonaws.com:443/{}?s3_staging_dir={staging}{endpoint}", encoded(database))
}

/// Host and port of the server, and whether it is reached by TLS. Trino's clients have other default ports than HTTP.
fn authority(url: &str) -> (&str, &str, bool) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let tls = scheme == "https";
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit()) => (host, port, tls),
        _ => (authority, if tls { "443" } else { "80" }, tls),
    }
}

/// The URL of Trino's SQLAlchemy dialect. Without TLS a password goes no further than this machine, which the client wants to be told.
fn trino_url(Place { url, database, key, secret, keys, .. }: &Place) -> String {
    let (host, port, tls) = authority(url);
    let encoded = |text: &str| utf8_percent_encode(text, KEPT).to_string();
    let user = if *keys { format!("{key}:{secret}") } else { (*key).to_owned() };
    let openly = if *keys && !tls { "?allow_insecure_auth=true" } else { "" };
    format!("trino://{user}@{host}:{port}/awsdatacatalog/{}{openly}", encoded(database))
}

/// For whatever speaks Trino's protocol.
fn trino(place: &Place) -> String {
    let Place { url, database, key, secret, keys, .. } = place;
    let (host, port, tls) = authority(url);
    let (scheme, ssl) = if tls { ("https", "?SSL=true") } else { ("http", "") };
    let password = if *keys { format!(", password {secret}") } else { String::new() };
    let auth = match (*keys, tls) {
        (false, _) => String::new(),
        (true, true) => format!("    auth=trino.auth.BasicAuthentication(\"{key}\", \"{secret}\"),\n"),
        (true, false) => {
            let auth = format!("    auth=trino.auth.BasicAuthentication(\"{key}\", \"{secret}\"),\n");
            auth + "    allow_insecure_auth=True,  # on this machine only\n"
        }
    };
    let code = format!(
        "import trino\nconnection = trino.dbapi.connect(\n    host=\"{host}\", port={port}, http_scheme=\"{scheme}\",\n    \
         user=\"{key}\", catalog=\"awsdatacatalog\", schema=\"{database}\",\n{auth})\n\
         print(connection.cursor().execute(\"SELECT 1\").fetchall())\n"
    );
    let head = format!(
        "# JDBC (DBeaver, Metabase, …), user {key}{password}: jdbc:trino://{host}:{port}/awsdatacatalog/{database}{ssl}\n\
         # SQLAlchemy: {}\n# pip install 'trino[sqlalchemy]==0.340.0'\n",
        trino_url(place)
    );
    python(&head, &code)
}

/// Superset 6.1 as its packages are published does not start; these versions do, together.
fn superset(place: &Place) -> String {
    format!(
        "# beside Superset 6.1, in its own environment; plain `pip install` takes versions that do not work together\n\
         pip install 'flask-limiter==3.12' 'flask-caching==2.3.1' 'flask==2.3.3' 'flask-sqlalchemy==2.5.1' cachetools 'PyAthena==3.40.0' 'trino==0.340.0'\n\
         # Settings, Database connections, + Database, Supported databases: Other, SQLAlchemy URI; by Athena's API:\n{}\n\
         # or by Trino's protocol:\n{}\n",
        sqlalchemy(place, true),
        trino_url(place)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let text = |text: &str| text.to_owned();
        Place {
            url: text("http://127.0.0.1:4580"),
            database: text("my db"),
            results: text("s3://civetta-results/"),
            key: "any",
            secret: "any",
            keys: false,
        }
    }

    #[test]
    fn a_url_is_percent_encoded() {
        let uri = "awsathena+rest://any:any@athena.us-east-1.amazonaws.com:443/my%20db\
                   ?s3_staging_dir=s3%3A%2F%2Fcivetta-results%2F&endpoint_url=http%3A%2F%2F127.0.0.1%3A4580";
        let superset = text(Client::Superset, &place());
        assert!(superset.contains(&format!("\n{uri}\n")), "{superset}");
        assert!(superset.ends_with("\ntrino://any@127.0.0.1:4580/awsdatacatalog/my%20db\n"), "{superset}");
    }

    #[test]
    fn a_password_is_taken_openly_on_this_machine_and_by_tls_elsewhere() {
        let openly = Place { keys: true, key: "ID", secret: "SECRET", ..place() };
        assert_eq!(trino_url(&openly), "trino://ID:SECRET@127.0.0.1:4580/awsdatacatalog/my%20db?allow_insecure_auth=true");
        let tls = Place { url: "https://lake.example".to_owned(), ..openly };
        assert_eq!(trino_url(&tls), "trino://ID:SECRET@lake.example:443/awsdatacatalog/my%20db");
        let text = trino(&tls);
        assert!(text.contains("host=\"lake.example\", port=443, http_scheme=\"https\"") && !text.contains("insecure"), "{text}");
    }

    #[test]
    fn every_client_is_told_where_the_server_is() {
        for client in Client::value_variants() {
            let text = text(*client, &place());
            let encoded = "http%3A%2F%2F127.0.0.1%3A4580";
            let told = ["http://127.0.0.1:4580", encoded, "//127.0.0.1:4580/awsdatacatalog"];
            assert!(told.iter().any(|place| text.contains(place)), "{client:?}: {text}");
        }
    }
}
