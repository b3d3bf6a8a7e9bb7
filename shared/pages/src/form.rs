//! Parts of forms: the one-time key, fields with their errors, and the summary of what went wrong.
//! A form that was refused keeps what was typed.

use std::collections::BTreeMap;

use maud::{Markup, html};

/// What was typed into a form, by field.
pub type Typed = BTreeMap<String, String>;

/// Reason why a form did nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// What happened, in a sentence.
    pub summary: String,
    /// Conditions that are not met: what is the case, and what to do.
    pub reasons: Vec<(String, String)>,
    /// Wrong fields, by their names.
    pub fields: Vec<(String, String)>,
    /// Page on which it goes on, and its name.
    pub link: Option<(String, String)>,
    /// What was typed.
    pub typed: Typed,
}

impl Trouble {
    /// Trouble that is one sentence.
    pub fn of(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }

    /// True if the field is said to be wrong.
    fn wrong(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, detail)| detail.as_str())
    }
}

/// The one-time key of a form.
pub fn key(key: &str) -> Markup {
    html! { input type="hidden" name="key" value=(key); }
}

/// A value that the form carries.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// What went wrong, above the page: read at once by who cannot see it.
pub fn summary(trouble: &Trouble) -> Markup {
    html! {
        section.errors role="alert" tabindex="-1" autofocus id="trouble" {
            strong { (trouble.summary) }
            @if !trouble.fields.is_empty() {
                ul { @for (field, detail) in &trouble.fields {
                    li { a href={ "#" (id(field)) } { (detail) } }
                } }
            }
            @if !trouble.reasons.is_empty() {
                ul { @for (detail, clears_by) in &trouble.reasons { li { (detail) " " (clears_by) }
                    } }
            }
            @if let Some((name, href)) = &trouble.link { p { a href=(href) { (name) } } }
        }
    }
}

fn id(field: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("field-{}", field.chars().map(plain).collect::<String>())
}

/// A field of one line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Field<'a> {
    /// Name in the form.
    pub name: &'a str,
    /// Label.
    pub label: &'a str,
    /// What is expected.
    pub hint: &'a str,
    /// Value before anything was typed.
    pub value: &'a str,
    /// `text` unless said otherwise.
    pub kind: &'a str,
    /// Word for the browser's own filling-in.
    pub autocomplete: &'a str,
}

impl Field<'_> {
    /// The field, with what was typed and what is wrong with it.
    pub fn shown(&self, trouble: Option<&Trouble>) -> Markup {
        let id = id(self.name);
        let wrong = trouble.and_then(|trouble| trouble.wrong(self.name));
        let typed = trouble.and_then(|trouble| trouble.typed.get(self.name));
        let value = typed.map_or(self.value, String::as_str);
        let described = match (self.hint.is_empty(), wrong) {
            (true, None) => None,
            (false, None) => Some(format!("{id}-hint")),
            (true, Some(_)) => Some(format!("{id}-wrong")),
            (false, Some(_)) => Some(format!("{id}-hint {id}-wrong")),
        };
        let kind = if self.kind.is_empty() { "text" } else { self.kind };
        html! {
            div.field {
                label for=(id) { (self.label) }
                @if !self.hint.is_empty() { span.hint id={ (id) "-hint" } { (self.hint) } }
                @if let Some(wrong) = wrong { span.wrong id={ (id) "-wrong" } { (wrong) } }
                input type=(kind) id=(id) name=(self.name) value=(value)
                    inputmode=[(kind == "number").then_some("numeric")]
                    autocomplete=[Some(self.autocomplete).filter(|it| !it.is_empty())]
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[described];
            }
        }
    }
}

/// A choice among values, each with its name.
pub fn select(
    field: &Field<'_>,
    options: &[(String, String)],
    trouble: Option<&Trouble>,
) -> Markup {
    let id = id(field.name);
    let typed = trouble.and_then(|trouble| trouble.typed.get(field.name));
    let chosen = typed.map_or(field.value, String::as_str);
    html! {
        div.field {
            label for=(id) { (field.label) }
            @if !field.hint.is_empty() { span.hint id={ (id) "-hint" } { (field.hint) } }
            select id=(id) name=(field.name)
                aria-describedby=[(!field.hint.is_empty()).then(|| format!("{id}-hint"))] {
                @for (value, name) in options {
                    option value=(value) selected[value == chosen] { (name) }
                }
            }
        }
    }
}

/// A box that is ticked or not.
pub fn tick((name, label): (&str, &str), ticked: Ticked) -> Markup {
    let id = id(name);
    html! {
        div.choice {
            input type="checkbox" id=(id) name=(name) value="on" checked[ticked == Ticked::Yes];
            label for=(id) { (label) }
        }
    }
}

/// State of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticked {
    /// Ticked.
    Yes,
    /// Not ticked.
    No,
}

impl From<bool> for Ticked {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a field keeps what was typed, escaped, and is tied to its hint and its error.
    #[test]
    fn a_field_keeps_what_was_typed() {
        let field = Field {
            name: "email",
            label: "Mail",
            hint: "Where bills go.",
            value: "old",
            ..Field::default()
        };
        let fresh = field.shown(None).into_string();
        assert!(fresh.contains("value=\"old\"") && !fresh.contains("aria-invalid"), "{fresh}");

        let trouble = Trouble {
            fields: vec![("email".to_owned(), "An address is expected.".to_owned())],
            typed: Typed::from([("email".to_owned(), "\"><b>".to_owned())]),
            ..Trouble::default()
        };
        let wrong = field.shown(Some(&trouble)).into_string();
        assert!(wrong.contains("value=\"&quot;&gt;&lt;b&gt;\""), "{wrong}");
        assert!(
            wrong.contains("aria-describedby=\"field-email-hint field-email-wrong\""),
            "{wrong}"
        );
        assert!(wrong.contains("aria-invalid=\"true\""), "{wrong}");
    }
}
