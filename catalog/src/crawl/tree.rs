//! The folders under a target that hold data, as a tree.

use std::collections::BTreeMap;

use super::folder_name::FolderName;

/// A data object of the target: where it is and what reading it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item<'a> {
    /// Relative to the target; empty when the target is the object itself.
    pub key: &'a str,
    /// Its number in the inspections; `None` when a sample of its folder was read and it was not in it.
    pub inspection: Option<u32>,
}

/// A folder. Indexes of nodes are into [`Tree::nodes`], those of items into the items the tree was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node<'a> {
    /// Relative to the target, with a slash at its end; empty for the target.
    pub folder: &'a str,
    pub name: FolderName,
    /// By name.
    pub children: Vec<usize>,
    /// The objects directly in it, in key order.
    pub items: Vec<usize>,
}

impl Node<'_> {
    /// How many folders deep it is below the target.
    pub(super) fn depth(&self) -> usize {
        self.folder.matches('/').count()
    }
}

/// The tree; node 0 is the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree<'a> {
    pub nodes: Vec<Node<'a>>,
}

impl<'a> Tree<'a> {
    /// `items` are in byte order of their keys.
    pub(super) fn of(items: &[Item<'a>]) -> Self {
        let mut nodes = vec![Node { folder: "", name: FolderName::Other, children: Vec::new(), items: Vec::new() }];
        let mut known: BTreeMap<&'a str, usize> = BTreeMap::from([("", 0)]);
        let mut last = ("", 0);
        for (index, item) in items.iter().enumerate() {
            let folder = item.key.split_at(item.key.rfind('/').map_or(0, |slash| slash + 1)).0;
            let at = if folder == last.0 { last.1 } else { node(&mut nodes, &mut known, folder) };
            last = (folder, at);
            if let Some(node) = nodes.get_mut(at) {
                node.items.push(index);
            }
        }
        Self { nodes }
    }
}

/// The number of a folder's node, made with those of all folders above it when there is none yet.
fn node<'a>(nodes: &mut Vec<Node<'a>>, known: &mut BTreeMap<&'a str, usize>, folder: &'a str) -> usize {
    let mut parent = 0;
    for (slash, _) in folder.match_indices('/') {
        let (path, _) = folder.split_at(slash + 1);
        parent = match known.get(path) {
            Some(&at) => at,
            None => {
                let at = nodes.len();
                let above = nodes.get(parent).map_or("", |above| above.folder);
                let in_date = nodes.get(parent).is_some_and(|above| above.name == FolderName::Date);
                let name = path.strip_prefix(above).unwrap_or(path).trim_end_matches('/');
                nodes.push(Node { folder: path, name: FolderName::of(name, in_date), children: Vec::new(), items: Vec::new() });
                if let Some(above) = nodes.get_mut(parent) {
                    above.children.push(at);
                }
                known.insert(path, at);
                at
            }
        };
    }
    parent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_their_objects() {
        let keys = ["a.json", "t/2024/01/x", "t/2024/01/y", "t/dt=1/z"];
        let items: Vec<Item<'_>> = keys.iter().map(|key| Item { key, inspection: Some(0) }).collect();
        let tree = Tree::of(&items);
        let found: Vec<(&str, usize, Vec<usize>)> =
            tree.nodes.iter().map(|node| (node.folder, node.depth(), node.items.clone())).collect();
        assert_eq!(
            found,
            [("", 0, vec![0]), ("t/", 1, vec![]), ("t/2024/", 2, vec![]), ("t/2024/01/", 3, vec![1, 2]), ("t/dt=1/", 2, vec![3])]
        );
        assert_eq!(tree.nodes[1].children, [2, 4]);
        assert_eq!(tree.nodes[3].name, FolderName::Date);
    }
}
