//! Objects of a folder tree in byte order of their keys.
//!
//! The walk always opens or yields the entry with the smallest key that it knows. A folder's key is the common beginning of all keys in
//! it, so nothing that is still closed can hold a smaller key than the entry yielded; this holds also where escapes make file names sort
//! differently from keys.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::names::{Name, Names};
use super::{Guard, stat};
use crate::Result;
use crate::storage::{Listed, Skipped, Why, key};

/// What a walk yields.
#[derive(Debug)]
pub(super) enum Step {
    /// An object that is there by name; its metadata is not read yet.
    File {
        key: String,
        path: PathBuf,
    },
    /// The common beginning of at least one object's key, where the walk goes one level deep only.
    Folder(String),
    Skipped(Skipped),
}

/// What to walk.
#[derive(Debug, Clone, Default)]
pub(super) struct Range {
    /// Keys begin with this; it may end amid a name.
    pub(super) prefix: String,
    /// Keys are greater than this.
    pub(super) after: String,
    /// Keys in which this follows after the prefix are yielded as one [`Step::Folder`], up to its end.
    pub(super) delimiter: Option<String>,
}

pub(super) struct Walk {
    names: Names,
    guard: Guard,
    range: Range,
    heap: BinaryHeap<Reverse<Entry>>,
    /// The last key yielded: an object that is there under both of its names is yielded once.
    last: Option<String>,
    /// The folder yielded last, whose content is to be left out.
    inside: Option<String>,
}

struct Entry {
    key: String,
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    Object,
    /// An object under the name it has beside a folder.
    Beside,
    /// With the folders above it, to notice links that lead back to one of them.
    Folder(Option<Arc<Above>>),
    Skipped(Why),
}

struct Above {
    identity: (u64, u64),
    above: Option<Arc<Above>>,
}

impl Walk {
    /// Starts below `root`. Errors: the folder where the walk would start is refused by the guard.
    pub(super) fn new(root: &Path, names: Names, guard: &Guard, range: Range) -> Result<Self> {
        let folder = range.prefix.rfind('/').map_or("", |end| &range.prefix[..=end]);
        let path = root.join(names.folder(folder));
        guard.check(&path)?;
        let start = Entry { key: folder.to_owned(), path, kind: Kind::Folder(None) };
        let heap = BinaryHeap::from([Reverse(start)]);
        Ok(Self { names, guard: guard.clone(), range, heap, last: None, inside: None })
    }

    /// Whether keys that begin with `key` (a folder's) or are `key` (an object's) can be in the range.
    fn wanted(&self, key: &str, folder: bool) -> bool {
        let Range { prefix, after, .. } = &self.range;
        if folder {
            (key.starts_with(prefix) || prefix.starts_with(key)) && (key >= after.as_str() || after.starts_with(key))
        } else {
            key.starts_with(prefix) && key > after.as_str()
        }
    }

    /// Puts what a folder holds on the heap.
    fn open(&mut self, folder: Entry, above: Option<Arc<Above>>) {
        if let Err(why) = self.enter(&folder, above) {
            let missing = matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
            if !missing && self.wanted(&folder.key, true) {
                let kind = Kind::Skipped(Why::Unreadable(format!("the folder cannot be read: {why}")));
                self.heap.push(Reverse(Entry { kind, ..folder }));
            }
        }
    }

    fn enter(&mut self, folder: &Entry, above: Option<Arc<Above>>) -> io::Result<()> {
        let identity = stat::identity(&fs::metadata(&folder.path)?);
        let returns = std::iter::successors(above.as_deref(), |level| level.above.as_deref());
        if identity.is_some_and(|identity| returns.into_iter().any(|level| level.identity == identity)) {
            return Err(io::Error::other("a symbolic link leads back to a folder that it is in"));
        }
        if !self.guard.is_open() {
            self.guard.check(&folder.path).map_err(|error| io::Error::other(error.message().to_owned()))?;
        }
        let above = identity.map(|identity| Arc::new(Above { identity, above }));
        for entry in fs::read_dir(&folder.path)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if let Some(entry) = self.entry(&folder.key, &entry.file_name(), entry.path(), kind, above.as_ref()) {
                self.heap.push(Reverse(entry));
            }
        }
        Ok(())
    }

    /// One name in a folder as an entry; none where it is outside the range or no key at all.
    fn entry(&self, parent: &str, name: &OsStr, path: PathBuf, file: FileType, above: Option<&Arc<Above>>) -> Option<Entry> {
        let skipped = |key: String, why: Why| {
            self.wanted(&key, false).then_some(Entry { key, path: path.clone(), kind: Kind::Skipped(why) })
        };
        let Some(text) = name.to_str() else {
            return skipped(format!("{parent}{}", name.to_string_lossy()), Why::Name("its name is not UTF-8"));
        };
        let (is_folder, is_file) = match file.is_symlink() {
            false => (file.is_dir(), file.is_file()),
            true => match self.follow(&path) {
                Ok(target) => target,
                Err(why) => return skipped(format!("{parent}{text}"), Why::Unreadable(why)),
            },
        };
        let (key, kind) = match (self.names.read(text), is_folder) {
            (Name::Unfinished, _) => return None,
            (Name::Part(part), true) => (format!("{parent}{part}/"), Kind::Folder(above.cloned())),
            (Name::Beginning(part), true) => (format!("{parent}{part}"), Kind::Folder(above.cloned())),
            (Name::Part(part), false) if is_file => (format!("{parent}{part}"), Kind::Object),
            (Name::Beside(part), false) if is_file => (format!("{parent}{part}"), Kind::Beside),
            (Name::Nonsense | Name::Beside(_) | Name::Beginning(_), _) => {
                return skipped(format!("{parent}{text}"), Why::Name("its name begins as the lake's escapes do and is none"));
            }
            (Name::Part(_), false) => {
                return skipped(format!("{parent}{text}"), Why::Unreadable("it is neither file nor folder".to_owned()));
            }
        };
        self.wanted(&key, is_folder).then_some(Entry { key, path, kind })
    }

    /// Whether a link leads to a folder or to a file; else why it must not or cannot be followed.
    fn follow(&self, link: &Path) -> Result<(bool, bool), String> {
        self.guard.check(link).map_err(|error| error.message().to_owned())?;
        let meta = fs::metadata(link).map_err(|error| format!("it is a symbolic link that leads nowhere: {error}"))?;
        Ok((meta.is_dir(), meta.is_file()))
    }

    /// The part of a key up to the first delimiter after the prefix, where only one level is walked.
    fn level<'k>(&self, key: &'k str) -> Option<&'k str> {
        let (start, delimiter) = (self.range.prefix.len(), self.range.delimiter.as_deref()?);
        let end = key.get(start..)?.find(delimiter)?;
        key.get(..start + end + delimiter.len())
    }
}

impl Iterator for Walk {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let Reverse(Entry { key, path, kind }) = self.heap.pop()?;
            if self.inside.as_deref().is_some_and(|inside| key.starts_with(inside)) {
                continue;
            }
            if let Some(level) = self.level(&key) {
                let level = level.to_owned();
                if matches!(kind, Kind::Folder(_)) && !holds_any(&path, self.names, 0) {
                    continue;
                }
                self.inside = Some(level.clone());
                if level > self.range.after {
                    return Some(Step::Folder(level));
                }
                continue;
            }
            match kind {
                Kind::Folder(above) => self.open(Entry { key, path, kind: Kind::Folder(None) }, above),
                Kind::Skipped(why) => return Some(Step::Skipped(Skipped { key, why })),
                Kind::Object | Kind::Beside if self.last.as_ref() == Some(&key) => {}
                Kind::Object | Kind::Beside => {
                    if self.names == Names::Escaped {
                        self.last = Some(key.clone());
                    }
                    return Some(Step::File { key, path });
                }
            }
        }
    }
}

/// Whether there is any object below a folder. What cannot be read counts as one, so that it is looked into and reported.
fn holds_any(folder: &Path, names: Names, depth: usize) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else { return true };
    entries.any(|entry| {
        let Ok(entry) = entry else { return true };
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| names.read(name) == Name::Unfinished) {
            return false;
        }
        // Deeper than any key is a loop of links.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink() && entry.path().is_dir());
        !is_folder || depth > 512 || holds_any(&entry.path(), names, depth + 1)
    })
}

/// Reads the metadata of walked files: the objects, and what cannot be read.
/// A file that has vanished since the walk is left out, as if the listing had been a little later.
pub(super) fn listed(step: Step) -> Option<Listed> {
    let (key, path) = match step {
        Step::File { key, path } => (key, path),
        Step::Skipped(skipped) => return Some(Listed::Skipped(skipped)),
        Step::Folder(_) => return None,
    };
    let why = match fs::metadata(&path) {
        Ok(meta) => match (key::unholdable(&key), meta.len()) {
            (None, _) => return Some(Listed::Object(stat::object(key, &meta))),
            (Some(_), 0) if key.ends_with('/') => Why::FolderMarker,
            (Some(why), _) => Why::Name(why),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => Why::Unreadable(error.to_string()),
    };
    Some(Listed::Skipped(Skipped { key, why }))
}

impl Ord for Entry {
    /// By key; of two entries with one key the object under its plain name comes first: it is the one that reads find.
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then_with(|| matches!(self.kind, Kind::Beside).cmp(&matches!(other.kind, Kind::Beside)))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}
