//! A lake of its own for each test: an embedded catalog and an embedded S3 in a temporary folder, filled by the real crawler.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::crawl::{Places, Progress, Report, Request, run};
use catalog::crawler::S3Target;
use catalog::local::LocalCatalog;
use catalog::storage::{Storage, StorageConfig};
use engine::{Engine, Settings};

pub(crate) struct Lake {
    pub(crate) catalog: LocalCatalog,
    pub(crate) storage: Storage,
    pub(crate) engine: Engine,
    pub(crate) folder: tempfile::TempDir,
}

impl Lake {
    pub(crate) async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalog = LocalCatalog::open(folder.path()).await.expect("a catalog");
        let storage = Storage::new(StorageConfig::local(folder.path())).await.expect("a storage");
        let settings = Settings {
            memory: Some(256 << 20),
            threads: Some(2),
            spill: folder.path().join("spill"),
            spill_limit: Some(1 << 30),
            locations: true,
        };
        let engine = Engine::new(Arc::new(catalog.clone()), storage.clone(), settings).expect("an engine");
        Self { catalog, storage, engine, folder }
    }

    /// The bucket `lake` with the committed examples, crawled into the database `lake`.
    pub(crate) async fn of_examples() -> Self {
        let lake = Self::empty().await;
        lake.copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lake"), "lake");
        lake.crawl("s3://lake/", "lake").await;
        lake
    }

    /// Copies a folder of this machine to the root of a bucket, as a user would by hand.
    pub(crate) fn copy(&self, from: &Path, bucket: &str) {
        copy_folder(from, &self.folder.path().join("lake").join(bucket));
    }

    pub(crate) async fn crawl(&self, target: &str, database: &str) -> Report {
        let target = S3Target { path: target.to_string(), ..S3Target::default() };
        let request = Request { database: database.to_string(), targets: vec![target], ..Request::default() };
        let places = Places { storage: &self.storage, catalog: &self.catalog, home: &self.catalog };
        run(request, places, &Arc::new(Progress::default()), false).await.expect("a crawl")
    }
}

fn copy_folder(from: &Path, to: &PathBuf) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())).flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
