//! Fields of forms, each with its label and, where it is wrong, with what is wrong in plain words.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::Form;

/// What is wrong, by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(BTreeMap<&'static str, String>);

impl Errors {
    /// Says what is wrong with a field; what was said first stays.
    pub fn say(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.entry(field).or_insert_with(|| message.into());
    }

    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }
}

/// A field for text.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// Its name in the form.
    pub name: &'static str,
    /// What it is for.
    pub label: &'static str,
    /// What the browser fills in.
    pub autocomplete: &'static str,
    /// `text`, `email`, `tel` or `number`.
    pub kind: &'static str,
    /// An example.
    pub example: &'static str,
}

impl Input {
    /// A plain text.
    pub const fn text(name: &'static str, label: &'static str, autocomplete: &'static str) -> Self {
        Self { name, label, autocomplete, kind: "text", example: "" }
    }

    /// With digits only.
    pub const fn digits(self, example: &'static str) -> Self {
        Self { kind: "digits", example, ..self }
    }

    /// The field, with what was typed.
    pub fn show(&self, form: &Form, errors: &Errors) -> Markup {
        let error = errors.of(self.name);
        let (kind, mode) = match self.kind {
            "digits" => ("text", Some("numeric")),
            kind => (kind, None),
        };
        let message = error.map(|_| format!("{}-error", self.name));
        html! {
            div class="field" {
                label for=(self.name) { (self.label) }
                input id=(self.name) name=(self.name) type=(kind) inputmode=[mode]
                    autocomplete=(self.autocomplete) placeholder=(self.example)
                    value=(form.text(self.name)) aria-invalid=[error.map(|_| "true")]
                    aria-describedby=[message];
                (problem(self.name, error))
            }
        }
    }
}

/// A field for one of several values, each with its label.
pub fn select(
    name: &'static str,
    label: &str,
    options: &[(&str, &str)],
    form: &Form,
    errors: &Errors,
) -> Markup {
    let error = errors.of(name);
    html! {
        div class="field" {
            label for=(name) { (label) }
            select id=(name) name=(name) aria-invalid=[error.map(|_| "true")] {
                @for (value, label) in options {
                    option value=(value) selected[form.text(name) == *value] { (label) }
                }
            }
            (problem(name, error))
        }
    }
}

/// What is wrong with a field, below it.
pub fn problem(name: &str, error: Option<&str>) -> Markup {
    html! {
        @if let Some(error) = error {
            p class="problem" id={ (name) "-error" } { (error) }
        }
    }
}

/// What was refused, above a form.
pub fn refusal(message: Option<&str>) -> Markup {
    html! {
        @if let Some(message) = message {
            div class="refusal" role="alert" { p { (message) } }
        }
    }
}
