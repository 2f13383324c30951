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
    /// No `file://` location ever reaches into it.
    data: PathBuf,
    /// What one caller may touch of all that; none: all.
    narrower: Option<Vec<Location>>,
    read_only: bool,
}

impl Confinement {
    pub(super) fn new(config: &StorageConfig) -> Self {
        Self {
            roots: config.confined.then(|| config.roots.clone()),
            embedded: matches!(config.s3, S3::Embedded),
            data: config.data.clone(),
            narrower: None,
            read_only: false,
        }
    }

    /// The same rule, and that what is touched is under one of `roots` (`None`: wherever it is) and not changed if `read_only`.
    pub(super) fn narrowed(&self, roots: Option<&[Location]>, read_only: bool) -> Self {
        Self { narrower: roots.map(<[Location]>::to_vec), read_only: self.read_only || read_only, ..self.clone() }
    }

    /// Checks a location by name; for files [`Guard`] checks where links lead, too.
    ///
    /// Errors (`AccessDenied`): it is under no root, or a `file://` location has a part `..`.
    pub(super) fn check(&self, at: &Location) -> Result<()> {
        if self.narrower.as_ref().is_some_and(|roots| !roots.iter().any(|root| root.covers(at))) {
            return Err(Error::new(ErrorKind::AccessDenied, format!("this access key may not use {at}")));
        }
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

    /// Checks, besides [`Self::check`], whether there may be changes.
    ///
    /// Errors: `AccessDenied`.
    pub(super) fn check_write(&self, at: &Location) -> Result<()> {
        match self.read_only {
            true => Err(Error::new(ErrorKind::AccessDenied, "this access key may only read")),
            false => self.check(at),
        }
    }

    /// The rule for `file://`: the folders among the roots, never the data directory.
    pub(super) fn files(&self) -> Guard {
        let folders: Vec<PathBuf> = match (&self.roots, &self.narrower) {
            (None, None) => return Guard::default(),
            (Some(roots), None) | (None, Some(roots)) => roots.iter().filter_map(Location::file_path).collect(),
            // Of two folders of which one holds the other, the inner one.
            (Some(outer), Some(inner)) => {
                let within = |these: &[Location], those: &[Location]| -> Vec<PathBuf> {
                    let inside = these.iter().filter(|this| those.iter().any(|that| that.covers(this)));
                    inside.filter_map(Location::file_path).collect()
                };
                [within(outer, inner), within(inner, outer)].concat()
            }
        };
        Guard::new(&folders, Some(&self.data))
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

    #[test]
    fn a_key_narrows_what_the_server_may_touch() {
        let server = confinement(S3::Embedded, true, &["file:///srv/in"]);
        let roots = ["s3://mine/team", "file:///srv", "file:///etc"].map(|root| Location::parse(root).unwrap());
        let (narrow, reader) = (server.narrowed(Some(&roots), false), server.narrowed(None, true));
        for (rule, text, reads, writes) in [
            (&narrow, "s3://mine/team/k", true, true),
            (&narrow, "s3://mine/teams/k", false, false),
            (&narrow, "s3://other/k", false, false),
            (&narrow, "file:///srv/in/x", true, true),
            (&narrow, "file:///srv/out/x", false, false),
            (&narrow, "file:///etc/passwd", false, false),
            (&reader, "s3://other/k", true, false),
            (&reader, "file:///etc/passwd", false, false),
        ] {
            let at = Location::parse(text).unwrap();
            assert_eq!((rule.check(&at).is_ok(), rule.check_write(&at).is_ok()), (reads, writes), "{text}");
        }
    }
}
