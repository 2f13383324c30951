//! The rules of the house, checked: layers, file sizes, opening comments, nothing left open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each crate may use those before it.
const LAYERS: [&str; 5] = ["catalog", "sql", "engine", "server", "shell"];
const MOST_LINES: usize = 700;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn rust_files() -> Vec<PathBuf> {
    let mut found = vec![];
    let mut folders: Vec<PathBuf> = LAYERS.iter().chain(&["tests"]).map(|member| root().join(member)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the workspace").flatten() {
            let path = entry.path();
            match path.extension().and_then(|e| e.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("rs") => found.push(path),
                _ => {}
            }
        }
    }
    assert!(found.len() > 50, "the walk found only {} files", found.len());
    found
}

#[test]
fn a_crate_uses_only_those_above_it() {
    for (depth, name) in LAYERS.iter().enumerate() {
        let manifest = std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("TOML");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let used = manifest.get(section).and_then(|deps| deps.as_table()).into_iter().flat_map(|deps| deps.keys());
            for other in used {
                let at = LAYERS.iter().position(|layer| layer == other);
                assert!(at.is_none_or(|at| at < depth), "{name} uses {other}, which stands below it ({section})");
            }
        }
        let uses = |dependency: &str| manifest["dependencies"].as_table().is_some_and(|d| d.contains_key(dependency));
        assert!(depth >= 2 || !uses("datafusion"), "{name} must know no DataFusion");
        assert!(*name == "server" || !uses("axum"), "only server knows axum");
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut faults = BTreeMap::new();
    for path in rust_files() {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let name = path.strip_prefix(root()).expect("inside").display().to_string();
        if text.lines().count() > MOST_LINES {
            faults.insert(name.clone(), "is too long");
        }
        if !text.starts_with("//!") {
            faults.insert(name.clone(), "does not open with what it is for");
        }
        let open = ["TO", "DO"].concat();
        if text.contains(&open) || text.contains(&["FIX", "ME"].concat()) || text.contains(&["#[ignore", "]"].concat()) {
            faults.insert(name, "leaves something open");
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn modules_are_not_named_for_nothing() {
    for path in rust_files() {
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        assert!(!["utils", "util", "common", "helpers", "prelude"].contains(&stem), "{} says nothing", path.display());
    }
}
