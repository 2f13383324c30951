//! What files may be touched: only those under the allowed folders, wherever symbolic links lead, and never the data directory.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::is_missing;
use crate::{Error, ErrorKind, Result};

/// The folders that may be touched. Without any the rights of the process decide.
#[derive(Debug, Clone, Default)]
pub(in crate::storage) struct Guard {
    /// Resolved folders; none: no rule.
    roots: Option<Vec<PathBuf>>,
    /// A resolved folder that is refused even under a root.
    denied: Option<PathBuf>,
}

impl Guard {
    /// Allows the `roots` but not `denied`; both are resolved now.
    pub(in crate::storage) fn new(roots: &[PathBuf], denied: Option<&Path>) -> Self {
        Self {
            roots: Some(roots.iter().map(|root| resolve(root).unwrap_or_else(|_| root.clone())).collect()),
            denied: denied.map(|path| resolve(path).unwrap_or_else(|_| path.to_owned())),
        }
    }

    /// Whether there is any rule; a walk asks, so as not to pay for resolving paths where there is none.
    pub(super) fn is_open(&self) -> bool {
        self.roots.is_none()
    }

    /// Checks a path, with its links resolved; what is missing of it is taken by name.
    ///
    /// Errors: `AccessDenied` when it is outside the roots or in the denied folder.
    pub(super) fn check(&self, path: &Path) -> Result<()> {
        let Some(roots) = &self.roots else { return Ok(()) };
        let real = resolve(path)
            .map_err(|error| Error::new(ErrorKind::AccessDenied, format!("'{}': {error}", path.display())).caused_by(error))?;
        let denied = self.denied.as_ref().is_some_and(|denied| real.starts_with(denied));
        if denied || !roots.iter().any(|root| real.starts_with(root)) {
            return Err(Error::new(
                ErrorKind::AccessDenied,
                format!("'{}' is outside the folders that this server may touch; allow a folder with --root", path.display()),
            ));
        }
        Ok(())
    }
}

/// The path without symbolic links. What does not exist yet is kept by name; `..` is refused there.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut missing: Vec<OsString> = Vec::new();
    let mut existing = path;
    loop {
        // Asked first, because it costs less than to resolve what is not there: every write begins with that. A link to nowhere is
        // there: it must not pass as a missing file, since writing through it would make its target.
        match existing.symlink_metadata() {
            Ok(_) => {
                let mut real = existing.canonicalize()?;
                real.extend(missing.iter().rev());
                return Ok(real);
            }
            Err(error) if is_missing(&error) => {
                let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) else { return Err(error) };
                missing.push(name.to_owned());
                existing = parent;
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_resolves_to_a_root_passes() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["root/in", "root/data", "other"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        std::fs::write(at("other/f"), "x").unwrap();
        std::fs::write(at("root/in/file"), "x").unwrap();
        std::os::unix::fs::symlink(at("other"), at("root/out")).unwrap();
        std::os::unix::fs::symlink(at("root/in"), at("root/link")).unwrap();
        std::os::unix::fs::symlink(at("other/new"), at("root/dangling")).unwrap();
        let guard = Guard::new(&[at("root")], Some(&at("root/data")));
        for (path, passes) in [
            ("root", true),
            ("root/in/missing/file", true),
            ("root/in/file/below", true),
            ("root/link/file", true),
            ("root/out/f", false),
            ("root/out/missing", false),
            ("root/dangling", false),
            ("root/in/../../other/f", false),
            ("root/missing/../../other", false),
            ("root/data/catalog.db", false),
            ("rootless", false),
            ("other/f", false),
        ] {
            assert_eq!(guard.check(&at(path)).is_ok(), passes, "{path}");
        }
        assert!(Guard::default().check(&at("other/f")).is_ok());
    }
}
