//! Each string has one home: environment variables, Stripe's event types, table keys.
//!
//! Looked at is what is built into the product. Local mode is left out: it plays Stripe, AWS and
//! the person who puts the first key into the table, who have these strings from somewhere else.

use stripe_wire::event_type::EventType;

use crate::constants::constants;
use crate::rust::{Literal, Source};
use crate::{hold, tree};

const ENVIRONMENT: &str = "shared/runtime/src/environment.rs";
const EVENT_TYPES: &str = "shared/stripe-wire/src/event_type.rs";
const KEYS: &str = "shared/store/src/keys.rs";
/// Names that keys are made of.
const NAMES: &str = "shared/store/src/keys/names.rs";
/// The journal's own names for what happened. Programs filter by them, and they must stay as they
/// are whatever Stripe calls its events; some are spelled alike.
const JOURNAL_KINDS: &str = "shared/billing/src/journal.rs";
/// Types of events out, which are named like the journal's kinds.
const EVENTS_OUT: &str = "shared/billing/src/journal/events.rs";

/// Strings with one home.
struct Homes {
    variables: Vec<String>,
    event_types: Vec<String>,
    /// Whole keys and names of attributes.
    keys: Vec<String>,
    /// What keys begin with, such as `ACCOUNT#`.
    prefixes: Vec<String>,
}

impl Homes {
    fn read() -> Self {
        let keys = format!("{}{}", tree::text(NAMES), tree::text(KEYS));
        let keys = Source::read(KEYS, &keys).product();
        let prefixes = keys.literals.iter().filter_map(|it| prefix(&it.text));
        let texts = |source: &str| constants(source).into_iter().map(|(_, text)| text);
        let constants_of_keys = texts(&tree::text(NAMES)).filter(|text| !text.contains(['#', '$']));
        Self {
            variables: texts(&tree::text(ENVIRONMENT)).collect(),
            event_types: EventType::ALL.iter().map(|it| it.as_str().to_owned()).collect(),
            keys: constants_of_keys.filter(|text| text.len() > 1 && text != "due").collect(),
            prefixes: prefixes.collect(),
        }
    }

    /// Where a literal belongs that stands elsewhere.
    fn home(&self, path: &str, literal: &Literal) -> Option<&'static str> {
        let text = &literal.text;
        if path != ENVIRONMENT && self.variables.contains(text) {
            Some(ENVIRONMENT)
        } else if ![EVENT_TYPES, JOURNAL_KINDS, EVENTS_OUT].contains(&path)
            && self.event_types.contains(text)
        {
            Some(EVENT_TYPES)
        } else if ![KEYS, NAMES].contains(&path)
            && (self.keys.contains(text) || self.prefixes.iter().any(|it| text.contains(it)))
        {
            Some(KEYS)
        } else {
            None
        }
    }

    fn complaints(&self, source: &Source) -> Vec<String> {
        let strays = source.literals.iter().filter_map(|literal| {
            let home = self.home(&source.path, literal)?;
            let (path, line, text) = (&source.path, literal.line, &literal.text);
            Some(format!("{path}:{line} writes \"{text}\" itself: use what {home} offers"))
        });
        strays.collect()
    }
}

/// `ACCOUNT#` of `ACCOUNT#{account}`.
fn prefix(text: &str) -> Option<String> {
    let (word, _) = text.split_once('#')?;
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase());
    is_word.then(|| format!("{word}#"))
}

/// Goal: a string that must be the same everywhere is written once.
#[test]
fn each_string_has_one_home() {
    let homes = Homes::read();
    assert!(homes.prefixes.iter().any(|it| it == "ACCOUNT#"), "{:?}", homes.prefixes);
    assert!(homes.keys.iter().any(|it| it == "STANDING"), "{:?}", homes.keys);
    assert!(homes.variables.iter().any(|it| it == "TABLE_NAME"), "{:?}", homes.variables);
    let sources = ["shared", "functions"].into_iter().flat_map(tree::sources);
    let complaints = sources.flat_map(|source| homes.complaints(&source.product()));
    hold(&complaints.collect::<Vec<_>>());
}

#[test]
fn a_stray_string_is_found() {
    let homes = Homes::read();
    let text = "const A: &str = \"TABLE_NAME\"; const B: &str = \"invoice.paid\";\n\
                fn c() { format!(\"ACCOUNT#{id}\"); f(\"STANDING\"); g(\"fine\") }\n\
                #[cfg(test)]\nmod tests {\n const D: &str = \"invoice.paid\";\n}\n";
    let complaints = |path| homes.complaints(&Source::read(path, text).product()).len();
    assert_eq!(complaints("shared/queue/src/send.rs"), 4);
    assert_eq!(complaints(JOURNAL_KINDS), 3);
    assert_eq!(complaints(EVENT_TYPES), 3);
    assert_eq!(complaints(KEYS), 2);
}
