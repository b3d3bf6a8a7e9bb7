//! Our crates, as `cargo metadata` describes them: found by their folders, wherever those are.

use std::sync::LazyLock;

use serde_json::Value;

use crate::cargo;

/// A crate of ours and those of ours that it uses.
#[derive(Debug)]
pub struct Crate {
    /// Its folder, from the project's root.
    pub folder: String,
    /// Its name in manifests.
    pub name: String,
    /// Crates of ours that it uses, in its tests too.
    pub uses: Vec<String>,
    /// Crates of ours that its product code uses.
    pub stands_on: Vec<String>,
}

impl Crate {
    /// Its name in code.
    pub fn name_in_code(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// All of them.
pub fn ours() -> &'static [Crate] {
    static OURS: LazyLock<Vec<Crate>> = LazyLock::new(|| {
        let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
        read(&serde_json::from_str(&metadata).expect("JSON"))
    });
    &OURS
}

/// What `cargo metadata` says of our crates.
fn read(metadata: &Value) -> Vec<Crate> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let root = text(&metadata["workspace_root"]);
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: Vec<String> = packages.iter().map(|package| text(&package["name"])).collect();
    let crates = packages.iter().map(|package| {
        let manifest = text(&package["manifest_path"]);
        let folder = manifest.strip_prefix(&root).and_then(|it| it.strip_suffix("/Cargo.toml"));
        let named = package["dependencies"].as_array().into_iter().flatten();
        let all = named.map(|it| (text(&it["name"]), it["kind"].is_null()));
        let all: Vec<(String, bool)> = all.filter(|(name, _)| ours.contains(name)).collect();
        let product = all.iter().filter(|(_, is_product)| *is_product);
        Crate {
            folder: folder.expect("a folder of ours").trim_start_matches('/').to_owned(),
            name: text(&package["name"]),
            stands_on: product.map(|(name, _)| name.clone()).collect(),
            uses: all.into_iter().map(|(name, _)| name).collect(),
        }
    });
    crates.collect()
}

#[test]
fn crates_are_found_in_any_folder() {
    let metadata = serde_json::json!({
        "workspace_root": "/x",
        "packages": [
            { "name": "store", "manifest_path": "/x/shared/store/Cargo.toml", "dependencies": [] },
            {
                "name": "plans-commands",
                "manifest_path": "/x/shared/commands/plans/Cargo.toml",
                "dependencies": [
                    { "name": "store", "kind": null },
                    { "name": "serde", "kind": null },
                    { "name": "plans-commands", "kind": "dev" },
                ],
            },
        ],
    });
    let crates = read(&metadata);
    let commands = crates.last().expect("two crates");
    assert_eq!(commands.folder, "shared/commands/plans");
    assert_eq!(commands.name_in_code(), "plans_commands");
    assert_eq!(commands.stands_on, ["store"]);
    assert_eq!(commands.uses, ["store", "plans-commands"]);
}
