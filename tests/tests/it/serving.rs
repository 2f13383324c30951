//! `civetta serve` on a free port, for the tests that speak to it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::binary::Home;

const START: Duration = Duration::from_secs(30);

/// A running server, killed with its test.
pub(crate) struct Serving {
    pub(crate) child: Child,
    /// `HOST:PORT`.
    pub(crate) address: String,
    /// `http://HOST:PORT`, with TLS `https://HOST:PORT`.
    pub(crate) url: String,
    log: PathBuf,
}

impl Serving {
    pub(crate) fn start(home: &Home) -> Self {
        Self::start_with(home, &[])
    }

    /// With more `arguments` than where to listen.
    pub(crate) fn start_with(home: &Home, arguments: &[&str]) -> Self {
        Self::start_at(home, "127.0.0.1:0", arguments)
    }

    /// Listening on this address.
    pub(crate) fn start_at(home: &Home, address: &str, arguments: &[&str]) -> Self {
        let mut command = home.command(&["serve", "--listen", address]);
        command.args(arguments);
        Self::begin(home, command)
    }

    /// By this command, `civetta serve …`.
    pub(crate) fn begin(home: &Home, mut command: Command) -> Self {
        let log = home.file("serve.log", "");
        let mut child = command.stderr(File::create(&log).expect("a log")).spawn().expect("civetta starts");
        let begun = Instant::now();
        loop {
            let said = std::fs::read_to_string(&log).expect("a log");
            let line = said.lines().filter(|_| said.ends_with('\n')).find_map(|line| line.strip_prefix("civetta serves "));
            if let Some(url) = line.and_then(|line| line.split([' ', ',']).find(|word| word.contains("://"))) {
                let (_, address) = url.split_once("://").expect("a URL");
                return Self { child, address: address.to_owned(), url: url.to_owned(), log };
            }
            let ended = child.try_wait().expect("a child").is_some();
            assert!(!ended && begun.elapsed() < START, "it does not say where it listens: {said}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it has written to standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// The status line and the body of `GET path`.
    pub(crate) fn get(&self, path: &str, headers: &str) -> (String, String) {
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
