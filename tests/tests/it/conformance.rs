//! A fixed part of the cases that others wrote for Trino's dialect (`../shared/conformance/sql`, or below `CIVETTA_SHARED`), by their
//! own comparison: none may fail that is not known to, and none that is known to fail may pass. `make conformance` runs them all.

use std::path::Path;
use std::process::Command;

#[test]
fn no_case_is_worse_than_known() {
    holds(&[]);
}

/// The same cases over HTTP; `civetta` lies beside `conformance`.
#[test]
fn no_case_is_worse_through_a_door() {
    holds(&["--door", "trino"]);
    holds(&["--door", "athena"]);
}

fn holds(door: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/run.py");
    let python = std::env::var_os("CIVETTA_PYTHON").unwrap_or_else(|| "python3".into());
    let ran = Command::new(python)
        .arg(script)
        .args(["--binary", env!("CARGO_BIN_EXE_conformance"), "--sample"])
        .args(door)
        .output()
        .expect("this test needs python3: it judges the answers");
    let (said, noise) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}\n{noise}");
    assert!(said.contains(" cases: 0 worse than known"), "{said}");
}
