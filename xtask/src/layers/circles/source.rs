//! The modules of a crate in source form: what each defines, imports and names.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

/// The modules of one crate. The first is its root.
pub struct Tree {
    pub modules: Vec<Module>,
}

pub struct Module {
    pub file: PathBuf,
    pub parent: Option<usize>,
    /// A name may mean several things, such as a module and a function.
    pub names: HashMap<String, Vec<Meaning>>,
    /// The paths that are imported by `*`.
    pub globs: Vec<Vec<String>>,
    /// Macros that later code and the modules below may call by their name alone.
    pub macros: HashSet<String>,
    /// The paths in its code.
    pub mentions: Vec<Vec<String>>,
}

pub enum Meaning {
    Module(usize),
    /// Defined in this module.
    Item,
    /// Imported from the module of this path.
    Import(Vec<String>),
}

/// Reads the crate whose root is this file.
pub fn read(root: &Path) -> Result<Tree> {
    let folder = root.parent().unwrap_or(root);
    let mut tree = Tree {
        modules: Vec::new(),
    };
    tree.read_file(root, folder, None)?;
    Ok(tree)
}

impl Tree {
    /// Reads a file. The modules below it are in `folder`.
    fn read_file(&mut self, file: &Path, folder: &Path, parent: Option<usize>) -> Result<usize> {
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed = syn::parse_file(&text)
            .with_context(|| format!("cannot understand {}", file.display()))?;
        self.add(file, folder, parent, &parsed.items)
    }

    fn add(
        &mut self,
        file: &Path,
        folder: &Path,
        parent: Option<usize>,
        items: &[Item],
    ) -> Result<usize> {
        let own = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            names: HashMap::new(),
            globs: Vec::new(),
            macros: HashSet::new(),
            mentions: Vec::new(),
        });
        let mut below = Vec::new();
        let mut reader = Reader {
            module: &mut self.modules[own],
            below: &mut below,
        };
        for item in items {
            reader.visit_item(item);
        }
        for module in below {
            let name = module.ident.unraw().to_string();
            let inner = folder.join(&name);
            let id = match &module.content {
                Some((_, items)) => self.add(file, &inner, Some(own), items)?,
                None => self.read_file(&file_of(&module, folder, file), &inner, Some(own))?,
            };
            self.modules[own].define(&module.ident, Meaning::Module(id));
        }
        Ok(own)
    }
}

/// The file with the text of `mod x;`.
fn file_of(module: &ItemMod, folder: &Path, file: &Path) -> PathBuf {
    let told = module.attrs.iter().find_map(|attribute| {
        let value = match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => &pair.value,
            _ => return None,
        };
        match value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(path),
                ..
            }) => Some(path.value()),
            _ => None,
        }
    });
    if let Some(told) = told {
        return file.with_file_name(told);
    }
    let name = module.ident.unraw().to_string();
    let beside = folder.join(format!("{name}.rs"));
    if beside.exists() {
        beside
    } else {
        folder.join(name).join("mod.rs")
    }
}

impl Module {
    fn define(&mut self, name: &Ident, meaning: Meaning) {
        let name = name.unraw().to_string();
        self.names.entry(name).or_default().push(meaning);
    }

    /// Adds the imports of a `use`. A public import is a re-export, and this module doesn't name it
    /// yet.
    fn import(&mut self, tree: &UseTree, mut path: Vec<String>, is_reexport: bool) {
        let (name, shown) = match tree {
            UseTree::Path(step) => {
                path.push(step.ident.unraw().to_string());
                return self.import(&step.tree, path, is_reexport);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, path.clone(), is_reexport);
                }
                return;
            }
            UseTree::Glob(_) => return self.globs.push(path),
            UseTree::Name(name) => (&name.ident, &name.ident),
            UseTree::Rename(renamed) => (&renamed.ident, &renamed.rename),
        };
        let mut shown = shown.unraw().to_string();
        if name == "self" {
            if shown == "self" {
                shown = path.last().cloned().unwrap_or_default();
            }
        } else {
            path.push(name.unraw().to_string());
        }
        if !is_reexport {
            self.mentions.push(path.clone());
        }
        self.names
            .entry(shown)
            .or_default()
            .push(Meaning::Import(path));
    }

    /// Adds the paths among the tokens of a macro, which can't be parsed: those with `::` in them,
    /// and names of types. Any other name alone may be a variable's.
    fn mention_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.mention_spelt(&mut path);
                    }
                    path.push(name.unraw().to_string());
                    colons = 0;
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' && colons < 2 => colons += 1,
                TokenTree::Group(group) => {
                    self.mention_spelt(&mut path);
                    colons = 0;
                    self.mention_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.mention_spelt(&mut path);
                    colons = 0;
                }
            }
        }
        self.mention_spelt(&mut path);
    }

    fn mention_spelt(&mut self, path: &mut Vec<String>) {
        let names_type = path
            .first()
            .is_some_and(|name| name.starts_with(char::is_uppercase));
        let path = std::mem::take(path);
        if path.len() > 1 || names_type {
            self.mentions.push(path);
        }
    }
}

/// Walks through the code of one module.
struct Reader<'a> {
    module: &'a mut Module,
    /// The modules that it declares.
    below: &'a mut Vec<ItemMod>,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        if let Some(name) = name(item) {
            self.module.define(name, Meaning::Item);
        }
        match item {
            Item::Mod(module) => self.below.push(module.clone()),
            Item::Macro(defined) => {
                if let Some(name) = &defined.ident {
                    self.module.macros.insert(name.unraw().to_string());
                }
                visit::visit_item(self, item);
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        let is_reexport = !matches!(import.vis, Visibility::Inherited);
        self.module.import(&import.tree, Vec::new(), is_reexport);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            syn::ImplItem::Macro(item) => &item.attrs,
            _ => return,
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.module.mention_tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.module.mention_tokens(call.tokens.clone());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // A path that begins with `::` leads to another crate.
        if path.leading_colon.is_none() {
            let steps = path.segments.iter();
            let steps = steps.map(|step| step.ident.unraw().to_string());
            self.module.mentions.push(steps.collect());
        }
        visit::visit_path(self, path);
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test,")
        }
        meta => meta.path().is_ident("test"),
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<&Ident> {
    Some(match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    })
}
