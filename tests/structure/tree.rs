//! The project's files, as text.

use std::fs;
use std::path::{Path, PathBuf};

use crate::rust::Source;

/// Folders that hold nothing that we wrote.
const NOT_OURS: [&str; 4] = [".aws-sam", ".git", "node_modules", "target"];

/// A file that we wrote.
#[derive(Debug)]
pub struct File {
    /// From the project's root, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the project").to_owned()
}

/// One file.
pub fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text file below a folder; below `""`, all of them.
pub fn files(folder: &str) -> Vec<File> {
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    files.sort_by(|a: &File, b: &File| a.path.cmp(&b.path));
    files
}

/// Every Rust source below a folder.
pub fn sources(folder: &str) -> Vec<Source> {
    let is_rust = |path: &str| Path::new(path).extension().is_some_and(|it| it == "rs");
    let rust = files(folder).into_iter().filter(|file| is_rust(&file.path));
    let sources: Vec<Source> = rust.map(|file| Source::read(&file.path, &file.text)).collect();
    assert!(!sources.is_empty(), "there is no Rust source below {folder}: has it moved?");
    sources
}

fn collect(folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
            continue;
        }
        // What is no UTF-8 is no text.
        if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root()).expect("a file of the project");
            files.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
        }
    }
}
