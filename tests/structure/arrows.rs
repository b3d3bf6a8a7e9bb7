//! The arrows between crates (ARCHITECTURE.md): functions -> use cases -> adapters -> billing.

use serde_json::Value;

use crate::{cargo, hold};

const ADAPTERS: [&str; 5] = ["store", "stripe-wire", "stripe-requests", "queue", "runtime"];
const USE_CASES: [&str; 5] = ["auth", "stripe-client", "credit-payments", "apply", "stripe-sync"];

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
        "shared/catalog" => Some(vec!["billing"]),
        folder if folder.starts_with("shared/") && ADAPTERS.contains(&name) => {
            Some(vec!["billing"])
        }
        // What Stripe says and what we decided, brought together both ways.
        "shared/credit-payments" => Some(vec!["apply", "store", "billing"]),
        "shared/stripe-sync" => Some(vec![
            "stripe-client",
            "apply",
            "store",
            "stripe-requests",
            "runtime",
            "catalog",
            "billing",
        ]),
        // Where Stripe's caller and Stripe's reader meet, and what is sold with what Stripe sells; it does
        // not write.
        "shared/stripe-client" => {
            Some(vec!["stripe-requests", "stripe-wire", "runtime", "catalog", "billing"])
        }
        folder if folder.starts_with("shared/") && USE_CASES.contains(&name) => {
            Some(vec!["store", "runtime", "billing"])
        }
        folder if folder.starts_with("functions/") => {
            Some([&ADAPTERS[..], &USE_CASES[..], &["catalog", "billing"]].concat())
        }
        // A Stripe of its own: it knows how to sign and what a time is, and nothing of our books.
        "infra/local/stripe" => Some(vec!["stripe-wire", "billing"]),
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

/// What `cargo metadata` says of our crates.
fn crates(metadata: &Value) -> Vec<Crate> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let root = text(&metadata["workspace_root"]);
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: Vec<String> = packages.iter().map(|package| text(&package["name"])).collect();
    let crates = packages.iter().map(|package| {
        let manifest = text(&package["manifest_path"]);
        let folder = manifest.strip_prefix(&root).and_then(|it| it.strip_suffix("/Cargo.toml"));
        let uses = package["dependencies"].as_array().into_iter().flatten();
        Crate {
            folder: folder.expect("a folder of ours").trim_start_matches('/').to_owned(),
            name: text(&package["name"]),
            uses: uses.map(|it| text(&it["name"])).filter(|it| ours.contains(it)).collect(),
        }
    });
    crates.collect()
}

/// Goal: arrows between our crates point down only, and adapters never know each other.
#[test]
fn arrows_point_down() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let crates = crates(&serde_json::from_str(&metadata).expect("JSON"));
    let folders: Vec<&str> = crates.iter().map(|it| it.folder.as_str()).collect();
    assert!(folders.contains(&"shared/billing") && folders.contains(&"tests"), "{folders:?}");
    hold(&complaints(&crates));
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
        of("shared/apply", &["store", "runtime", "billing"]),
        of("functions/access", &["auth", "store", "runtime", "billing"]),
        of("infra/local", &["access", "store"]),
        of("tests", &["local", "billing"]),
    ];
    assert_eq!(complaints(&right), Vec::<String>::new());
    let wrong = [
        of("shared/billing", &["runtime"]),
        of("shared/store", &["queue"]),
        of("shared/apply", &["auth"]),
        of("shared/stripe-client", &["store"]),
        of("shared/new", &[]),
        of("functions/access", &["accounts"]),
        of("functions/accounts", &["local"]),
        of("infra/local", &["tests"]),
    ];
    for it in wrong {
        assert_eq!(complaints(&[it]).len(), 1);
    }
}
