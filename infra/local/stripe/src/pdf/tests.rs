use super::print;
use crate::documents::{Document, DocumentLine, Stamp, Sum, Tone};

fn document(lines: usize) -> Document {
    let line = |nth: usize| DocumentLine {
        description: format!(
            "Seat {nth} in the Büro, with a name long enough to need a second line"
        ),
        period: Some("22 Nov 2026 – 22 Dec 2026".to_owned()),
        quantity: Some(5),
        unit_price: Some("€9.80".to_owned()),
        tax: Some("19 %".to_owned()),
        amount: "€49.00".to_owned(),
    };
    Document {
        title: "Invoice",
        number: "ACME-0007".to_owned(),
        stamp: Some(Stamp { text: "Paid", tone: Tone::Good }),
        facts: vec![("PO number".to_owned(), "4500017".to_owned())],
        seller: vec!["Tollgate Local".to_owned(), "DE".to_owned()],
        customer: vec!["Müller & Söhne (Küche)".to_owned()],
        headline: "€49.00 paid on 22 November 2026".to_owned(),
        lines: (0..lines).map(line).collect(),
        sums: vec![Sum { label: "Total".to_owned(), amount: "€49.00".to_owned(), strong: true }],
        ..Document::default()
    }
}

fn pages(pdf: &[u8]) -> usize {
    String::from_utf8_lossy(pdf).matches("/Type /Page\n").count()
}

/// True if a text is shown as a whole: in letters, or in the digits of their codes.
fn says(pdf: &[u8], text: &str) -> bool {
    let codes = super::metrics::encode(text);
    let digits = codes.iter().map(|code| format!("{code:02X}")).collect::<Vec<_>>().concat();
    let has = |part: &[u8]| pdf.windows(part.len()).any(|window| window == part);
    has(&codes) || has(digits.as_bytes())
}

#[test]
fn one_document_is_one_file() {
    let pdf = print(&document(1));
    assert_eq!(pdf, print(&document(1)));
    assert!(pdf.starts_with(b"%PDF-1."));
    for text in ["€49.00 paid", "M\u{fc}ller & S\u{f6}hne", "ACME-0007", "4500017", "PAID", "19 %"]
    {
        assert!(says(&pdf, text), "{text}");
    }
}

#[test]
fn a_long_document_goes_on_with_its_columns_on_further_pages() {
    let (short, long) = (print(&document(3)), print(&document(60)));
    assert_eq!(pages(&short), 1);
    assert!(pages(&long) >= 4, "{}", pages(&long));
    for text in ["Page 2 of ", "Seat 59", "Seat 0"] {
        assert!(says(&long, text), "{text}");
    }
}

#[test]
fn a_word_without_spaces_is_broken_rather_than_lost() {
    let mut long = document(1);
    long.lines[0].description = "x".repeat(200);
    let style = super::sheet::BODY;
    let lines = super::sheet::wrapped(&long.lines[0].description, style, 2_400);
    assert!(lines.len() > 3);
    assert_eq!(lines.concat().len(), 200);
}
