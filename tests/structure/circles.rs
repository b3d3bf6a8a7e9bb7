//! Circles between the modules of a crate: two modules that need each other are one module in two
//! files, and neither is understood alone. A module may name its parent and its children.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::{Id, Modules};
use crate::{crates, hold};

/// Crates that still have circles: folder, modules in them, and the reason. A number only shrinks.
const EXCUSED: [(&str, usize, &str); 2] = [
    ("infra/local", 8, "left as it is until local mode gets its faults of AWS"),
    ("infra/local/stripe", 97, "taken apart when it becomes engine, pages and server"),
];

/// What each module of a crate names there, parents and children left out.
fn arrows(modules: &Modules) -> BTreeMap<&Id, BTreeSet<Id>> {
    let arrows = modules.all.keys().map(|id| {
        let named = modules.named_by(id).into_iter();
        (id, named.filter(|named| !named.is_next_of_kin(id)).collect())
    });
    arrows.collect()
}

/// Everything that can be reached from a module.
fn reached<'a>(from: &Id, arrows: &'a BTreeMap<&Id, BTreeSet<Id>>) -> BTreeSet<&'a Id> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Id> = arrows.get(from).into_iter().flatten().collect();
    while let Some(id) = next.pop() {
        if reached.insert(id) {
            next.extend(arrows.get(id).into_iter().flatten());
        }
    }
    reached
}

/// The circles of a crate, each as the modules in it.
fn circles(modules: &Modules) -> Vec<BTreeSet<Id>> {
    let arrows = arrows(modules);
    let reached: BTreeMap<&Id, BTreeSet<&Id>> =
        arrows.keys().map(|id| (*id, reached(id, &arrows))).collect();
    let mut circles: Vec<BTreeSet<Id>> = Vec::new();
    for (id, from_it) in &reached {
        if from_it.contains(id) && !circles.iter().any(|circle| circle.contains(id)) {
            let back = |other: &&&Id| reached.get(**other).is_some_and(|it| it.contains(id));
            circles.push(from_it.iter().filter(back).map(|it| (*it).clone()).collect());
        }
    }
    circles
}

/// Complaints about the crate in a folder.
fn complaint(folder: &str, modules: &Modules, excused: &[(&str, usize, &str)]) -> Option<String> {
    let circles = circles(modules);
    let count: usize = circles.iter().map(BTreeSet::len).sum();
    let allowed = excused.iter().find(|(known, ..)| *known == folder).map_or(0, |it| it.1);
    let arrows = arrows(modules);
    let within = circles.iter().flat_map(|circle| {
        circle.iter().map(|id| {
            let named = arrows.get(id).into_iter().flatten().filter(|it| circle.contains(it));
            format!("{} names {}", id.text(), named.map(Id::text).collect::<Vec<_>>().join(", "))
        })
    });
    match count.cmp(&allowed) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(format!(
            "{folder} has {count} modules in circles, {allowed} are excused: move what both need \
             below both\n      {}",
            within.collect::<Vec<_>>().join("\n      ")
        )),
        std::cmp::Ordering::Less => Some(format!(
            "{folder} has {count} modules in circles, and {allowed} are excused: lower that in {}",
            file!()
        )),
    }
}

/// Goal: a module can be read when the modules that it names are known, and those come first.
#[test]
fn modules_stand_in_no_circle() {
    let ours = crates::ours();
    let read = ours.iter().filter(|it| it.folder != "tests").map(|it| {
        let mut modules = Modules::default();
        modules.add(&it.name_in_code(), &it.folder);
        (it.folder.as_str(), modules)
    });
    let crates: BTreeMap<&str, Modules> = read.collect();
    let found = crates.iter().filter_map(|(folder, it)| complaint(folder, it, &EXCUSED));
    let gone = EXCUSED.iter().filter(|(folder, ..)| !crates.contains_key(folder));
    let gone = gone.map(|(folder, ..)| format!("{folder} is excused and is not there"));
    hold(&found.chain(gone).collect::<Vec<_>>());
}

#[test]
fn a_circle_is_found() {
    let knot = [
        ("k", "lib.rs", "mod a;\nmod b;\nmod c;\npub use b::{deep, B};"),
        ("k", "a.rs", "use crate::B;"),
        ("k", "b.rs", "pub mod deep;\nuse deep::Deep;\nuse crate::c::C;"),
        ("k", "b/deep.rs", "use super::B;"),
        ("k", "c.rs", "fn f() -> u8 { super::a::A }\n#[cfg(test)]\nmod tests {\n}\n"),
    ];
    let modules = crate::modules::made_up(&knot);
    let found = complaint("shared/k", &modules, &[]).expect("a, b and c are a circle");
    assert!(found.contains("3 modules") && found.contains("k::c names k::a"), "{found}");
    assert!(complaint("shared/k", &modules, &[("shared/k", 3, "for now")]).is_none());
    assert!(complaint("shared/k", &modules, &[("shared/k", 4, "a stale excuse")]).is_some());
    let open = knot.map(|(krate, file, text)| {
        (
            krate,
            file,
            if file == "c.rs" { "#[cfg(test)]\nmod tests {\nuse crate::a::A;\n}" } else { text },
        )
    });
    assert_eq!(complaint("shared/k", &crate::modules::made_up(&open), &[]), None);
}
