//! Keys as paths of files, and back.
//!
//! For `file://` they are the same text. In the embedded lake a key is its path too, so that files can be copied in by hand, except
//! for the parts of a key that no file system holds. Those are escaped, each part for itself:
//!
//! | file name | stands for |
//! |---|---|
//! | `%=TEXT` | the part `TEXT`, percent-decoded: an empty part (`a//b`, `a/`), `.`, `..`, one that looks like an escape, the end of a long one |
//! | `%+TEXT/` | the beginning of a part longer than a file name may be (255 bytes); what the folder holds continues it |
//! | `%@TEXT` | the object `TEXT` when its plain name is taken by a folder (`a` beside `a/b`) |
//! | `%~/` | unfinished writes; only in a bucket's root, never listed |
//!
//! A name that begins with `%=`, `%+`, `%@` or `%~` and is not written so by [`Names::object`] is nobody's key; listings report it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// How keys are written as file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// As they are: `file://`.
    Plain,
    /// With escapes: the embedded lake.
    Escaped,
}

/// The folder of unfinished writes in a bucket's root.
pub(super) const UNFINISHED: &str = "%~";
/// What begins and ends the name of an unfinished write beside its target, for `file://`.
const TEMPORARY: (&str, &str) = (".civetta-", ".tmp");

/// Bytes that a file name may have on every file system in use.
const NAME_MAX: usize = 255;
/// Bytes of escaped text in one name; with its mark it fits in [`NAME_MAX`].
const CHUNK_MAX: usize = 240;
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'/');

/// What a file name says about the key of what it names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// A whole part of a key; a folder adds `/`.
    Part(Cow<'a, str>),
    /// The beginning of a part; only folders are named so.
    Beginning(String),
    /// An object beside a folder of the same key.
    Beside(String),
    /// Not a key: an unfinished write.
    Unfinished,
    /// Looks like an escape and is none.
    Nonsense,
}

impl Names {
    /// The path, relative to the root, of the object of this key.
    pub(super) fn object(self, key: &str) -> PathBuf {
        self.path(key, "%=")
    }

    /// Its path when a folder has taken that one; none where folders and objects cannot have the same name.
    pub(super) fn beside(self, key: &str) -> Option<PathBuf> {
        (self == Self::Escaped).then(|| self.path(key, "%@"))
    }

    /// The path, relative to the root, of the folder that holds the keys beginning with `folder` (empty, or ending with `/`).
    pub(super) fn folder(self, folder: &str) -> PathBuf {
        match folder.strip_suffix('/') {
            None => PathBuf::new(),
            Some(folder) => self.object(folder),
        }
    }

    fn path(self, key: &str, mark: &str) -> PathBuf {
        if self == Self::Plain {
            return PathBuf::from(key);
        }
        let mut path = PathBuf::new();
        let (folders, last) = key.rsplit_once('/').map_or((None, key), |(folders, last)| (Some(folders), last));
        for part in folders.iter().flat_map(|folders| folders.split('/')) {
            push_part(&mut path, part, "%=");
        }
        push_part(&mut path, last, mark);
        path
    }

    /// Reads a file name.
    pub(super) fn read(self, name: &str) -> Name<'_> {
        if self == Self::Plain {
            return match name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1) {
                true => Name::Unfinished,
                false => Name::Part(Cow::Borrowed(name)),
            };
        }
        let Some((mark, text)) = name.split_at_checked(2).filter(|(mark, _)| is_mark(mark)) else {
            return Name::Part(Cow::Borrowed(name));
        };
        let Ok(text) = percent_decode_str(text).decode_utf8() else { return Name::Nonsense };
        match mark {
            "%=" => Name::Part(Cow::Owned(text.into_owned())),
            "%@" => Name::Beside(text.into_owned()),
            "%+" if !text.is_empty() => Name::Beginning(text.into_owned()),
            _ => Name::Unfinished,
        }
    }

    /// Where content for `target` (relative) is written until it is whole; on the same file system as the target.
    pub(super) fn temporary(self, target: &Path) -> PathBuf {
        let id = uuid::Uuid::new_v4().simple();
        match self {
            Self::Escaped => Path::new(UNFINISHED).join(id.to_string()),
            Self::Plain => target.with_file_name(format!("{}{id}{}", TEMPORARY.0, TEMPORARY.1)),
        }
    }
}

fn is_mark(mark: &str) -> bool {
    matches!(mark, "%=" | "%+" | "%@" | "%~")
}

/// Appends the names of one part of a key; `mark` is that of its last name, where it is escaped.
fn push_part(path: &mut PathBuf, part: &str, mark: &str) {
    let plain = mark == "%="
        && !part.is_empty()
        && part != "."
        && part != ".."
        && part.len() <= NAME_MAX
        && !part.contains('\0')
        && !part.get(..2).is_some_and(is_mark);
    if plain {
        return path.push(part);
    }
    let mut rest = part;
    loop {
        let (chunk, after) = split_chunk(rest);
        let text = utf8_percent_encode(chunk, ESCAPED);
        if after.is_empty() {
            return path.push(format!("{mark}{text}"));
        }
        path.push(format!("%+{text}"));
        rest = after;
    }
}

/// As many characters as fit in a name when escaped, and the rest.
fn split_chunk(text: &str) -> (&str, &str) {
    let mut size = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        let mut bytes = [0; 4];
        size += utf8_percent_encode(c.encode_utf8(&mut bytes), ESCAPED).map(str::len).sum::<usize>();
        (size > CHUNK_MAX).then_some(at)
    });
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_keys_are_their_paths_and_odd_ones_are_escaped() {
        let long = "x".repeat(300);
        for (key, path) in [
            ("a", "a"),
            ("dt=00%3A00/a b.json", "dt=00%3A00/a b.json"),
            ("ä/ö", "ä/ö"),
            ("a//b", "a/%=/b"),
            ("a/", "a/%="),
            ("/", "%=/%="),
            ("../x", "%=../x"),
            ("./.", "%=./%=."),
            ("%=x", "%=%25=x"),
            ("a\0b", "%=a%00b"),
            (&long, &format!("%+{}/%={}", "x".repeat(240), "x".repeat(60))),
        ] {
            assert_eq!(Names::Escaped.object(key), PathBuf::from(path), "{key:?}");
        }
        assert_eq!(Names::Escaped.beside("f/a"), Some(PathBuf::from("f/%@a")));
        assert_eq!(Names::Plain.object("a/%=x"), PathBuf::from("a/%=x"));
    }

    /// The key that a path stands for, as the walk puts it together.
    fn key_of(path: &Path) -> Option<String> {
        let mut key = String::new();
        let names: Vec<_> = path.iter().map(|name| name.to_str().unwrap()).collect();
        for (at, name) in names.iter().enumerate() {
            match Names::Escaped.read(name) {
                Name::Part(part) => key.push_str(&part),
                Name::Beginning(part) => {
                    key.push_str(&part);
                    continue;
                }
                Name::Beside(part) => key.push_str(&part),
                Name::Unfinished | Name::Nonsense => return None,
            }
            if at + 1 < names.len() {
                key.push('/');
            }
        }
        Some(key)
    }

    proptest! {
        #[test]
        fn every_key_has_a_path_of_valid_names_and_the_path_its_key(
            key in "([a-c/.%=+@~ ä\u{0}\n]|%=|%3D|//|x{200}|ü{150}){1,12}"
        ) {
            for path in [Names::Escaped.object(&key), Names::Escaped.beside(&key).unwrap()] {
                prop_assert!(path.iter().all(|name| name.len() <= NAME_MAX && name != "." && name != ".."));
                prop_assert!(!path.is_absolute() && !path.to_str().unwrap().contains('\0'));
                prop_assert_eq!(key_of(&path), Some(key.clone()));
            }
            prop_assert_ne!(Names::Escaped.object(&key), Names::Escaped.beside(&key).unwrap());
        }

        #[test]
        fn files_copied_in_by_hand_are_found_under_their_key(name in "[a-c.%= é]{1,8}") {
            prop_assume!(name != "." && name != ".." && !name.get(..2).is_some_and(is_mark));
            prop_assert_eq!(Names::Escaped.object(&key_of(Path::new(&name)).unwrap()), PathBuf::from(name));
        }
    }
}
