//! The code that a function runs: its own, and what it reaches in the crates of use cases below it.
//!
//! Its Cargo.toml names the crates, and so do theirs. Those with use cases (`arrows.rs`) are
//! followed; adapters and rules are not, because what they do is counted where they are called.
//! Within a crate a file is taken or left as a whole. A file is reached if
//!
//! 1. a file that is reached names something in it by a path, `use` included (a `pub use` on the
//!    way counts for nothing); or
//! 2. it adds methods to a type of a file that is reached (`impl Sync<'_>` in `read.rs`), and a
//!    file that is reached calls one of them by name: `.read(` or `::read(`.
//!
//! So a command in a file of its own counts for the functions that name it, and for no other. A
//! method of the same name elsewhere may take in a file that is not needed: then a policy is too
//! wide and never too narrow. A file that nothing names and that only implements a trait is not
//! found: keep such an implementation beside its type.

use std::collections::{BTreeMap, BTreeSet};

use crate::arrows;
use crate::crates::{self, Crate};
use crate::modules::{Id, Modules};
use crate::rust::Source;

/// The product code of a function, from `functions/<binary>` down.
pub fn sources(binary: &str) -> Vec<Source> {
    let ours = crates::ours();
    let folder = format!("functions/{binary}");
    let function = ours.iter().find(|it| it.folder == folder);
    let function = function.unwrap_or_else(|| panic!("there is no crate in {folder}"));
    let mut modules = Modules::default();
    for it in std::iter::once(function).chain(followed(function, ours)) {
        modules.add(&it.name_in_code(), &it.folder);
    }
    let reached = reached(&function.name_in_code(), &modules);
    let sources = modules.all.into_iter().filter(|(id, _)| reached.contains(id));
    sources.map(|(_, module)| module.source).collect()
}

/// The crates with use cases that a crate stands on, directly or by another of ours.
fn followed<'a>(from: &Crate, ours: &'a [Crate]) -> Vec<&'a Crate> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut next: Vec<&str> = from.stands_on.iter().map(String::as_str).collect();
    while let Some(name) = next.pop() {
        if names.insert(name) {
            let used = ours.iter().filter(|it| it.name == name).flat_map(|it| &it.stands_on);
            next.extend(used.map(String::as_str));
        }
    }
    let used = ours.iter().filter(|it| names.contains(it.name.as_str()));
    used.filter(|it| arrows::has_use_cases(it)).collect()
}

/// The modules of a crate, and what they reach in the others.
fn reached(krate: &str, modules: &Modules) -> BTreeSet<Id> {
    let extensions = extensions(modules);
    let own = modules.all.keys().filter(|id| id.krate == krate);
    let mut next: Vec<Id> = own.cloned().collect();
    let mut reached: BTreeSet<Id> = BTreeSet::new();
    let mut called: BTreeSet<String> = BTreeSet::new();
    loop {
        while let Some(id) = next.pop() {
            let Some(module) = modules.all.get(&id) else { continue };
            if reached.insert(id.clone()) {
                called.extend(calls(&module.source.squeezed()));
                next.extend(modules.needed_by(&id));
            }
        }
        let wanted = extensions.iter().filter(|(id, extension)| {
            let is_called = extension.methods.iter().any(|method| called.contains(method));
            !reached.contains(id) && reached.contains(&extension.of) && is_called
        });
        next = wanted.map(|(id, _)| id.clone()).collect();
        if next.is_empty() {
            return reached;
        }
    }
}

/// Methods that a file adds to a type of another one.
struct Extension {
    /// The file that has the type.
    of: Id,
    methods: BTreeSet<String>,
}

fn extensions(modules: &Modules) -> Vec<(Id, Extension)> {
    let mut extensions = Vec::new();
    for (id, module) in &modules.all {
        for (name, methods) in methods_by_type(&module.source.code) {
            if let Some(of) = modules.resolve(id, &[name]).filter(|of| of != id) {
                extensions.push((id.clone(), Extension { of, methods }));
            }
        }
    }
    extensions
}

/// The inherent methods in a file, as rustfmt writes them, by their type.
fn methods_by_type(code: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut of: Option<String> = None;
    for line in code.lines() {
        if line.starts_with('}') {
            of = None;
        } else if line.starts_with("impl") && !line.contains(" for ") {
            let rest = line.trim_start_matches("impl");
            // `impl<'a> Sync<'a> {`: the parameters first.
            let name =
                rest.strip_prefix('<').and_then(|it| it.split_once("> ")).map_or(rest, |it| it.1);
            let of_a_name = |c: char| c.is_alphanumeric() || c == '_';
            of = name.trim().split(|c| !of_a_name(c)).next().map(str::to_owned);
        } else if let (Some(of), Some((_, method))) = (&of, line.split_once("fn ")) {
            let name = method.split(['(', '<']).next().unwrap_or_default();
            methods.entry(of.clone()).or_default().insert(name.to_owned());
        }
    }
    methods
}

/// The names of what is called by `.name(`, `::name(` or handed on as `::name`, in squeezed code.
fn calls(code: &str) -> BTreeSet<String> {
    let behind_dots = code.split(['.', ':']).skip(1);
    let names = behind_dots.map(|rest| {
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    });
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn only_what_is_named_or_called_is_reached() {
    let modules = crate::modules::made_up(&[
        ("plans", "lib.rs", "mod show;\nfn a() { plans_commands::book::book() }"),
        (
            "plans",
            "show.rs",
            "use plans_commands::{Plans, list as all};\nfn b(it: &Plans) { it.end() }",
        ),
        (
            "plans_commands",
            "lib.rs",
            "pub mod book;\nmod end;\nmod list;\nmod undo;\nmod open;\n\
          pub use list::list;\npub use undo::undo;\npub struct Plans;",
        ),
        ("plans_commands", "book.rs", "use apply::apply;\npub fn book() {}"),
        (
            "plans_commands",
            "end.rs",
            "use crate::Plans;\nimpl Plans {\n    pub async fn end(&self) {}\n}",
        ),
        (
            "plans_commands",
            "open.rs",
            "use super::Plans;\nimpl<'a> Plans<'a> {\n    pub fn open() {}\n}",
        ),
        ("plans_commands", "list.rs", "pub fn list() {}"),
        ("plans_commands", "undo.rs", "use apply::other;\npub fn undo() {}"),
        (
            "apply",
            "lib.rs",
            "mod apply_fact;\nmod other;\npub use apply_fact::apply;\npub use other::other;",
        ),
        ("apply", "apply_fact.rs", "pub fn apply() {}"),
        ("apply", "other.rs", "pub fn other() {}"),
    ]);
    let reached: Vec<String> = reached("plans", &modules).iter().map(Id::text).collect();
    let wanted = [
        "apply::apply_fact",
        "plans",
        "plans::show",
        "plans_commands",
        "plans_commands::book",
        "plans_commands::end",
        "plans_commands::list",
    ];
    assert_eq!(reached, wanted);
}

#[test]
fn manifests_are_followed_through_adapters_to_use_cases() {
    let of = |folder: &str, name: &str, stands_on: &[&str]| Crate {
        folder: folder.to_owned(),
        name: name.to_owned(),
        uses: Vec::new(),
        stands_on: stands_on.iter().map(|&it| it.to_owned()).collect(),
    };
    let ours = [
        of("functions/plans", "plans", &["plans-commands", "runtime"]),
        of("shared/commands/plans", "plans-commands", &["apply", "store"]),
        of("shared/commands/usage", "usage-commands", &["store"]),
        of("shared/apply", "apply", &["store"]),
        of("shared/store", "store", &[]),
        of("shared/runtime", "runtime", &[]),
    ];
    let [function, ..] = &ours;
    let names: Vec<&str> = followed(function, &ours).iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["plans-commands", "apply"]);
}
