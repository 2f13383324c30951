//! Definitions and rows agree.

use std::sync::Arc;

use catalog::Catalog;
use catalog::local::LocalCatalog;
use futures::TryStreamExt as _;

use super::definition::TABLES;
use super::*;
use crate::information_schema::Wanted;

#[tokio::test]
async fn every_table_has_rows_of_its_width_and_its_types() {
    let folder = tempfile::tempdir().unwrap();
    let catalog: Arc<dyn Catalog> = Arc::new(LocalCatalog::open(folder.path()).await.unwrap());
    for definition in TABLES {
        let named = format!("{}.{}", definition.place, definition.name);
        let pages = rows::stream(definition.rows, Arc::clone(&catalog), None, Wanted::default());
        let pages: Vec<_> = pages.try_collect().await.unwrap();
        for page in pages {
            assert!(page.iter().all(|row| row.len() == definition.columns.len()), "{named}");
            let batch = cell::batch(definition, &definition.schema(), &page).unwrap();
            for (at, row) in page.iter().enumerate() {
                for (cell, column) in row.iter().zip(batch.columns()) {
                    assert_eq!(*cell == cell::Cell::Null, column.is_null(at), "{named}: {cell:?} is of another type");
                }
            }
        }
        assert!(SCHEMAS.contains(&definition.place), "{named}");
    }
    assert_eq!(columns("jdbc", "catalogs"), Some(vec![("table_cat", "varchar".to_string())]));
    assert!(table(&catalog, None, "runtime", "nope").is_none());
}
