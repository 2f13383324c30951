//! What a server may touch: the embedded lake, and what is under its roots.

use std::path::PathBuf;

use super::disk::Guard;
use super::{Location, S3, Scheme, StorageConfig};
use crate::{Error, ErrorKind, Result};

/// The rule of a storage; without one everything passes that the process may do.
#[derive(Debug, Clone)]
pub(super) struct Confinement {
    /// None: a local command.
    roots: Option<Vec<Location>>,
    /// Whether `s3://` is the embedded lake, all of whose buckets are open.
    embedded: bool,
}

impl Confinement {
    pub(super) fn new(config: &StorageConfig) -> Self {
        Self { roots: config.confined.then(|| config.roots.clone()), embedded: matches!(config.s3, S3::Embedded) }
    }

    /// Checks a location by name; for files [`Guard`] checks where links lead, too.
    ///
    /// Errors (`AccessDenied`): it is under no root, or a `file://` location has a part `..`.
    pub(super) fn check(&self, at: &Location) -> Result<()> {
        let Some(roots) = &self.roots else { return Ok(()) };
        let steps_out = at.scheme == Scheme::File && at.key.split('/').any(|part| part == "..");
        let lake = at.scheme == Scheme::S3 && self.embedded;
        if !steps_out && (lake || roots.iter().any(|root| root.covers(at))) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::AccessDenied,
            format!("{at} is outside the locations that this server may touch; allow it with --root"),
        ))
    }

    /// The roots that requests to `s3://` must be under; none where everything of it may be touched.
    pub(super) fn s3_roots(&self) -> Option<&[Location]> {
        self.roots.as_deref().filter(|_| !self.embedded)
    }

    /// The rule for `file://`: the folders among the roots, never the data directory.
    pub(super) fn files(&self, config: &StorageConfig) -> Guard {
        match &self.roots {
            None => Guard::default(),
            Some(roots) => {
                let folders: Vec<PathBuf> = roots.iter().filter_map(Location::file_path).collect();
                Guard::new(&folders, Some(&config.data))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confinement(s3: S3, confined: bool, roots: &[&str]) -> Confinement {
        let roots = roots.iter().map(|root| Location::parse(root).unwrap()).collect();
        Confinement::new(&StorageConfig { s3, confined, roots, ..StorageConfig::local("/data") })
    }

    #[test]
    fn a_server_touches_only_the_lake_and_its_roots() {
        let server = confinement(S3::Embedded, true, &["file:///srv/in", "gs://b/x/"]);
        let aws = confinement(S3::Aws { access: Default::default() }, true, &["s3://mine", "s3://shared/team"]);
        for (rule, text, passes) in [
            (&server, "s3://any/key", true),
            (&server, "file:///srv/in/a.json", true),
            (&server, "file:///srv/in", true),
            (&server, "file:///srv/inside", false),
            (&server, "file:///etc/passwd", false),
            (&server, "/", false),
            (&server, "gs://b/x/y", true),
            (&server, "gs://b/x", true),
            (&server, "gs://b/xy", false),
            (&server, "gs://c/x/y", false),
            (&aws, "s3://mine/k", true),
            (&aws, "s3://shared/team/k", true),
            (&aws, "s3://shared/other", false),
            (&aws, "s3://other/k", false),
        ] {
            assert_eq!(rule.check(&Location::parse(text).unwrap()).is_ok(), passes, "{text}");
        }
        let sly = Location { scheme: Scheme::File, bucket: String::new(), key: "srv/in/../../etc/passwd".into() };
        assert!(server.check(&sly).is_err());
        assert!(confinement(S3::Embedded, false, &[]).check(&sly).is_ok());
    }
}
