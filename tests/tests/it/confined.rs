//! What lies outside the lake and the roots stays there, whichever door one tries: SQL, crawlers, S3's keys, results of queries. The same
//! attempts on what lies inside succeed, so that the tests would see one that does.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::binary::Home;
use crate::serving::Serving;

/// Is in the file that nobody may read.
const SECRET: &str = "hunter2";

/// A lake with the object `open/a.json` in the bucket `lake`, a root, and a folder beside them to which symbolic links in both lead.
struct Place {
    home: Home,
    serving: Serving,
}

impl Place {
    fn new() -> Self {
        let home = Home::new();
        home.file("outside/a.json", &format!("{{\"word\": \"{SECRET}\"}}\n"));
        for inside in ["data/lake/lake", "root"] {
            home.file(&format!("{inside}/open/a.json"), "{\"word\": \"open\"}\n");
            symlink(home.path().join("outside"), home.path().join(inside).join("link")).expect("a link");
            let part = home.path().join(inside).join("linked");
            std::fs::create_dir(&part).expect("a folder");
            symlink(home.path().join("outside/a.json"), part.join("a.json")).expect("a link");
        }
        let root = format!("file://{}/root/", home.path().display());
        let serving = Serving::start_with(&home, &["--root", &root]);
        Self { home, serving }
    }

    /// The head and the body of the answer, as they come.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.serving.address).expect("it listens");
        let (host, length) = (&self.serving.address, body.len());
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        (head.to_owned(), body.to_owned())
    }

    fn call(&self, target: &str, body: &Value) -> Value {
        let (_, answer) = self.ask("POST", "/", &format!("X-Amz-Target: {target}\r\n"), &body.to_string());
        serde_json::from_str(&answer).expect(&answer)
    }

    /// How a statement ended, and its result or the reason.
    fn sql(&self, sql: &str) -> (String, String) {
        let started = self.call("AmazonAthena.StartQueryExecution", &json!({"QueryString": sql}));
        let Some(id) = started["QueryExecutionId"].as_str() else { return ("REFUSED".to_owned(), started.to_string()) };
        let id = json!({"QueryExecutionId": id});
        let begun = Instant::now();
        loop {
            let query = &self.call("AmazonAthena.GetQueryExecution", &id)["QueryExecution"];
            let status = &query["Status"];
            match status["State"].as_str().expect("a state") {
                "SUCCEEDED" => {
                    return ("SUCCEEDED".to_owned(), self.call("AmazonAthena.GetQueryResults", &id).to_string());
                }
                "QUEUED" | "RUNNING" => assert!(begun.elapsed() < Duration::from_secs(30), "{query}"),
                other => return (other.to_owned(), status.to_string()),
            }
        }
    }

    /// The rows of a new table at this location, or why there are none.
    fn table(&self, name: &str, location: &str) -> String {
        let serde = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'";
        let (state, why) = self.sql(&format!("CREATE EXTERNAL TABLE {name} (word string) {serde} LOCATION '{location}'"));
        if state != "SUCCEEDED" {
            return why;
        }
        self.sql(&format!("SELECT word FROM {name}")).1
    }

    /// The tables that a crawl of this path makes, or why it makes none.
    fn crawl(&self, name: &str, path: &str) -> String {
        let targets = json!({"S3Targets": [{"Path": path}]});
        let crawler = json!({"Name": name, "Role": "r", "DatabaseName": name, "Targets": targets});
        let made = self.call("AWSGlue.CreateCrawler", &crawler);
        let begun = self.call("AWSGlue.StartCrawler", &json!({"Name": name}));
        let since = Instant::now();
        loop {
            let state = self.call("AWSGlue.GetCrawler", &json!({"Name": name}));
            match state["Crawler"]["State"].as_str() {
                Some("RUNNING" | "STOPPING") => assert!(since.elapsed() < Duration::from_secs(30), "{state}"),
                _ => {
                    let tables = self.call("AWSGlue.GetTables", &json!({"DatabaseName": name}));
                    return format!("{made} {begun} {state} {tables}");
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn outside(&self) -> String {
        self.home.path().join("outside").display().to_string()
    }

    /// Nothing was written or removed outside.
    fn is_untouched(&self) -> bool {
        let names = |folder: &Path| -> Vec<PathBuf> {
            let mut names: Vec<_> =
                std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
            names.sort();
            names
        };
        let home = self.home.path();
        names(&home.join("outside")) == [home.join("outside/a.json")]
            && names(home) == ["data", "outside", "root", "serve.log"].map(|name| home.join(name))
            && std::fs::read_to_string(home.join("outside/a.json")).is_ok_and(|text| text.contains(SECRET))
    }
}

/// Places outside, and the two inside that lead there.
fn locations(place: &Place) -> Vec<String> {
    let (home, outside) = (place.home.path().display().to_string(), place.outside());
    vec![
        "file:///etc/".to_owned(),
        format!("file://{outside}/"),
        format!("file://{outside}/a.json"),
        format!("file://{home}/root/../outside/"),
        format!("file://{home}/root/%2e%2e/outside/"),
        format!("file://{home}/root/%2E%2E%2Foutside/"),
        format!("file://{home}/root/./../outside/"),
        format!("file://{home}/root/link/"),
        format!("file://{home}/root/linked/"),
        format!("file://{home}/data/"),
        format!("file://localhost{outside}/"),
        format!("{outside}/"),
        "s3://lake/../../../outside/".to_owned(),
        "s3://lake/%2e%2e/%2e%2e/%2e%2e/outside/".to_owned(),
        "s3://lake/open/../../../../outside/".to_owned(),
        "s3://../../outside/".to_owned(),
        "s3://lake/link/".to_owned(),
        "s3://lake/linked/".to_owned(),
        "s3://lake//../../../outside/".to_owned(),
    ]
}

#[test]
fn tables_are_inside() {
    let place = Place::new();
    for (number, inside) in
        ["s3://lake/open/".to_owned(), format!("file://{}/root/open/", place.home.path().display())].iter().enumerate()
    {
        let rows = place.table(&format!("inside{number}"), inside);
        assert!(rows.contains("\"open\""), "{inside}: {rows}");
    }
    for (number, location) in locations(&place).iter().enumerate() {
        let rows = place.table(&format!("outside{number}"), location);
        assert!(!rows.contains(SECRET) && !rows.contains("root:"), "{location}: {rows}");
        let (_, rows) = place.sql(&format!("SELECT * FROM '{location}'"));
        assert!(!rows.contains(SECRET) && !rows.contains("root:"), "{location}: {rows}");
    }
    assert!(place.is_untouched());
}

#[test]
fn crawls_are_inside() {
    let place = Place::new();
    let found = place.crawl("inside", "s3://lake/open/");
    assert!(found.contains("\"word\""), "{found}");
    for (number, path) in locations(&place).iter().enumerate() {
        let found = place.crawl(&format!("outside{number}"), path);
        assert!(!found.contains("\"word\""), "{path}: {found}");
    }
    assert!(place.is_untouched());
}

#[test]
fn results_are_inside() {
    let place = Place::new();
    let start = |output: &str| {
        let configuration = json!({"OutputLocation": output});
        let request = json!({"QueryString": "SELECT 'x'", "ResultConfiguration": configuration});
        let started = place.call("AmazonAthena.StartQueryExecution", &request);
        let Some(id) = started["QueryExecutionId"].as_str() else { return started.to_string() };
        let begun = Instant::now();
        loop {
            let query = place.call("AmazonAthena.GetQueryExecution", &json!({"QueryExecutionId": id}));
            match query["QueryExecution"]["Status"]["State"].as_str() {
                Some("QUEUED" | "RUNNING") => assert!(begun.elapsed() < Duration::from_secs(30), "{query}"),
                _ => return query.to_string(),
            }
        }
    };
    assert!(start("s3://lake/results/").contains("SUCCEEDED"));
    for location in locations(&place) {
        start(&location);
        assert!(place.is_untouched(), "{location}");
    }
}

#[test]
fn keys_are_inside() {
    let place = Place::new();
    assert!(place.ask("GET", "/lake/open/a.json", "", "").1.contains("open"));
    assert!(place.ask("PUT", "/lake/new", "", "{}").0.contains(" 200 "));
    let keys = [
        "../../../outside/a.json",
        "%2e%2e/%2e%2e/%2e%2e/outside/a.json",
        "..%2f..%2f..%2foutside%2fa.json",
        "%2E%2E%2F%2E%2E%2F%2E%2E%2Foutside%2Fa.json",
        "%252e%252e/%252e%252e/%252e%252e/outside/a.json",
        "open/../../../../outside/a.json",
        "./../../../outside/a.json",
        "link/a.json",
        "linked/a.json",
        "link/../link/a.json",
        "/../../../outside/a.json",
        "..",
    ];
    for key in keys {
        for path in [format!("/lake/{key}"), format!("//{key}"), format!("/../{key}"), format!("/%2e%2e/{key}")] {
            for (method, headers) in [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "Range: bytes=0-99\r\n")] {
                let (head, body) = place.ask(method, &path, headers, if method == "PUT" { "overwritten" } else { "" });
                assert!(!body.contains(SECRET), "{method} {path}: {head} {body}");
                assert!(place.is_untouched(), "{method} {path}: {head} {body}");
            }
        }
        let copy = format!("x-amz-copy-source: lake/{key}\r\n");
        place.ask("PUT", "/lake/copy", &copy, "");
        assert!(!place.ask("GET", "/lake/copy", "", "").1.contains(SECRET), "a copy of {key}");
    }
    let listed = place.ask("GET", "/lake?list-type=2", "", "").1;
    assert!(listed.contains("open/a.json") && !listed.contains("<Key>link"), "{listed}");
}
