//! Codes of problems, as they stand in the sources.

use std::collections::BTreeSet;

use crate::tree;

/// Codes of a payment that was refused, as the payer is told them (`billing::decline`).
pub const DECLINED: [&str; 12] = [
    "authentication_required",
    "card_declined",
    "card_not_supported",
    "currency_not_supported",
    "expired_card",
    "incorrect_cvc",
    "incorrect_number",
    "insufficient_funds",
    "invalid_account",
    "payment_method_required",
    "processing_error",
    "try_again_later",
];

/// Items in which codes stand apart from the problem: the file, and the beginning of the item.
const APART: [(&str, &str); 12] = [
    ("functions/billing-portal/src/problem.rs", "const UNVISITABLE"),
    ("functions/credits/src/problem.rs", "fn not_held("),
    ("functions/credits/src/problem.rs", "pub(crate) fn coded("),
    ("functions/staff/src/corrections.rs", "fn not_corrected("),
    ("functions/staff/src/credit_notes.rs", "fn refused("),
    ("functions/staff/src/problem.rs", "fn unasked("),
    ("functions/transfers/src/problem.rs", "fn refused("),
    ("shared/billing/src/account/state.rs", "    pub fn refusal_code("),
    ("shared/billing/src/subscriptions/decline.rs", "const CODES"),
    ("shared/billing/src/subscriptions/decline.rs", "const AUTHENTICATION"),
    ("shared/billing/src/subscriptions/decline.rs", "const NO_METHOD"),
    ("shared/stripe-wire/src/signature.rs", "    pub fn code("),
];

/// Sources whose problems have a code from elsewhere, which is one of those above.
const FROM_ELSEWHERE: [&str; 11] = [
    "functions/billing-portal/src/problem.rs",
    "functions/credits/src/problem.rs",
    "functions/dashboard/src/payments.rs",
    "functions/invoices/src/pay.rs",
    "functions/staff/src/corrections.rs",
    "functions/staff/src/credit_notes.rs",
    "functions/staff/src/problem.rs",
    "functions/stripe-webhook/src/answer.rs",
    "functions/subscription/src/problem.rs",
    "shared/commands/plans/src/refusal.rs",
    "shared/runtime/src/problem.rs",
];

/// Every code that a source of the product answers with.
pub fn written() -> BTreeSet<String> {
    let sources = ["functions", "shared"].into_iter().flat_map(tree::files);
    let mut codes: BTreeSet<String> = sources
        .filter(|file| is_product(&file.path))
        .flat_map(|file| direct(&file.text).0)
        .collect();
    for (path, begin) in APART {
        let text = tree::text(path);
        let found = within(&text, begin);
        assert!(!found.is_empty(), "{path} has no codes in `{begin}` any more");
        codes.extend(found);
    }
    // What is shown instead of what a bank thinks of a card.
    codes.insert("card_declined".to_owned());
    codes
}

/// Complaints about codes that cannot be read off the source.
pub fn unread() -> Vec<String> {
    let sources = ["functions", "shared"].into_iter().flat_map(tree::files);
    let sources = sources.filter(|file| is_product(&file.path));
    let wrong = sources.filter(|file| direct(&file.text).1 > 0);
    let wrong = wrong.filter(|file| !FROM_ELSEWHERE.contains(&file.path.as_str()));
    let complaints = wrong.map(|file| {
        let path = &file.path;
        format!("{path} answers with a code that is not a literal: say in {} where it is", file!())
    });
    complaints.collect()
}

fn is_product(path: &str) -> bool {
    let is_rust = std::path::Path::new(path).extension().is_some_and(|it| it == "rs");
    is_rust && !path.ends_with("/tests.rs") && !path.contains("/tests/")
}

/// Literal codes of problems, and how many problems have a code that is not a literal.
fn direct(text: &str) -> (BTreeSet<String>, usize) {
    let mut codes = BTreeSet::new();
    let mut others = 0_usize;
    let constructed =
        ["Problem::new(", "Self::new("].into_iter().flat_map(|it| text.split(it).skip(1));
    for arguments in constructed {
        let Some((status, rest)) = arguments.split_once(',') else { continue };
        if status.trim().parse::<u16>().is_err() {
            continue;
        }
        match rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            Some((code, _)) => drop(codes.insert(code.to_owned())),
            None => others = others.saturating_add(1),
        }
    }
    for fields in text.split("Problem { code").skip(1) {
        match fields.strip_prefix(": \"").and_then(|rest| rest.split_once('"')) {
            Some((code, _)) => drop(codes.insert(code.to_owned())),
            None => others = others.saturating_add(1),
        }
    }
    (codes, others)
}

/// Codes in the item that begins so: words with an underscore that are not matched against.
fn within(text: &str, begin: &str) -> BTreeSet<String> {
    let item = text.split_once(&format!("\n{begin}")).map(|(_, item)| item).unwrap_or_default();
    let indent = begin.len().saturating_sub(begin.trim_start().len());
    let ends = |line: &str| {
        let is_closing = ["}", "];"].contains(&line.trim());
        is_closing && line.len().saturating_sub(line.trim_start().len()) == indent
    };
    let first = item.lines().next().unwrap_or_default();
    let lines = if first.ends_with(';') { 1 } else { item.lines().position(ends).unwrap_or(0) };
    let body: Vec<&str> = item.lines().take(lines).collect();
    let body = body.join("\n");
    let parts: Vec<&str> = body.split('"').collect();
    let pairs = parts.chunks(2).zip(parts.chunks(2).skip(1));
    let literals = pairs.filter_map(|(pair, next)| match pair {
        [_, literal] => Some((*literal, next.first().copied().unwrap_or_default())),
        _ => None,
    });
    let is_code = |literal: &str| {
        literal.contains('_') && literal.bytes().all(|b| b == b'_' || b.is_ascii_lowercase())
    };
    literals
        .filter(|(literal, after)| is_code(literal) && !after.starts_with(") =>"))
        .map(|(literal, _)| literal.to_owned())
        .collect()
}

#[test]
fn a_code_is_read_off_its_source() {
    let text = "Problem::new(409, \"a_b\", detail)\nProblem::new(\n    413,\n    \"c_d\",\n)\n\
                Problem::new(409, code, detail)\nProblem { code: \"e_f\", ..it }\n\
                Vec::new(4)\nSelf::new(version, \"g_h\")\n";
    let (codes, others) = direct(text);
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["a_b", "c_d", "e_f"]);
    assert_eq!(others, 1);
    let text =
        "\nfn f() {\n    match it {\n        Some(\"no_code\") => \"a_b\",\n    }\n}\n\"c_d\"\n";
    assert_eq!(within(text, "fn f(").into_iter().collect::<Vec<_>>(), ["a_b"]);
    let text = "\nconst A: &str = \"a_b\";\nconst B: &str = \"c_d\";\n";
    assert_eq!(within(text, "const A").into_iter().collect::<Vec<_>>(), ["a_b"]);
}
