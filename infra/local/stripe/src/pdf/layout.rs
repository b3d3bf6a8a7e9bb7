//! How a document stands on its pages.

use super::metrics::Font;
use super::sheet::{
    BODY, GREY, HAIR, INK, LEFT, RIGHT, SMALL, STRONG, Shade, Sheet, Style, leading, wrapped,
};
use crate::documents::{Document, DocumentLine, Stamp, Sum, Tone};

const TITLE: Style = Style { font: Font::Bold, size: 220, shade: INK };
const HEADLINE: Style = Style { font: Font::Bold, size: 140, shade: INK };
const LABEL: Style = Style { font: Font::Bold, size: 80, shade: GREY };

/// Where columns begin or, with numbers, end.
const CUSTOMER: i32 = 3_000;
const QUANTITY: i32 = 3_350;
const UNIT_PRICE: i32 = 4_250;
const TAX: i32 = 4_720;
const DESCRIPTION_WIDE: i32 = 2_400;
const SUMS: i32 = 3_000;
/// A line of the sums with its space.
const SUM_TALL: i32 = 200;

/// Prints a document on pages.
pub(super) fn document(sheet: &mut Sheet, document: &Document) {
    head(sheet, document);
    sheet.skip(240);
    for line in wrapped(&document.headline, HEADLINE, RIGHT.saturating_sub(LEFT)) {
        sheet.text(LEFT, HEADLINE, &line);
        sheet.skip(leading(HEADLINE));
    }
    if let Some(description) = &document.description {
        sheet.skip(60);
        prose(sheet, description, BODY);
    }
    sheet.skip(180);
    if !document.lines.is_empty() {
        table(sheet, &document.lines);
    }
    sums(sheet, &document.sums);
    if let Some(footer) = &document.footer {
        sheet.skip(280);
        prose(sheet, footer, SMALL);
    }
}

/// Title, stamp, facts, and whose it is for whom.
fn head(sheet: &mut Sheet, document: &Document) {
    sheet.text(LEFT, TITLE, document.title);
    if let Some(Stamp { text, tone }) = &document.stamp {
        let shade = match tone {
            Tone::Good => Shade(21, 117, 67),
            Tone::Open => Shade(156, 88, 0),
            Tone::Faded => GREY,
        };
        sheet.stamp(RIGHT, shade, &text.to_uppercase());
    }
    sheet.skip(420);
    for (label, text) in &document.facts {
        for (nth, line) in wrapped(text, BODY, RIGHT.saturating_sub(1_900)).iter().enumerate() {
            if nth == 0 {
                let label = wrapped(label, STRONG, 1_350);
                sheet.text(LEFT, STRONG, label.first().map_or("", String::as_str));
            }
            sheet.text(1_900, BODY, line);
            sheet.skip(leading(BODY).saturating_add(15));
        }
    }
    sheet.skip(200);
    sheet.text(LEFT, LABEL, "FROM");
    sheet.text(CUSTOMER, LABEL, "TO");
    sheet.skip(leading(LABEL).saturating_add(30));
    let top = sheet.y;
    letter_head(sheet, LEFT, &document.seller);
    let below = sheet.y;
    sheet.y = top;
    letter_head(sheet, CUSTOMER, &document.customer);
    sheet.y = sheet.y.max(below);
}

fn letter_head(sheet: &mut Sheet, x: i32, lines: &[String]) {
    for (nth, line) in lines.iter().enumerate() {
        let style = if nth == 0 { STRONG } else { BODY };
        for line in wrapped(line, style, 2_350) {
            sheet.text(x, style, &line);
            sheet.skip(leading(style));
        }
    }
}

fn prose(sheet: &mut Sheet, text: &str, style: Style) {
    for line in wrapped(text, style, RIGHT.saturating_sub(LEFT)) {
        if sheet.room() < leading(style) {
            sheet.turn();
        }
        sheet.text(LEFT, style, &line);
        sheet.skip(leading(style));
    }
}

/// The lines, with the columns' names on each page.
fn table(sheet: &mut Sheet, lines: &[DocumentLine]) {
    let taxed = lines.iter().any(|line| line.tax.is_some());
    columns(sheet, taxed);
    for line in lines {
        let description = wrapped(&line.description, BODY, DESCRIPTION_WIDE);
        let rows = i32::try_from(description.len()).unwrap_or(i32::MAX);
        let period = if line.period.is_some() { leading(SMALL) } else { 0 };
        let tall = leading(BODY).saturating_mul(rows).saturating_add(period).saturating_add(160);
        if sheet.room() < tall {
            sheet.turn();
            columns(sheet, taxed);
        }
        sheet.skip(80);
        let quantity = line.quantity.map(|quantity| quantity.to_string()).unwrap_or_default();
        sheet.text_to(QUANTITY, BODY, &quantity);
        sheet.text_to(UNIT_PRICE, BODY, line.unit_price.as_deref().unwrap_or_default());
        sheet.text_to(TAX, BODY, line.tax.as_deref().unwrap_or_default());
        sheet.text_to(RIGHT, BODY, &line.amount);
        for text in &description {
            sheet.text(LEFT, BODY, text);
            sheet.skip(leading(BODY));
        }
        if let Some(period) = &line.period {
            sheet.text(LEFT, SMALL, period);
            sheet.skip(leading(SMALL));
        }
        sheet.skip(60);
        sheet.rule(LEFT, HAIR);
    }
}

fn columns(sheet: &mut Sheet, taxed: bool) {
    sheet.text(LEFT, LABEL, "Description");
    sheet.text_to(QUANTITY, LABEL, "Quantity");
    sheet.text_to(UNIT_PRICE, LABEL, "Unit price");
    if taxed {
        sheet.text_to(TAX, LABEL, "Tax");
    }
    sheet.text_to(RIGHT, LABEL, "Amount");
    sheet.skip(leading(LABEL).saturating_add(30));
    sheet.rule(LEFT, INK);
}

/// The sums stay together.
fn sums(sheet: &mut Sheet, sums: &[Sum]) {
    let tall = i32::try_from(sums.len()).unwrap_or(i32::MAX).saturating_mul(SUM_TALL);
    if sheet.room() < tall.saturating_add(120) {
        sheet.turn();
    }
    sheet.skip(120);
    for sum in sums {
        let style = if sum.strong { STRONG } else { BODY };
        sheet.text(SUMS, style, &sum.label);
        sheet.text_to(RIGHT, style, &sum.amount);
        sheet.skip(SUM_TALL.saturating_sub(40));
        sheet.rule(SUMS, HAIR);
        sheet.skip(40);
    }
}
