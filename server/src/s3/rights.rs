//! Whether a caller may do what is asked, by the roots of its key and of the server.

use catalog::storage::{Location, Scheme, Storage};
use catalog::{Error, ErrorKind, Result};

use crate::aws::Rights;

/// What is asked for in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish<'a> {
    /// To read the object of this key.
    Read(&'a str),
    /// To write or delete it.
    Write(&'a str),
    /// To see the keys that begin with this.
    List(&'a str),
    /// To know that the bucket is there.
    See,
    /// To make or remove it.
    Manage,
}

/// Errors: `AccessDenied`.
pub(super) fn check(rights: &Rights, storage: &Storage, bucket: &str, wish: Wish<'_>) -> Result<()> {
    if matches!(wish, Wish::Write(_) | Wish::Manage) {
        rights.write()?;
    }
    let allowed = |roots: &[Location]| roots.iter().any(|root| grants(root, bucket, wish));
    let denied = |why: String| Err(Error::new(ErrorKind::AccessDenied, why));
    if rights.roots.as_deref().is_some_and(|roots| !allowed(roots)) {
        return denied(format!("this access key may not {}", sentence(bucket, wish)));
    }
    if storage.s3_roots().is_some_and(|roots| !allowed(roots)) {
        return denied(format!("this server may not {}; allow it with --root", sentence(bucket, wish)));
    }
    Ok(())
}

fn grants(root: &Location, bucket: &str, wish: Wish<'_>) -> bool {
    if root.scheme != Scheme::S3 || root.bucket != bucket {
        return false;
    }
    match wish {
        Wish::Read(key) | Wish::Write(key) => root.covers(&root.with_key(key)),
        // Unlike a key, a prefix without its slash is also that of the neighbours: `team` lists `teamwork/`.
        Wish::List(prefix) => root.key.is_empty() || prefix.starts_with(&root.folder().key),
        Wish::See => true,
        Wish::Manage => root.key.is_empty(),
    }
}

fn sentence(bucket: &str, wish: Wish<'_>) -> String {
    match wish {
        Wish::Read(key) => format!("read s3://{bucket}/{key}"),
        Wish::Write(key) => format!("write s3://{bucket}/{key}"),
        Wish::List(prefix) => format!("list s3://{bucket}/{prefix}"),
        Wish::See => format!("use the bucket '{bucket}'"),
        Wish::Manage => format!("make or remove the bucket '{bucket}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_grant_what_is_below_them() {
        let root = |text: &str| Location::parse(text).unwrap();
        for (at, wish, granted) in [
            ("s3://b", Wish::Manage, true),
            ("s3://b", Wish::List(""), true),
            ("s3://b", Wish::Write("k"), true),
            ("s3://b/team", Wish::Manage, false),
            ("s3://b/team", Wish::See, true),
            ("s3://b/team", Wish::Read("team/x"), true),
            ("s3://b/team", Wish::Read("team"), true),
            ("s3://b/team", Wish::Read("teamwork"), false),
            ("s3://b/team", Wish::List("team/"), true),
            ("s3://b/team", Wish::List("team/x"), true),
            ("s3://b/team", Wish::List("team"), false),
            ("s3://b/team", Wish::List(""), false),
            ("s3://c", Wish::See, false),
            ("gs://b", Wish::See, false),
        ] {
            assert_eq!(grants(&root(at), "b", wish), granted, "{at} {wish:?}");
        }
    }
}
