//! A crawl that is killed at any moment leaves what was acknowledged, and the next one needs no repair.

use std::process::Stdio;
use std::time::Duration;

use crate::binary::Home;

/// Enough objects that the kills fall into listing, reading and writing alike.
const OBJECTS: usize = 4000;
const PARTITIONS: usize = 40;

#[test]
fn killed_crawls_need_no_repair() {
    let home = Home::new();
    for at in 0..OBJECTS {
        let key = format!("lake/ticks/day={:02}/{at}.json", at % PARTITIONS);
        home.file(&key, &format!("{{\"n\": {at}, \"price\": {at}.5}}"));
    }
    let folder = home.path().join("lake/ticks");
    let crawl = ["crawl", folder.to_str().expect("a path"), "--database", "d", "--table-name", "ticks", "--yes"];
    let mut killed = 0;
    for round in 0..25 {
        let mut child = home.command(&crawl).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("civetta starts");
        std::thread::sleep(Duration::from_millis(10 + round * 17));
        child.kill().expect("SIGKILL");
        killed += usize::from(child.wait().expect("it ends").code().is_none());
        // Whatever was acknowledged can be read; a table that is there is there whole.
        let tables = home.run(&["query", "--format", "csv", "SHOW DATABASES"]);
        assert_eq!((tables.code, tables.stderr.as_str()), (0, ""), "after kill {round}");
    }
    assert!(killed > 5, "only {killed} crawls were killed before they ended");
    let done = home.run(&crawl);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let counted = home.query("SELECT count(*), count(DISTINCT n), count(DISTINCT day) FROM d.ticks");
    assert_eq!(counted.lines().nth(1), Some(format!("{OBJECTS},{OBJECTS},{PARTITIONS}").as_str()), "{counted}");
}
