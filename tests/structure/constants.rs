//! Constants of text, as they stand in a source file.

/// Name and text of every `pub const NAME: &str = "text";`.
pub fn constants(source: &str) -> Vec<(String, String)> {
    let lines = source.lines().map(str::trim);
    let constants = lines.filter_map(|line| line.strip_prefix("pub const "));
    constants
        .filter_map(|line| {
            let (name, value) = line.split_once(": &str = \"")?;
            Some((name.to_owned(), value.strip_suffix("\";")?.to_owned()))
        })
        .collect()
}

#[test]
fn constants_are_found_in_a_module_too() {
    let source = "/// A.\npub const A: &str = \"a\";\npub const N: u64 = 1;\npub mod b {\n    \
                  pub const B: &str = \"b\";\n}\n";
    let wanted = [("A", "a"), ("B", "b")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(constants(source), wanted);
}
