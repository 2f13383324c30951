//! The binary under test, and a data directory for it that is gone afterwards.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where cargo put `civetta`: beside the folder of this test's executable. Cargo builds it only when it is asked to.
pub(crate) fn civetta() -> PathBuf {
    let test = std::env::current_exe().expect("this test has an executable");
    let folder = test.parent().and_then(Path::parent).expect("…/debug/deps/it");
    let binary = folder.join("civetta");
    assert!(binary.exists(), "{} is not there: run `cargo build --bin civetta` first (`make test` does)", binary.display());
    binary
}

/// A data directory, and the folder that commands run in.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

/// What a command gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// The folder that commands run in; the data directory is `data` in it.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the folder.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("its folder");
        std::fs::write(&path, content).expect("its content");
        path
    }

    /// The command with this data directory and nothing of whoever runs the tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(civetta());
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CIVETTA_") || name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.env("CIVETTA_DATA", self.path().join("data")).env_remove("RUST_LOG");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().expect("civetta starts"))
    }

    /// A new access key, made with these `arguments`: its id and its secret.
    pub(crate) fn key(&self, arguments: &[&str]) -> (String, String) {
        let ran = self.run(&[&["key", "add"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let value = |name: &str| {
            let line = ran.stdout.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.expect("it is printed").to_owned()
        };
        (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"))
    }

    /// Runs what must succeed and say nothing but its data; gives that.
    pub(crate) fn query(&self, sql: &str) -> String {
        let ran = self.run(&["query", "--format", "csv", sql]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{sql}");
        ran.stdout
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it ended by itself"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// Three orders of two days in the folder `orders`, one JSON object on a line.
pub(crate) fn orders(home: &Home) {
    home.file("orders/day=2024-05-01/a.json", "{\"id\": 1, \"price\": 2.5}\n{\"id\": 2, \"price\": 3}\n");
    home.file("orders/day=2024-05-02/b.json", "{\"id\": 3, \"price\": 0.5, \"note\": \"late\"}\n");
}
