//! A mail as text and as HTML: the same blocks, with the vendor's head and foot.

use maud::{DOCTYPE, Markup, html};

use crate::Letter;
use crate::template::Block;
use crate::values::one_line;

const BODY: &str = "margin:0;padding:0;background:#f4f5f8;";
const OUTER: &str = "width:100%;border-collapse:collapse;background:#f4f5f8;";
const CELL: &str = "padding:24px 12px;";
const CARD: &str = "width:100%;max-width:600px;margin:0 auto;border-collapse:separate;\
    background:#ffffff;border:1px solid #d9dce5;border-radius:12px;";
const INNER: &str = "padding:24px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,\
    sans-serif;font-size:16px;line-height:1.5;color:#1b1f2a;text-align:left;";
const BRAND: &str = "margin:0 0 16px;font-size:14px;font-weight:600;color:#4a5161;";
const TITLE: &str = "margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600;";
const PARAGRAPH: &str = "margin:0 0 16px;overflow-wrap:anywhere;";
const ROWS: &str = "width:100%;margin:0 0 16px;border-collapse:collapse;font-size:14px;";
const LABEL: &str = "padding:8px 12px 8px 0;white-space:nowrap;border-top:1px solid #e6e8ef;color:#4a5161;\
    text-align:left;font-weight:400;vertical-align:top;";
const VALUE: &str = "padding:8px 0;border-top:1px solid #e6e8ef;text-align:right;\
    font-variant-numeric:tabular-nums;vertical-align:top;overflow-wrap:anywhere;";
const BUTTON: &str = "display:inline-block;margin:0 0 16px;padding:12px 20px;border-radius:8px;\
    background:#3d4ccb;color:#ffffff;font-size:16px;font-weight:600;text-decoration:none;";
const FOOT: &str = "max-width:600px;margin:16px auto 0;padding:0 12px;font-family:-apple-system,\
    'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:13px;line-height:1.5;color:#5b6273;\
    text-align:left;overflow-wrap:anywhere;";
const LINK: &str = "color:#3d4ccb;";

/// The page.
pub fn html(subject: &str, blocks: &[Block], letter: Letter<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (subject) }
            }
            body style=(BODY) {
                table role="presentation" style=(OUTER) {
                    tr {
                        td style=(CELL) {
                            table role="presentation" style=(CARD) {
                                tr {
                                    td style=(INNER) {
                                        p style=(BRAND) { (letter.vendor.name) }
                                        h1 style=(TITLE) { (subject) }
                                        @for block in blocks { (self::block(block)) }
                                    }
                                }
                            }
                            div style=(FOOT) { (foot(letter)) }
                        }
                    }
                }
            }
        }
    }
}

fn block(block: &Block) -> Markup {
    match block {
        Block::Paragraph(words) => html! { p style=(PARAGRAPH) { (words) } },
        Block::Button(words, link) => html! { a href=(link) style=(BUTTON) { (words) } },
        Block::Rows(rows) => html! {
            table style=(ROWS) {
                @for (label, value) in rows {
                    tr {
                        th scope="row" style=(LABEL) { (label) }
                        td style=(VALUE) { (value) }
                    }
                }
            }
        },
    }
}

fn foot(letter: Letter<'_>) -> Markup {
    html! {
        p style=(PARAGRAPH) { (about(letter)) }
        p style=(PARAGRAPH) {
            "Questions? " (letter.vendor.support)
            @if let Some(url) = letter.unsubscribe_url {
                " · " a href=(url) style=(LINK) { "Switch these mails off" }
            }
        }
        p style=(PARAGRAPH) { (letter.vendor.footer) }
    }
}

fn about(letter: Letter<'_>) -> String {
    let name = one_line(letter.account_name);
    format!("About the account {name} ({}). Notification {}.", letter.account, letter.number)
}

/// The text.
pub fn text(blocks: &[Block], letter: Letter<'_>) -> String {
    let mut parts: Vec<String> = blocks.iter().map(text_of).collect();
    let vendor = letter.vendor;
    let off = letter.unsubscribe_url.map(|url| format!("Switch these mails off: {url}\n"));
    parts.push(format!(
        "--\n{}\n{}\nQuestions? {}\n{}{}\n",
        vendor.name,
        about(letter),
        vendor.support,
        off.unwrap_or_default(),
        vendor.footer
    ));
    parts.join("\n\n")
}

fn text_of(block: &Block) -> String {
    match block {
        Block::Paragraph(words) => words.clone(),
        Block::Button(words, link) => format!("{words}:\n{link}"),
        Block::Rows(rows) => {
            let lines = rows.iter().map(|(label, value)| format!("{label}: {value}"));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}
