//! The modules of our crates, and the paths in their code: which module names which.
//!
//! A module is a file, whatever `mod` blocks it has. Only product code is read: files of tests,
//! modules behind `#[cfg(test)]` and the module of tests at a file's end are left out. A path is
//! resolved the way the compiler does it, as far as files go: through `crate`, `self` and `super`,
//! names that `use` brings in, child modules, other crates of ours, and `pub use`.

#![expect(clippy::arithmetic_side_effects, reason = "braces in a file that is in memory")]

use std::collections::{BTreeMap, BTreeSet};

use crate::rust::Source;
use crate::tree;

/// Segments: `crate::a::B` is three.
pub type Path = Vec<String>;

/// Most re-exports that a path is followed through.
const REEXPORTS_MAX: usize = 16;
/// Item of a path that stands for everything in a module.
const GLOB: &str = "*";

/// A module: the crate's name in code, and the path from its root, which itself has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    pub krate: String,
    pub path: Path,
}

impl Id {
    /// `billing::account::state`.
    pub fn text(&self) -> String {
        std::iter::once(&self.krate).chain(&self.path).cloned().collect::<Vec<_>>().join("::")
    }

    /// True if one is the parent of the other.
    pub fn is_next_of_kin(&self, other: &Self) -> bool {
        let child_of = |child: &Self, parent: &Self| {
            child.krate == parent.krate
                && child.path.split_last().is_some_and(|(_, rest)| rest == parent.path)
        };
        child_of(self, other) || child_of(other, self)
    }
}

/// What one file says.
#[derive(Debug)]
pub struct Module {
    /// Its product code.
    pub source: Source,
    /// Paths that its code needs: in `use` and elsewhere.
    pub paths: BTreeSet<Path>,
    /// Paths that it only hands on, by `pub use`.
    pub exports: BTreeSet<Path>,
    /// Names that `use` brings in, with the path of each.
    names: BTreeMap<String, Path>,
}

/// Modules of one or several crates.
#[derive(Debug, Default)]
pub struct Modules {
    pub all: BTreeMap<Id, Module>,
}

impl Modules {
    /// Adds the crate in a folder, under its name in code.
    pub fn add(&mut self, krate: &str, folder: &str) {
        let root = format!("{folder}/src/");
        self.add_sources(krate, &root, tree::sources(&root));
    }

    fn add_sources(&mut self, krate: &str, root: &str, sources: Vec<Source>) {
        let mut tests: Vec<Path> = Vec::new();
        for source in &sources {
            let parent = module_path(&source.path, root);
            let names = test_modules(&source.code).into_iter();
            tests.extend(names.map(|name| [parent.clone(), vec![name]].concat()));
        }
        for source in sources {
            let path = module_path(&source.path, root);
            if source.is_test() || tests.iter().any(|test| path.starts_with(test)) {
                continue;
            }
            let source = source.product();
            let (imported, rest) = uses(&source.code);
            let lines = rest.lines().filter(|line| !is_declaration(line));
            let words: BTreeSet<&str> = lines.flat_map(words).collect();
            let (exports, used): (Vec<_>, Vec<_>) = imported.iter().partition(|it| {
                it.is_export && it.name != GLOB && !words.contains(it.name.as_str())
            });
            let module = Module {
                paths: used.into_iter().map(|it| it.path.clone()).chain(paths(&rest)).collect(),
                exports: exports.into_iter().map(|it| it.path.clone()).collect(),
                names: imported.into_iter().map(|it| (it.name, it.path)).collect(),
                source,
            };
            self.all.insert(Id { krate: krate.to_owned(), path }, module);
        }
    }

    /// The module that a path leads to from another module; nothing where that is none of these.
    pub fn resolve(&self, from: &Id, path: &[String]) -> Option<Id> {
        self.follow(from, path, REEXPORTS_MAX)
    }

    /// The modules that a module names, other than itself.
    pub fn named_by(&self, id: &Id) -> BTreeSet<Id> {
        let exports = self.all.get(id).into_iter().flat_map(|module| &module.exports);
        let exported = exports.filter_map(|path| self.resolve(id, path));
        exported.filter(|named| named != id).chain(self.needed_by(id)).collect()
    }

    /// The modules that a module's own code needs: what it only hands on is left out.
    pub fn needed_by(&self, id: &Id) -> BTreeSet<Id> {
        let paths = self.all.get(id).into_iter().flat_map(|module| &module.paths);
        let needed = paths.filter_map(|path| self.resolve(id, path));
        needed.filter(|needed| needed != id).collect()
    }

    fn follow(&self, from: &Id, path: &[String], left: usize) -> Option<Id> {
        let left = left.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let root = |krate: &str| Id { krate: krate.to_owned(), path: Path::new() };
        let up = |id: &Id| {
            let path = id.path.split_last().map(|(_, parent)| parent.to_vec());
            Id { krate: id.krate.clone(), path: path.unwrap_or_default() }
        };
        match first.as_str() {
            "crate" => self.descend(&root(&from.krate), rest, left),
            "self" => self.descend(from, rest, left),
            "super" => {
                let ups = rest.iter().take_while(|it| *it == "super").count();
                let parent = (0..ups).fold(up(from), |id, _| up(&id));
                self.descend(&parent, rest.get(ups..).unwrap_or_default(), left)
            }
            name => {
                let module = self.all.get(from)?;
                let is_child = self.all.contains_key(&child(from, name));
                match module.names.get(name) {
                    // `use a::a;` begins with the module or the crate, not with itself.
                    Some(known) if known.first() != Some(first) => {
                        self.follow(from, &[known.as_slice(), rest].concat(), left)
                    }
                    _ if is_child => self.descend(from, path, left),
                    _ if self.all.contains_key(&root(name)) => {
                        self.descend(&root(name), rest, left)
                    }
                    _ => None,
                }
            }
        }
    }

    /// Goes down from a module: into children, and through what it exports again.
    fn descend(&self, from: &Id, path: &[String], left: usize) -> Option<Id> {
        let module = self.all.get(from)?;
        let Some((first, rest)) = path.split_first() else { return Some(from.clone()) };
        let below = child(from, first);
        if self.all.contains_key(&below) {
            return self.descend(&below, rest, left);
        }
        match module.names.get(first) {
            Some(known) => {
                let whole = [known.as_slice(), rest].concat();
                self.follow(from, &whole, left).or_else(|| Some(from.clone()))
            }
            None => Some(from.clone()),
        }
    }
}

fn child(parent: &Id, name: &str) -> Id {
    Id { krate: parent.krate.clone(), path: [&parent.path[..], &[name.to_owned()]].concat() }
}

/// `a::b` of `src/a/b.rs`; nothing of `src/lib.rs`.
fn module_path(file: &str, root: &str) -> Path {
    let path = file.strip_prefix(root).unwrap_or(file).trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Path::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The modules that only tests are built with.
fn test_modules(code: &str) -> Vec<String> {
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair.first() == Some(&"#[cfg(test)]"));
    let names = pairs.filter_map(|pair| {
        let line = pair.last()?.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    });
    names.collect()
}

/// A name that a `use` brings in.
struct Imported {
    name: String,
    path: Path,
    is_export: bool,
}

/// Every name that a `use` brings in; and the code without them.
fn uses(code: &str) -> (Vec<Imported>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut left = code;
    while let Some(at) = left.find("use ") {
        let (before, statement) = left.split_at(at);
        rest.push_str(before);
        let begins = before.chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        let Some((tree, behind)) = statement.split_once(';').filter(|_| begins) else {
            rest.push_str("use ");
            left = statement.strip_prefix("use ").unwrap_or_default();
            continue;
        };
        let is_export = before.lines().next_back().is_some_and(|it| it.trim().starts_with("pub"));
        let leaves = leaves(&[], tree.strip_prefix("use ").unwrap_or_default());
        found.extend(leaves.into_iter().map(|(name, path)| Imported { name, path, is_export }));
        left = behind;
    }
    rest.push_str(left);
    (found, rest)
}

/// The leaves of a `use` tree: `a::{b, c as d}` has `b` and `d`.
fn leaves(prefix: &[String], tree: &str) -> Vec<(String, Path)> {
    let segments = |text: &str| -> Path {
        text.split("::").map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    };
    if let Some((outer, inner)) = tree.split_once('{') {
        let prefix = [prefix, &segments(outer)].concat();
        let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
        return branches(inner).into_iter().flat_map(|tree| leaves(&prefix, tree)).collect();
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(a, b)| (a, Some(b.trim())));
    let mut path = [prefix, &segments(path)].concat();
    if path.last().is_some_and(|it| it == "self") && path.len() > 1 {
        path.pop();
    }
    let last = path.last().filter(|_| !tree.trim().is_empty()).cloned();
    last.map(|last| (alias.map_or(last, str::to_owned), path)).into_iter().collect()
}

/// What commas part, those in braces left together.
fn branches(tree: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let is_comma = |c: char| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    };
    tree.split(is_comma).collect()
}

/// `pub mod name;`
fn is_declaration(line: &str) -> bool {
    line.ends_with(';')
        && words(line).find(|word| !["pub", "crate", "super"].contains(word)) == Some("mod")
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Every path of two segments or more in code without `use`.
fn paths(code: &str) -> Vec<Path> {
    let of_a_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let pieces = code.split(|c: char| !of_a_path(c)).filter(|piece| piece.contains("::"));
    let segments = pieces.map(|piece| {
        let segments = piece.split("::").filter(|it| !it.is_empty() && !it.contains(':'));
        segments.map(str::to_owned).collect::<Path>()
    });
    segments.filter(|path| path.len() > 1).collect()
}

/// The modules of crates that a test makes up: name of the crate, file below `src`, text.
#[cfg(test)]
pub fn made_up(files: &[(&str, &str, &str)]) -> Modules {
    let mut modules = Modules::default();
    let names: BTreeSet<&str> = files.iter().map(|(krate, ..)| *krate).collect();
    for name in names {
        let root = format!("{name}/src/");
        let own = files.iter().filter(|(krate, ..)| *krate == name);
        let sources = own.map(|(_, file, text)| Source::read(&format!("{root}{file}"), text));
        modules.add_sources(name, &root, sources.collect());
    }
    modules
}

#[test]
fn paths_lead_to_modules() {
    let modules = made_up(&[
        (
            "a",
            "lib.rs",
            "mod room;\nmod x;\n#[cfg(test)]\nmod samples;\npub use room::{inner, far as near};",
        ),
        ("a", "room.rs", "pub mod inner;\npub mod far;"),
        ("a", "room/inner.rs", "use super::far::{self, Far};\nuse crate::x::X as Y;\n"),
        ("a", "room/far.rs", "fn f() { use super::inner; inner::g::<u8>() }"),
        ("a", "x.rs", "use crate::near::Far; // crate::inner\nfn f() { crate::inner::g() }"),
        ("a", "samples.rs", "use crate::x::X;"),
        (
            "b",
            "lib.rs",
            "use a::inner::Z;\nuse std::fmt::{\n    self, Write as _,\n};\nfn f(a: a::X) {}",
        ),
    ]);
    let of = |krate: &str, path: &str| Id {
        krate: krate.to_owned(),
        path: path.split("::").filter(|it| !it.is_empty()).map(str::to_owned).collect(),
    };
    let named = |krate: &str, path: &str| -> Vec<String> {
        modules.named_by(&of(krate, path)).iter().map(Id::text).collect()
    };
    assert_eq!(named("a", "x"), ["a::room::far", "a::room::inner"]);
    assert_eq!(named("a", "room::inner"), ["a::room::far", "a::x"]);
    assert_eq!(named("a", "room::far"), ["a::room::inner"]);
    assert_eq!(named("b", ""), ["a", "a::room::inner"]);
    assert!(!modules.all.contains_key(&of("a", "samples")), "a test's");
    assert!(of("a", "room::far").is_next_of_kin(&of("a", "room")));
    assert!(!of("a", "room::far").is_next_of_kin(&of("a", "room::inner")));
}
