//! Characters that a person does not see, or that turn what stands beside them.

/// The beginning of a name of a caller's, as it may be repeated: without characters that a person
/// does not see.
pub(crate) fn repeated(name: &str, most: usize) -> String {
    name.chars().filter(|c| !c.is_control() && !is_hidden(*c)).take(most).collect()
}

/// Characters that change the direction of text, or cannot be seen.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
