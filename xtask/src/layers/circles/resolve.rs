//! Finds the file that defines what a path names.

use std::path::Path;

use super::source::{Meaning, Module, Tree};

/// More steps than any import needs. Without a limit, an import of its own name would never end.
const MOST_STEPS: usize = 32;

/// Every item of the crate that its code names: the file that names it, its name, the file that
/// defines it.
pub fn mentions(tree: &Tree) -> impl Iterator<Item = (&Path, String, &Path)> {
    tree.modules
        .iter()
        .enumerate()
        .flat_map(move |(id, module)| {
            module.mentions.iter().filter_map(move |path| {
                let file = match target(tree, id, path, MOST_STEPS) {
                    Some(Target::Item(file)) => file,
                    Some(Target::Module(_)) => return None,
                    None => macro_above(tree, id, path)?,
                };
                Some((module.file.as_path(), path.join("::"), file))
            })
        })
}

enum Target<'a> {
    Module(usize),
    /// An item, or a part of one, by the file that defines it.
    Item(&'a Path),
}

/// What a path in this module leads to; `None` if it is not in this crate.
fn target<'a>(tree: &'a Tree, from: usize, path: &[String], steps: usize) -> Option<Target<'a>> {
    let steps = steps.checked_sub(1)?;
    let (first, rest) = path.split_first()?;
    let found = match first.as_str() {
        "crate" => Target::Module(0),
        "self" => Target::Module(from),
        "super" => Target::Module(tree.modules[from].parent?),
        name => named(tree, from, name, steps, !rest.is_empty())?,
    };
    match found {
        Target::Module(module) if !rest.is_empty() => below(tree, module, rest, steps),
        found => Some(found),
    }
}

/// What the rest of a path leads to, from a module of this crate.
fn below<'a>(tree: &'a Tree, module: usize, path: &[String], steps: usize) -> Option<Target<'a>> {
    let found = target(tree, module, path, steps);
    // A macro may have defined it in the file, so its name can't be read there.
    let is_import = |name| tree.modules[module].names.contains_key(name);
    match (found, path) {
        (None, [name, ..]) if !is_import(name) => Some(Target::Item(&tree.modules[module].file)),
        (found, _) => found,
    }
}

/// What a name means in a module. If more of the path follows, a module is preferred to an item.
fn named<'a>(
    tree: &'a Tree,
    module: usize,
    name: &str,
    steps: usize,
    prefers_module: bool,
) -> Option<Target<'a>> {
    let Module {
        file, names, globs, ..
    } = &tree.modules[module];
    let mut found: Vec<Target> = names
        .get(name)
        .into_iter()
        .flatten()
        .filter_map(|meaning| match meaning {
            Meaning::Module(id) => Some(Target::Module(*id)),
            Meaning::Item => Some(Target::Item(file)),
            Meaning::Import(path) => target(tree, module, path, steps),
        })
        .collect();
    if found.is_empty() && !names.contains_key(name) {
        found.extend(globs.iter().filter_map(|path| {
            let steps = steps.checked_sub(1)?;
            match target(tree, module, path, steps)? {
                Target::Module(other) => named(tree, other, name, steps, prefers_module),
                Target::Item(_) => None,
            }
        }));
    }
    let preferred = found
        .iter()
        .position(|target| matches!(target, Target::Module(_)) == prefers_module);
    let chosen = preferred.unwrap_or(0);
    (chosen < found.len()).then(|| found.swap_remove(chosen))
}

/// The file above that defines the macro of this name.
fn macro_above<'a>(tree: &'a Tree, from: usize, path: &[String]) -> Option<&'a Path> {
    let [name] = path else { return None };
    let mut module = &tree.modules[from];
    while let Some(parent) = module.parent {
        module = &tree.modules[parent];
        if module.macros.contains(name) {
            return Some(&module.file);
        }
    }
    None
}
