//! Documents as PDF: A4, as many pages as it takes, the same bytes for the same document.

mod layout;
mod metrics;
mod sheet;
#[cfg(test)]
mod tests;

use pdf_writer::{Finish, Name, Pdf, Rect, Ref, TextStr};

use self::metrics::Font;
use self::sheet::{HEIGHT, Sheet, WIDTH};
use crate::documents::Document;

/// Objects before those of the pages: catalog, page tree, two fonts, information.
const FIRST_PAGE: i32 = 6;

/// Prints a document.
pub fn print(document: &Document) -> Vec<u8> {
    let mut sheet = Sheet::new();
    layout::document(&mut sheet, document);
    let left = format!("{} {} · Simulator: no real money", document.title, document.number);
    file(&sheet.finish(&left), &format!("{} {}", document.title, document.number))
}

/// A file of pages' contents.
fn file(pages: &[Vec<u8>], title: &str) -> Vec<u8> {
    let [catalog, tree, regular, bold, information] = [1, 2, 3, 4, 5].map(Ref::new);
    let number = |nth: usize, of: i32| {
        let nth = i32::try_from(nth).unwrap_or(i32::MAX).saturating_mul(2);
        Ref::new(FIRST_PAGE.saturating_add(nth).saturating_add(of))
    };
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("en"));
    let kids = (0..pages.len()).map(|nth| number(nth, 0));
    pdf.pages(tree).kids(kids).count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
    for (font, base) in [(regular, &b"Helvetica"[..]), (bold, &b"Helvetica-Bold"[..])] {
        pdf.type1_font(font).base_font(Name(base)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.document_info(information).title(TextStr(title)).producer(TextStr("stripe-simulator"));
    for (nth, content) in pages.iter().enumerate() {
        let mut page = pdf.page(number(nth, 0));
        page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(number(nth, 1));
        let mut resources = page.resources();
        resources.fonts().pair(name(Font::Regular), regular).pair(name(Font::Bold), bold);
        resources.finish();
        page.finish();
        pdf.stream(number(nth, 1), content);
    }
    pdf.finish()
}

/// What a font is called within a page.
fn name(font: Font) -> Name<'static> {
    match font {
        Font::Regular => Name(b"R"),
        Font::Bold => Name(b"B"),
    }
}
