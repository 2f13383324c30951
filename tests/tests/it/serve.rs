//! `civetta serve` over HTTP: health, counters, who may ask, and its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::binary::Home;

/// A running server, killed with its test.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(home: &Home) -> Self {
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("civetta starts");
        let mut line = String::new();
        BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut line).expect("it says where");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).expect(&line).to_owned();
        Self { child, address }
    }

    /// The status line and the body of `GET path`.
    fn get(&self, path: &str, headers: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        (head.lines().next().expect("a status").to_owned(), body.to_owned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn health_counters_and_strangers() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let host = format!("Host: {}\r\n", serving.address);
    for (path, status, body) in [("/healthz", "200", "ok\n"), ("/readyz", "200", "ready\n")] {
        let (line, text) = serving.get(path, &host);
        assert!(line.contains(status) && text == body, "{path}: {line}: {text}");
    }
    assert!(serving.get("/nothing", &host).0.contains("404"));
    for stranger in [
        "Host: evil.example\r\n".to_owned(),
        format!("{host}Origin: https://evil.example\r\n"),
        format!("{host}Sec-Fetch-Site: cross-site\r\n"),
    ] {
        assert!(serving.get("/healthz", &stranger).0.contains("403"), "{stranger}");
    }
    let (_, metrics) = serving.get("/metrics", &host);
    assert!(metrics.contains("civetta_http_requests_refused_total 3\n"), "{metrics}");
    assert!(metrics.contains("civetta_http_requests_total 7\n"), "{metrics}");
}

#[test]
fn sigterm_is_an_orderly_end() {
    let home = Home::new();
    let mut serving = Serving::start(&home);
    assert!(Command::new("kill").arg(serving.child.id().to_string()).status().expect("kill is there").success());
    assert_eq!(serving.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn other_machines_are_refused_without_keys() {
    let ran = Home::new().run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("no access keys") && ran.stderr.contains("127.0.0.1"), "{}", ran.stderr);
}

#[test]
fn a_server_is_not_its_own_s3() {
    let ran = Home::new().run(&["serve", "--listen", "127.0.0.1:4999", "--s3", "http://localhost:4999"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("where this server would listen"), "{}", ran.stderr);
}
