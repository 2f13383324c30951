//! Real servers that tests start for themselves: PostgreSQL of the distribution and moto's stand-in for AWS. Each has a folder
//! and an address of its own and ends with its value.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const START: Duration = Duration::from_secs(60);

/// Whether tests that need other programs are switched off, which is said aloud.
#[expect(clippy::print_stderr, reason = "a test that does not test has to say so")]
pub(crate) fn skipped(what: &str) -> bool {
    let skip = std::env::var_os("CIVETTA_SKIP_SERVICES").is_some_and(|value| value == "1");
    if skip {
        eprintln!("SKIPPED, because CIVETTA_SKIP_SERVICES=1: {what}");
    }
    skip
}

/// A PostgreSQL server on a socket in its own folder.
pub(crate) struct Postgres {
    server: Child,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    folder: TempDir,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let programs = programs();
        let folder = tempfile::tempdir().unwrap();
        let user = other_user();
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = folder.path().join("data");
        let made = run_as(user, &programs.join("initdb"), folder.path())
            .args(["--auth=trust", "--username=civetta", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let server = run_as(user, &programs.join("postgres"), folder.path())
            .args(["-F", "-c", "listen_addresses=", "-c", "log_min_messages=fatal", "-k"])
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { server, programs, user, folder };
        wait("PostgreSQL", || {
            let ready = Command::new(server.programs.join("pg_isready")).arg("-q").arg("-h").arg(server.folder.path()).status();
            ready.is_ok_and(|status| status.success())
        });
        server
    }

    /// The URL of its database `postgres`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://civetta@localhost/postgres?host={}", self.folder.path().display())
    }

    /// Runs `sql` with psql and gives its output, cells separated by `|`.
    pub(crate) fn psql(&self, sql: &str) -> String {
        let output = Command::new(self.programs.join("psql"))
            .args([
                "--username=civetta",
                "--no-align",
                "--tuples-only",
                "--set=ON_ERROR_STOP=1",
                "--dbname=postgres",
                "-c",
                sql,
                "-h",
            ])
            .arg(self.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Killed outright it would leave a segment of shared memory behind.
        let stopped = run_as(self.user, &self.programs.join("pg_ctl"), self.folder.path())
            .args(["stop", "--silent", "--mode=immediate", "-D"])
            .arg(self.folder.path().join("data"))
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            self.server.kill().ok();
        }
        self.server.wait().ok();
    }
}

/// The newest PostgreSQL in Debian's place.
fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().expect(
        "this test starts a real PostgreSQL and found none in /usr/lib/postgresql: apt-get install postgresql, \
         or set CIVETTA_SKIP_SERVICES=1",
    )
}

/// User and group of `postgres` when we are root: PostgreSQL refuses to run as root.
fn other_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    (id(&["-u"])? == 0).then(|| {
        let user = "postgres";
        let ids = id(&["-u", user]).zip(id(&["-g", user]));
        ids.expect("as root this test runs PostgreSQL as the user postgres, who is not there: apt-get install postgresql")
    })
}

fn run_as(user: Option<(u32, u32)>, program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

/// A moto server on a free port of this machine.
pub(crate) struct Moto {
    server: Child,
    pub(crate) url: String,
}

impl Moto {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = moto_program()
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(
                "this test starts moto_server and found none: run it with `make test`, or pip install -r tests/requirements.txt into the \
                 environment of CIVETTA_PYTHON or on PATH, or set CIVETTA_SKIP_SERVICES=1",
            );
        let moto = Self { server, url: format!("http://127.0.0.1:{port}") };
        wait("moto_server", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        moto
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// The moto_server beside the Python that the Makefile names, else that on PATH.
fn moto_program() -> Command {
    let python = std::env::var_os("CIVETTA_PYTHON").map(PathBuf::from);
    let beside = python.and_then(|python| Some(python.parent()?.join("moto_server")));
    Command::new(beside.filter(|program| program.is_file()).unwrap_or_else(|| PathBuf::from("moto_server")))
}

fn wait(what: &str, mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < START, "{what} did not start within {} s", START.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
}
