//! One table or many: from the folders under a target and what their objects are to the tables they make.
//!
//! Folders named as partitions (`key=value`, dates) and the files of one folder are always one table; their schemas merge.
//! Other sibling folders are partitions of one table when they are similar ([`super::similar`]), else a table each. A single
//! folder without files beside it is no partition: the table starts below it. What was one table in an earlier crawl stays
//! one. Glue's own rules (a table for each folder or file that is not similar), a level where tables start, and one table for
//! the whole target can be asked for instead.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::columns::Columns;
use super::folder_name::FolderName;
use super::inspected::Inspections;
use super::options::Grouping;
use super::similar::{Class, MOST_SCHEMAS, Schema, difference};
use super::tree::{Item, Node, Tree};

/// How the folders of one target are grouped.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub grouping: Grouping,
    /// Tables start so many folders below the target (0 is the target itself), if that is decided beforehand.
    pub level: Option<usize>,
    /// Folders that are one table already, relative to the target and with a slash at their ends.
    pub kept: BTreeSet<String>,
}

/// Objects that are one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// The table's folder, relative to the target, with a slash at its end; empty for the target. The object's key when the
    /// table is a single object.
    pub root: String,
    pub is_object: bool,
    /// The folders that hold its objects, in order, each with the indexes of the items in it.
    pub folders: Vec<(String, Vec<usize>)>,
    pub class: Option<Class>,
    /// Whether folders below the root belong to other tables.
    pub has_strangers_below: bool,
    /// Why it is one table, for people.
    pub why: Vec<String>,
}

/// Groups the data objects of a target. `items` are in key order; each ends up in exactly one group.
pub(super) fn group(items: &[Item<'_>], inspections: &Inspections, rules: &Rules) -> Vec<Group> {
    let tree = Tree::of(items);
    let mut grouper = Grouper { tree: &tree, items, inspections, rules, schemas: HashMap::new() };
    let mut folded = grouper.fold(0, false);
    folded.tables.append(&mut folded.aside);
    folded.tables.sort_by(|a, b| a.root.cmp(&b.root));
    // In the order of their roots, what lies below a root follows it.
    let mut groups: Vec<Group> = Vec::with_capacity(folded.tables.len());
    let mut next: Option<String> = None;
    for candidate in folded.tables.into_iter().rev() {
        let strangers = !candidate.is_object && next.as_ref().is_some_and(|next| next.starts_with(&candidate.root));
        if next.as_ref() != Some(&candidate.root) {
            next = Some(candidate.root.clone());
        }
        groups.push(candidate.into_group(&tree, strangers));
    }
    groups.reverse();
    groups
}

/// Folders that are one table as far as has been seen.
#[derive(Debug, Clone)]
struct Candidate {
    root: String,
    is_object: bool,
    /// Nodes that hold its objects; with an item where just that one of the node's files belongs to it.
    leaves: Vec<(usize, Option<usize>)>,
    /// Inspection → first item with it and how many.
    seen: BTreeMap<u32, (usize, usize)>,
    classes: BTreeMap<Class, usize>,
    why: Vec<String>,
}

impl Candidate {
    fn class(&self) -> Option<&Class> {
        self.classes.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(class, _)| class)
    }

    fn join(&mut self, other: Self) {
        self.leaves.extend(other.leaves);
        for (inspection, (first, count)) in other.seen {
            let known = self.seen.entry(inspection).or_insert((first, 0));
            *known = (known.0.min(first), known.1 + count);
        }
        for (class, count) in other.classes {
            *self.classes.entry(class).or_default() += count;
        }
    }

    fn into_group(self, tree: &Tree<'_>, has_strangers_below: bool) -> Group {
        let class = self.class().cloned();
        let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, only) in self.leaves {
            let Some(node) = tree.nodes.get(at) else { continue };
            let items = folders.entry(node.folder).or_default();
            match only {
                Some(item) => items.push(item),
                None => items.extend(&node.items),
            }
        }
        let folders = folders.into_iter().map(|(folder, items)| (folder.to_string(), items)).collect();
        Group { root: self.root, is_object: self.is_object, folders, class, has_strangers_below, why: self.why }
    }
}

/// What a folder and everything below it came to.
#[derive(Default)]
struct Folded {
    tables: Vec<Candidate>,
    /// Tables that never join others: records that could not be delivered.
    aside: Vec<Candidate>,
}

struct Grouper<'a> {
    tree: &'a Tree<'a>,
    items: &'a [Item<'a>],
    inspections: &'a Inspections,
    rules: &'a Rules,
    /// The columns of objects with these inspections; folders mostly repeat each other.
    schemas: HashMap<Vec<u32>, Schema>,
}

impl Grouper<'_> {
    /// `in_partition`: a folder above is named as a partition, so everything here is one table with it.
    fn fold(&mut self, at: usize, in_partition: bool) -> Folded {
        let tree = self.tree;
        let Some(node) = tree.nodes.get(at) else { return Folded::default() };
        let separate = self.rules.grouping == Grouping::Separate;
        let in_partition = in_partition || (node.name.is_partition() && !separate);
        let mut folded = Folded::default();
        let mut partitions = Vec::new();
        let mut others = Vec::new();
        for &child in &node.children {
            let mut below = self.fold(child, in_partition);
            folded.aside.append(&mut below.aside);
            match tree.nodes.get(child).map(|child| &child.name) {
                Some(FolderName::Errors) if !separate => folded.aside.append(&mut below.tables),
                Some(name) if name.is_partition() && !separate => partitions.push((child, below.tables)),
                _ => others.push((child, below.tables)),
            }
        }
        let own = self.own(at, node);
        let depth = node.depth();
        let below_level = self.rules.level.is_some_and(|level| depth >= level);
        let above_level = self.rules.level.is_some_and(|level| depth < level);
        let forced = if below_level {
            Some("tables start at this level".to_string())
        } else if self.rules.kept.contains(node.folder) {
            Some("it is one table already".to_string())
        } else {
            in_partition.then(|| "folders below a partition belong to its table".to_string())
        };
        folded.tables = if let Some(why) = forced {
            let all = own.into_iter().chain(partitions.into_iter().chain(others).flat_map(|(_, tables)| tables));
            merge(node, all, why)
        } else if above_level {
            own.into_iter().chain(partitions.into_iter().chain(others).flat_map(|(_, tables)| tables)).collect()
        } else {
            self.decide(node, own, partitions, others)
        };
        folded
    }

    fn decide(
        &mut self,
        node: &Node<'_>,
        own: Vec<Candidate>,
        partitions: Vec<(usize, Vec<Candidate>)>,
        others: Vec<(usize, Vec<Candidate>)>,
    ) -> Vec<Candidate> {
        let flat = |children: Vec<(usize, Vec<Candidate>)>| children.into_iter().flat_map(|(_, tables)| tables);
        if !partitions.is_empty() {
            let why = format!("folders such as '{}' are partitions by their names", self.name_of(&partitions));
            let key_value = partitions.iter().any(|(child, _)| self.is_key_value(*child));
            let mut tables = merge(node, own.into_iter().chain(flat(partitions)), why);
            // `latest/` beside `2024/` may be one more of them; `backup/` beside `dt=1/` has no value for dt.
            let joins = !key_value
                && !others.is_empty()
                && self.difference(tables.iter().chain(others.iter().flat_map(|(_, tables)| tables))).is_none();
            if joins && let Some(table) = tables.first_mut() {
                flat(others).for_each(|other| table.join(other));
            } else {
                tables.extend(flat(others));
            }
            return tables;
        }
        let whole = others.iter().all(|(_, tables)| tables.len() == 1);
        if others.is_empty() || (own.is_empty() && others.len() == 1) || !whole || own.len() > 1 {
            return own.into_iter().chain(flat(others)).collect();
        }
        let difference = match self.rules.grouping {
            Grouping::Combine => self.format_difference(own.iter().chain(others.iter().flat_map(|(_, tables)| tables))),
            _ => self.difference(own.iter().chain(others.iter().flat_map(|(_, tables)| tables))),
        };
        let count = others.len();
        let mut tables: Vec<Candidate> = own.into_iter().chain(flat(others)).collect();
        match difference {
            None => merge(node, tables.into_iter(), format!("its {count} folders hold similar objects")),
            Some(why) => {
                let text = format!("not one table with the folders beside it in '/{}': {why}", node.folder);
                tables.iter_mut().for_each(|table| table.why.push(text.clone()));
                tables
            }
        }
    }

    /// The candidate of the files directly in a folder; with Glue's splitting several when they are not similar.
    fn own(&mut self, at: usize, node: &Node<'_>) -> Vec<Candidate> {
        let one = |items: &[usize], root: &str, only: Option<usize>| {
            let mut candidate = Candidate {
                root: root.to_string(),
                is_object: only.is_some(),
                leaves: vec![(at, only)],
                seen: BTreeMap::new(),
                classes: BTreeMap::new(),
                why: Vec::new(),
            };
            for &item in items {
                let Some(inspection) = self.items.get(item).and_then(|item| item.inspection) else { continue };
                candidate.seen.entry(inspection).or_insert((item, 0)).1 += 1;
                if let Some(inspected) = self.inspections.get(inspection) {
                    *candidate.classes.entry(Class::of(inspected)).or_default() += 1;
                }
            }
            candidate
        };
        if node.items.is_empty() {
            return Vec::new();
        }
        let whole = one(&node.items, node.folder, None);
        // The target is an object: its key below itself is empty.
        if let [item] = node.items.as_slice()
            && self.items.get(*item).is_some_and(|item| item.key.is_empty())
        {
            return vec![one(&node.items, "", Some(*item))];
        }
        if self.rules.grouping != Grouping::Separate || whole.seen.len() < 2 {
            return vec![whole];
        }
        let files: Vec<Candidate> =
            node.items.iter().filter_map(|&item| Some(one(&[item], self.items.get(item)?.key, Some(item)))).collect();
        if self.common_share(&files) { vec![whole] } else { files }
    }

    /// Glue's threshold for the files of one folder: more than 70 % have one schema, and there are at most five.
    fn common_share(&mut self, files: &[Candidate]) -> bool {
        let mut schemas: Vec<(Schema, usize)> = Vec::new();
        for file in files {
            let schema = self.schema(file);
            let full = schemas.len() == MOST_SCHEMAS;
            match schemas.iter_mut().find(|(known, _)| *known == schema) {
                Some((_, count)) => *count += 1,
                None if full => return false,
                None => schemas.push((schema, 1)),
            }
        }
        let most = schemas.iter().map(|(_, count)| *count).max().unwrap_or_default();
        most * 10 > files.len() * 7 && self.format_difference(files.iter()).is_none()
    }

    fn difference<'c>(&mut self, candidates: impl Iterator<Item = &'c Candidate> + Clone) -> Option<String> {
        if let Some(formats) = self.format_difference(candidates.clone()) {
            return Some(formats);
        }
        let schemas: Vec<Schema> = candidates.map(|candidate| self.schema(candidate)).collect();
        difference(&schemas)
    }

    fn format_difference<'c>(&self, candidates: impl Iterator<Item = &'c Candidate>) -> Option<String> {
        let classes: BTreeSet<&Class> = candidates.filter_map(Candidate::class).collect();
        let mut classes = classes.into_iter();
        let (first, second) = (classes.next()?, classes.next()?);
        Some(format!("some are {first}, some {second}"))
    }

    fn schema(&mut self, candidate: &Candidate) -> Schema {
        let mut ids: Vec<u32> = candidate.seen.keys().copied().collect();
        ids.sort_by_key(|id| candidate.seen.get(id).map(|(first, _)| *first));
        if let Some(schema) = self.schemas.get(&ids) {
            return schema.clone();
        }
        let mut columns = Columns::default();
        for inspected in ids.iter().filter_map(|&id| self.inspections.get(id)) {
            columns.merge(&inspected.columns, |_, _, _, _| {});
        }
        let schema = Schema::of(columns.as_slice());
        self.schemas.insert(ids, schema.clone());
        schema
    }

    fn is_key_value(&self, at: usize) -> bool {
        matches!(self.tree.nodes.get(at).map(|node| &node.name), Some(FolderName::KeyValue { .. }))
    }

    fn name_of(&self, children: &[(usize, Vec<Candidate>)]) -> String {
        let first = children.first().and_then(|(child, _)| self.tree.nodes.get(*child));
        first.map_or("", |node| node.folder).trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_string()
    }
}

/// All of these as one table whose folder is the node's.
fn merge(node: &Node<'_>, candidates: impl Iterator<Item = Candidate>, why: String) -> Vec<Candidate> {
    let merged = candidates.reduce(|mut all, next| {
        all.join(next);
        all
    });
    merged
        .map(|mut table| {
            table.root = node.folder.to_string();
            table.is_object = false;
            table.why = vec![why];
            table
        })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests;
