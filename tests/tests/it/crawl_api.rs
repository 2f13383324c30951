//! The crawl cases that others wrote (`../shared/conformance/crawl`, or below `CIVETTA_SHARED`), run by their own runner with boto3
//! against a running server: objects through its S3 door, crawlers through its Glue API. [`crate::crawl_cases`] runs most of them in
//! this process, and quicker; here are also Avro, ORC, Delta and Iceberg, and the API itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::binary::Home;
use crate::services::skipped;
use crate::serving::Serving;

/// Cases that the runner itself cannot set up, with its own words for why.
const UNWRITABLE: &[(&str, &str)] = &[("lake-005", "needs a Hudi writer")];

fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    std::env::var_os("CIVETTA_SHARED").map_or(beside, PathBuf::from).join("conformance/crawl")
}

/// The cases of one mode. The runner leaves it to the product how AWS's strict grouping is asked for: ours is a word of Configuration.
fn cases(mode: &str) -> Vec<Value> {
    let file = folder().join("cases.jsonl");
    let text =
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{} is needed for this test: {error}", file.display()));
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mode = all.filter(|case| case["mode"] == mode && UNWRITABLE.iter().all(|(id, _)| case["id"] != *id));
    let prepared = mode.map(|mut case| {
        if case["strict"] == true {
            let configuration = &mut case["configuration"];
            if configuration.is_null() {
                *configuration = json!({ "Version": 1.0 });
            }
            configuration["Grouping"]["TableGroupingPolicy"] = json!("SeparateDissimilarSchemas");
        }
        case
    });
    prepared.collect()
}

fn run(mode: &str) {
    if skipped("the crawl cases by their own runner") {
        return;
    }
    let python = std::env::var_os("CIVETTA_PYTHON").expect(
        "this test runs a Python program and is not told where Python is: use `make test`, or set CIVETTA_PYTHON to the python of an \
         environment with tests/requirements.txt, or CIVETTA_SKIP_SERVICES=1",
    );
    let cases = cases(mode);
    let home = Home::new();
    let lines: Vec<String> = cases.iter().map(ToString::to_string).collect();
    let file = home.file("cases.jsonl", &(lines.join("\n") + "\n"));
    let serving = Serving::start(&home);
    let url = format!("http://{}", serving.address);
    let mut command = Command::new(python);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    let ran = command
        .arg(folder().join("run_cases.py"))
        .args(["--glue", &url, "--s3", &url, "--cases"])
        .arg(file)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    let all = format!("{0}/{0} cases pass", cases.len());
    assert!(said.trim_end().ends_with(&all), "{said}\n{}\nthe server:\n{}", String::from_utf8_lossy(&ran.stderr), serving.log());
}

#[test]
fn as_aws() {
    run("aws");
}

#[test]
fn better_than_aws() {
    run("better");
}
