//! Results of both kinds, read from anywhere; bounds and age.

use datafusion::arrow::array::{Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::*;

const NEVER: Duration = Duration::from_secs(3600);

fn spool(folder: &tempfile::TempDir, memory: usize, disk: u64, age: Duration) -> Spool {
    Spool::new(folder.path().to_path_buf(), Limits { memory, disk, age })
}

fn batch(from: i64, rows: i64, width: usize) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("s", DataType::Utf8, true)]);
    let numbers = Int64Array::from_iter_values(from..from + rows);
    let texts = StringArray::from_iter_values((from..from + rows).map(|_| "x".repeat(width)));
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(numbers), Arc::new(texts)]).unwrap()
}

async fn kept(spool: &Spool, id: &str, batches: i64, width: usize) {
    let mut draft = spool.draft();
    for at in 0..batches {
        draft.push(&batch(at * 100, 100, width)).await;
    }
    draft.keep(id).await;
}

async fn numbers(spool: &Spool, id: &str, from: u64, count: usize) -> Option<Vec<String>> {
    let rows = spool.rows(id, from, count, RowForm::Cells).await.unwrap()?;
    Some(rows.into_iter().map(|row| row[0].clone().unwrap()).collect())
}

fn files(folder: &tempfile::TempDir) -> usize {
    std::fs::read_dir(folder.path()).unwrap().count()
}

#[tokio::test]
async fn rows_are_found_in_memory_and_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(&folder, 8 << 20, 64 << 20, NEVER);
    kept(&spool, "small", 3, 1).await;
    assert_eq!(files(&folder), 0);
    kept(&spool, "large", 30, 1000).await;
    assert_eq!(files(&folder), 1);
    for (id, rows) in [("small", 300), ("large", 3000)] {
        assert_eq!(numbers(&spool, id, 0, 2).await.unwrap(), ["0", "1"], "{id}");
        assert_eq!(numbers(&spool, id, 98, 4).await.unwrap(), ["98", "99", "100", "101"], "{id}");
        assert_eq!(numbers(&spool, id, rows - 1, 9).await.unwrap(), [(rows - 1).to_string()], "{id}");
        assert_eq!(numbers(&spool, id, rows, 9).await.unwrap(), [""; 0], "{id}");
    }
    spool.share("large", "again");
    assert_eq!(numbers(&spool, "again", 2999, 1).await.unwrap(), ["2999"]);
    assert_eq!(numbers(&spool, "none", 0, 1).await, None);
}

#[tokio::test]
async fn the_least_recently_used_goes_first_and_takes_its_file_along() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(&folder, 1 << 20, 8 << 20, NEVER);
    for id in ["a", "b"] {
        kept(&spool, id, 30, 1000).await;
    }
    numbers(&spool, "a", 0, 1).await.unwrap();
    kept(&spool, "c", 30, 1000).await;
    assert_eq!(numbers(&spool, "b", 0, 1).await, None);
    assert!(numbers(&spool, "a", 0, 1).await.is_some() && numbers(&spool, "c", 0, 1).await.is_some());
    assert_eq!(files(&folder), 2);
    kept(&spool, "huge", 90, 1000).await;
    assert_eq!(numbers(&spool, "huge", 0, 1).await, None, "it alone is more than may be kept");
    assert_eq!(files(&folder), 2);
    for id in 0..2000 {
        kept(&spool, &format!("tiny {id}"), 1, 1).await;
    }
    assert_eq!(numbers(&spool, "tiny 0", 0, 1).await, None);
    assert!(spool.kept().memory <= 1 << 20);
    assert!(numbers(&spool, "a", 0, 1).await.is_some(), "files are not what memory lacks");
}

#[tokio::test]
async fn what_nobody_uses_expires() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(&folder, 1 << 20, 8 << 20, Duration::from_millis(20));
    kept(&spool, "a", 30, 1000).await;
    spool.expire();
    assert_eq!(files(&folder), 1);
    tokio::time::sleep(Duration::from_millis(30)).await;
    spool.expire();
    assert_eq!((files(&folder), spool.kept().results.len()), (0, 0));
}
