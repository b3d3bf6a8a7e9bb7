//! The arrows between crates (ARCHITECTURE.md): functions -> use cases -> adapters -> billing.

use cargo_metadata::MetadataCommand;

use crate::{hold, tree};

const ADAPTERS: [&str; 4] = ["store", "stripe-events", "queue", "runtime"];
const USE_CASES: [&str; 2] = ["admit", "settle"];

/// A crate of ours and those of ours that it uses, in its tests too.
#[derive(Debug)]
struct Crate {
    /// Its folder, from the project's root.
    folder: String,
    name: String,
    uses: Vec<String>,
}

/// Which of our crates one may use; nothing when it is not known where the crate stands.
fn may_use(it: &Crate) -> Option<Vec<&'static str>> {
    let name = it.name.as_str();
    match it.folder.as_str() {
        "tests" => None,
        "shared/billing" => Some(Vec::new()),
        folder if folder.starts_with("shared/") && ADAPTERS.contains(&name) => {
            Some(vec!["billing"])
        }
        folder if folder.starts_with("shared/") && USE_CASES.contains(&name) => {
            Some(vec!["store", "runtime", "billing"])
        }
        folder if folder.starts_with("functions/") => {
            Some([&ADAPTERS[..], &USE_CASES[..], &["billing"]].concat())
        }
        _ => None,
    }
}

fn complaints(crates: &[Crate]) -> Vec<String> {
    let mut complaints = Vec::new();
    for it in crates {
        if ["tests", "infra/local"].contains(&it.folder.as_str()) {
            // Local mode runs the functions; tests look at everything.
            let wrong = it.uses.iter().filter(|used| *used == "tests");
            complaints.extend(wrong.map(|_| format!("{} uses `tests`: nothing may", it.name)));
            continue;
        }
        let Some(allowed) = may_use(it) else {
            let (name, folder) = (&it.name, &it.folder);
            complaints.push(format!(
                "it is not known what `{name}` ({folder}) may use: give it a place in {}",
                file!()
            ));
            continue;
        };
        let wrong = it.uses.iter().filter(|used| !allowed.contains(&used.as_str()));
        complaints.extend(wrong.map(|used| {
            format!(
                "`{}` uses `{used}`, but may use only {allowed:?}: let them meet in a function",
                it.name
            )
        }));
    }
    complaints
}

/// Goal: arrows between our crates point down only, and adapters never know each other.
#[test]
fn arrows_point_down() {
    let mut command = MetadataCommand::new();
    command.current_dir(tree::root()).no_deps().other_options(["--offline".to_owned()]);
    let metadata = command.exec().expect("cargo metadata describes the workspace");
    let ours: Vec<&str> = metadata.packages.iter().map(|it| it.name.as_str()).collect();
    let crates = metadata.packages.iter().map(|package| {
        let folder = package.manifest_path.parent().expect("a folder");
        let folder = folder.strip_prefix(&metadata.workspace_root).expect("a folder of ours");
        let uses = package.dependencies.iter().map(|dependency| dependency.name.clone());
        Crate {
            folder: folder.to_string(),
            name: package.name.to_string(),
            uses: uses.filter(|used| ours.contains(&used.as_str())).collect(),
        }
    });
    hold(&complaints(&crates.collect::<Vec<_>>()));
}

#[test]
fn a_wrong_arrow_is_found() {
    let of = |folder: &str, uses: &[&str]| Crate {
        folder: folder.to_owned(),
        name: folder.rsplit('/').next().unwrap_or_default().to_owned(),
        uses: uses.iter().map(|&used| used.to_owned()).collect(),
    };
    let right = [
        of("shared/billing", &[]),
        of("shared/store", &["billing"]),
        of("shared/settle", &["store", "runtime", "billing"]),
        of("functions/access", &["admit", "store", "runtime", "billing"]),
        of("infra/local", &["access", "store"]),
        of("tests", &["local", "billing"]),
    ];
    assert_eq!(complaints(&right), Vec::<String>::new());
    let wrong = [
        of("shared/billing", &["runtime"]),
        of("shared/store", &["queue"]),
        of("shared/settle", &["admit"]),
        of("shared/new", &[]),
        of("functions/access", &["accounts"]),
        of("functions/accounts", &["local"]),
        of("infra/local", &["tests"]),
    ];
    for it in wrong {
        assert_eq!(complaints(&[it]).len(), 1);
    }
}
