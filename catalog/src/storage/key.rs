//! Which keys Civetta can read: those that `object_store` can hold without changing them.

use std::fmt;

/// Why a key of a listing is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An empty object whose key ends with `/`: consoles and Hadoop make them so that a folder shows; there is nothing in it.
    FolderMarker,
    /// `object_store` cannot hold the key, so nothing could read it: `a//b`, `.` and `..`, control characters, data under `a/`.
    Name(&'static str),
    /// A file that is there and cannot be read or must not be: no permission, a broken link, a link out of the allowed roots.
    Unreadable(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FolderMarker => f.write_str("an empty folder marker"),
            Self::Name(why) => f.write_str(why),
            Self::Unreadable(why) => f.write_str(why),
        }
    }
}

/// What keeps `object_store::path::Path` from holding the key as it is; none where it can.
pub(super) fn unholdable(key: &str) -> Option<&'static str> {
    if key.is_empty() {
        return Some("it is empty");
    }
    if key.ends_with('/') {
        return Some("it ends with '/'");
    }
    key.split('/').find_map(|part| match part {
        "" => Some("it has an empty part between two '/' or at its start"),
        "." | ".." => Some("it has a part '.' or '..'"),
        _ if part.bytes().any(|b| b.is_ascii_control()) => Some("it has a control character"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::path::Path;

    #[test]
    fn agrees_with_object_store() {
        for key in
            ["a", "a/b", "a%2Fb", "a b+c=d", "ä/ö", "a\\b", "~", "..a", "", "/a", "a/", "a//b", ".", "a/../b", "a\nb", "a\u{7f}"]
        {
            let held = Path::parse(key).is_ok_and(|path| !key.is_empty() && path.as_ref() == key);
            assert_eq!(unholdable(key).is_none(), held, "{key:?}");
        }
    }
}
