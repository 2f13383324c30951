//! Real clients against the server: `tests/clients` in pytest, each client as PyPI has it, told by the environment where to go.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binary::Home;
use crate::services::{Moto, skipped};
use crate::serving::Serving;

/// Where pyarrow's plugin is, which tells it of `AWS_ENDPOINT_URL`; it lies beside the repository, not in it.
fn plugins() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("CIVETTA_SHARED").map_or(beside, PathBuf::from);
    Some(shared.join("clients")).filter(|folder| folder.join("arrow_endpoint.py").is_file())
}

/// `python -m pytest` on `what`, with nothing of AWS in its environment but this server.
fn pytest(home: &Home, serving: &Serving, what: &[&str]) -> Command {
    let python = std::env::var_os("CIVETTA_PYTHON").expect(
        "this test runs Python clients and is not told where they are: use `make test`, or set CIVETTA_PYTHON to the python of an \
         environment with tests/requirements.txt, or CIVETTA_SKIP_SERVICES=1",
    );
    let (id, secret) = home.key(&["--name", "clients"]);
    let (limited, limited_secret) =
        home.key(&["--name", "limited", "--database", "mine", "--root", "s3://mine/", "--root", "s3://shared/x"]);
    let (reader, reader_secret) = home.key(&["--name", "reader", "--read-only", "--work-group", "primary"]);
    let mut command = Command::new(python);
    // What is set for `requests` would be stronger than what a test says it is to trust.
    let elsewhere = |name: &str| name.starts_with("AWS_") || matches!(name, "REQUESTS_CA_BUNDLE" | "CURL_CA_BUNDLE");
    for (name, _) in std::env::vars().filter(|(name, _)| elsewhere(name)) {
        command.env_remove(name);
    }
    command
        .args(["-m", "pytest", "-q", "--tb=short", "--durations=5", "-rs", "-p", "no:cacheprovider"])
        .args(what)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients"))
        .env("AWS_ENDPOINT_URL", &serving.url)
        .envs([("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)])
        .envs([
            ("LIMITED_KEY_ID", limited),
            ("LIMITED_SECRET", limited_secret),
            ("READER_KEY_ID", reader),
            ("READER_SECRET", reader_secret),
        ])
        .envs([("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "us-east-1")])
        // No file of the one who runs the tests, and no machine's metadata service.
        .envs([
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
        .env("HOME", home.path());
    if let Some(folder) = plugins() {
        command.env("PYTHONPATH", folder).args(["-p", "arrow_endpoint"]);
    }
    command
}

/// Runs these files of `tests/clients` against a server of their own, which checks what they sign.
fn run(what: &[&str]) {
    run_with(what, &[], &[]);
}

/// The same, with these arguments of the server and this environment of the clients; a file of the server's data directory is `DATA/…`.
fn run_with(what: &[&str], arguments: &[&str], environment: &[(&str, &str)]) {
    if skipped("clients from PyPI") {
        return;
    }
    let home = Home::new();
    let serving = Serving::start_with(&home, arguments);
    let data = home.path().join("data");
    let mut pytest = pytest(&home, &serving, what);
    pytest.envs(environment.iter().map(|(name, value)| (name, value.replace("DATA", &data.display().to_string()))));
    passes(&serving, pytest);
}

/// Runs it; what it says is printed.
#[expect(clippy::print_stdout, reason = "how long each test took and what was left out is worth reading")]
fn passes(serving: &Serving, mut pytest: Command) {
    let ran = pytest.output().expect("python starts");
    let said = String::from_utf8_lossy(&ran.stdout);
    println!("{said}");
    assert!(ran.status.success(), "{}\n{}\nthe server:\n{}", said, String::from_utf8_lossy(&ran.stderr), serving.log());
}

#[test]
fn objects() {
    run(&["test_s3.py", "test_file_systems.py", "test_keys.py"]);
}

#[test]
fn answers_are_those_of_the_model() {
    run(&["test_model.py", "test_aws_cli_sweep.py"]);
}

#[test]
fn catalog() {
    run(&["test_glue.py", "test_pyiceberg.py"]);
}

/// Written by Delta's and Iceberg's own libraries, read by us; and tables of others as those libraries read them.
#[test]
fn table_formats() {
    let binary = crate::binary::civetta();
    let files = ["test_table_formats.py", "test_iceberg_deletes.py", "test_real_tables.py"];
    run_with(&files, &[], &[("CIVETTA_BINARY", &binary.display().to_string())]);
}

#[test]
fn queries() {
    run(&["test_athena_queries.py", "test_athena_records.py", "test_pipeline.py", "test_aws_cli.py"]);
}

#[test]
fn athena_in_python() {
    run(&["test_pyathena.py", "test_sqlalchemy.py", "test_awswrangler.py"]);
}

#[test]
fn trino_in_python() {
    run(&["test_trino.py"]);
}

/// Moto stands for the real S3. Its credentials are in the URL, so the server's environment has none.
#[test]
fn another_s3_behind_the_server() {
    if skipped("clients from PyPI, and moto") {
        return;
    }
    let (home, moto) = (Home::new(), Moto::start());
    let behind = moto.url.replace("http://", "http://server:secret@");
    let serving = Serving::start_with(&home, &["--s3", &behind, "--root", "s3://passthrough", "--root", "s3://shared/team"]);
    let mut pytest = pytest(&home, &serving, &["test_passthrough.py"]);
    pytest.env("BEHIND_URL", &moto.url);
    passes(&serving, pytest);
}

#[test]
fn over_tls() {
    run_with(&["test_tls.py", "test_dbt_trino.py"], &["--tls", "auto"], &[("AWS_CA_BUNDLE", "DATA/tls/certificate.pem")]);
}

#[test]
fn dbt() {
    run(&["test_dbt.py"]);
}
