//! Rust source, taken apart as far as the checks need it: code without comments and literals, and
//! the string literals by themselves. It is a scanner, not a parser.

#![expect(clippy::arithmetic_side_effects, reason = "places in a file that is in memory")]

/// A string literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The line that it begins on, from 1.
    pub line: usize,
    /// What stands between the quotes, escapes as written.
    pub text: String,
}

/// One file.
#[derive(Debug)]
pub struct Source {
    /// From the project's root.
    pub path: String,
    /// The file with comments and literals blanked, line by line as it was.
    pub code: String,
    /// Its string literals, from the top.
    pub literals: Vec<Literal>,
}

impl Source {
    /// Takes a file apart.
    pub fn read(path: &str, text: &str) -> Self {
        let mut scanner =
            Scanner { rest: text, line: 1, before: ' ', code: String::new(), literals: Vec::new() };
        while !scanner.rest.is_empty() {
            scanner.step();
        }
        Self { path: path.to_owned(), code: scanner.code, literals: scanner.literals }
    }

    /// True if the whole file is a test's.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
    }

    /// What is built into the product: nothing of a test.
    pub fn product(&self) -> Self {
        let lines = if self.is_test() { 0 } else { self.product_lines() };
        Self {
            path: self.path.clone(),
            code: self
                .code
                .lines()
                .take(lines)
                .fold(String::new(), |code, line| code + line + "\n"),
            literals: self.literals.iter().filter(|it| it.line <= lines).cloned().collect(),
        }
    }

    /// What is a test's: the whole file, or the module at its end.
    pub fn tests(&self) -> String {
        let product = if self.is_test() { 0 } else { self.product_lines() };
        self.code.lines().skip(product).fold(String::new(), |code, line| code + line + "\n")
    }

    /// The words of the code: names and numbers.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
    }

    /// The code without any white space, so that a chain of calls is one piece.
    pub fn squeezed(&self) -> String {
        self.code.split_whitespace().collect()
    }

    /// Lines in front of a module of tests at the end of the file.
    fn product_lines(&self) -> usize {
        let lines: Vec<&str> = self.code.lines().collect();
        let begins = |pair: &[&str]| {
            let [attribute, module] = pair else { return false };
            *attribute == "#[cfg(test)]" && module.starts_with("mod ") && module.ends_with('{')
        };
        lines.windows(2).position(begins).unwrap_or(lines.len())
    }
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    /// The last character of code.
    before: char,
    code: String,
    literals: Vec<Literal>,
}

impl Scanner<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") {
            self.blank(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.blank(comment(rest));
        } else if let Some((quotes, closing)) = self.raw_string() {
            let end = rest[quotes..].find(&closing).map_or(rest.len(), |at| quotes + at);
            self.literal(quotes, end, end + closing.len());
        } else if let Some(content) = rest.strip_prefix('"') {
            let end = 1 + unescaped(content, '"');
            self.literal(1, end, end + 1);
        } else if let Some(length) = character(rest) {
            self.blank(length);
        } else {
            let c = rest.chars().next().unwrap_or_default();
            self.code.push(c);
            self.advance(c.len_utf8());
        }
    }

    /// `r"`, `r#"`, `br"` and so on: the length up to the content, and what ends it.
    fn raw_string(&self) -> Option<(usize, String)> {
        if self.before.is_alphanumeric() || self.before == '_' {
            return None;
        }
        let raw = self.rest.strip_prefix(['b', 'c']).unwrap_or(self.rest).strip_prefix('r')?;
        let opened = raw.trim_start_matches('#');
        let hashes = raw.len() - opened.len();
        let content = opened.strip_prefix('"')?;
        Some((self.rest.len() - content.len(), format!("\"{}", "#".repeat(hashes))))
    }

    fn literal(&mut self, begin: usize, end: usize, length: usize) {
        let text = self.rest[begin..end].to_owned();
        self.literals.push(Literal { line: self.line, text });
        self.code.push_str("\"\"");
        self.blank(length.min(self.rest.len()));
    }

    /// Leaves nothing but the line breaks.
    fn blank(&mut self, length: usize) {
        self.code.extend(self.rest[..length].chars().filter(|c| *c == '\n'));
        self.advance(length);
        self.before = ' ';
    }

    fn advance(&mut self, length: usize) {
        let (done, rest) = self.rest.split_at(length);
        self.line += done.matches('\n').count();
        self.before = done.chars().next_back().unwrap_or(self.before);
        self.rest = rest;
    }
}

/// The length of a block comment, which may hold others.
fn comment(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        if text[at..].starts_with("/*") {
            (at, depth) = (at + 2, depth + 1);
        } else if text[at..].starts_with("*/") {
            (at, depth) = (at + 2, depth - 1);
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 || at >= text.len() {
            return at.min(text.len());
        }
    }
}

/// Where an unescaped character stands, or the end.
fn unescaped(text: &str, wanted: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == wanted => return at,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal; nothing for a lifetime.
fn character(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let mut chars = inner.chars();
    match (chars.next()?, chars.next()?) {
        ('\\', _) => Some(unescaped(inner, '\'') + 2),
        (c, '\'') => Some(c.len_utf8() + 2),
        _ => None,
    }
}

#[test]
fn code_and_literals_are_told_apart() {
    let text = r##"//! "doc" todo!
let a = "one \" // no comment"; /* "two" /* inner */ */ let b = r#"three " "#;
let quote = '"'; fn f<'a>(x: &'a str) {}
let c = b"four
five"; let d = '\''; // end
#[cfg(test)]
mod tests {
    const SIX: &str = "six";
}
"##;
    let source = Source::read("shared/x/src/lib.rs", text);
    let found = |source: &Source| -> Vec<(usize, String)> {
        source.literals.iter().map(|it| (it.line, it.text.clone())).collect()
    };
    let wanted = [(2, "one \\\" // no comment"), (2, "three \" "), (4, "four\nfive"), (8, "six")];
    assert_eq!(found(&source), wanted.map(|(line, text)| (line, text.to_owned())));
    assert_eq!(source.code.lines().count(), text.lines().count());
    assert!(!source.code.contains("todo") && !source.code.contains("inner"), "{}", source.code);
    assert!(source.code.contains("fn f<'a>(x: &'a str) {}"), "{}", source.code);
    assert_eq!(found(&source.product()).len(), 3);
    assert!(source.tests().contains("const SIX") && !source.product().code.contains("SIX"));
    assert!(Source::read("tests/e2e/main.rs", text).product().literals.is_empty());
}
