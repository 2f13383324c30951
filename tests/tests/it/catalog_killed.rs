//! What the embedded catalog acknowledged survives SIGKILL at any moment, and what it did not is there whole or not at all.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use catalog::local::LocalCatalog;
use catalog::table::{Column, Partition, Table};
use catalog::{Catalog, PageRequest};

const FOLDER: &str = "CIVETTA_TEST_KILLED";
const PARTITIONS: usize = 40;

#[tokio::test]
async fn acknowledged_writes_survive_sigkill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..6 {
        acknowledged = write_and_kill(folder.path(), acknowledged, Duration::from_millis(60 + 45 * round));
        let catalog = LocalCatalog::open(folder.path()).await.unwrap();
        let all = PageRequest { limit: Some(1_000_000), token: None };
        let tables = catalog.tables("default", None, all.clone()).await.unwrap().items;
        for n in 0..acknowledged {
            assert!(tables.iter().any(|table| table.name == format!("t{n}")), "round {round}: table t{n} was acknowledged");
        }
        for table in &tables {
            let found = catalog.partitions("default", &table.name, None, all.clone()).await.unwrap().items.len();
            let number: usize = table.name.trim_start_matches('t').parse().unwrap();
            assert!(
                found == PARTITIONS || (found == 0 && number >= acknowledged),
                "round {round}: t{number} has {found} partitions"
            );
        }
        // A round may have ended between a table and its partitions; the next one makes that table again.
        if let Some(torn) = tables.iter().find(|table| table.name == format!("t{acknowledged}")) {
            catalog.delete_table("default", &torn.name).await.unwrap();
        }
        catalog.close().await;
    }
    assert!(acknowledged > 6, "the writer got {acknowledged} tables done: too few to say anything");
}

/// Runs the writer below in a process of its own, kills it some time after its first word, and gives the number of tables it
/// acknowledged, those before `from` included.
fn write_and_kill(folder: &Path, from: usize, after: Duration) -> usize {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "catalog_killed::writer", "--ignored", "--nocapture"])
        .env(FOLDER, format!("{from} {}", folder.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut acknowledged = from;
    let mut count = |line: String| {
        if let Some(number) = line.split_once("acknowledged ").and_then(|(_, number)| number.parse::<usize>().ok()) {
            acknowledged = number + 1;
        }
    };
    lines.by_ref().find(|line| line.contains("acknowledged ")).into_iter().for_each(&mut count);
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.for_each(count);
    acknowledged
}

#[tokio::test]
#[ignore = "the process that acknowledged_writes_survive_sigkill starts and kills"]
async fn writer() {
    let setting = std::env::var(FOLDER).unwrap();
    let (from, folder) = setting.split_once(' ').unwrap();
    let catalog = LocalCatalog::open(Path::new(folder)).await.unwrap();
    for n in from.parse::<usize>().unwrap().. {
        let name = format!("t{n}");
        let table = Table {
            name: name.clone(),
            database_name: "default".to_owned(),
            partition_keys: Some(vec![Column::new("k", "int")]),
            ..Table::default()
        };
        catalog.create_table(table).await.unwrap();
        let partitions = (0..PARTITIONS).map(|k| Partition { values: vec![k.to_string()], ..Partition::default() });
        assert!(catalog.create_partitions("default", &name, partitions.collect()).await.unwrap().is_empty());
        println!("acknowledged {n}");
    }
}
