//! Pages to be printed on, from top to bottom. Places and sizes are whole tenths of a point, from
//! the upper left corner.

use pdf_writer::{Content, Str};

use super::metrics::{Font, encode, width};
use super::name;

/// A4, in points.
pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;
/// A4's height, in tenths of a point.
const TALL: i32 = 8_420;
/// Where print begins and ends.
pub(super) const LEFT: i32 = 500;
pub(super) const RIGHT: i32 = 5_450;
const TOP: i32 = 560;
const BOTTOM: i32 = 7_740;
/// Where the last line of each page stands.
const FOOT: i32 = 8_060;

/// A shade: red, green and blue, from 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shade(pub u8, pub u8, pub u8);

pub(super) const INK: Shade = Shade(26, 34, 51);
pub(super) const GREY: Shade = Shade(100, 110, 130);
pub(super) const HAIR: Shade = Shade(214, 219, 229);

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    pub font: Font,
    /// Tenths of a point.
    pub size: i32,
    pub shade: Shade,
}

/// Body text.
pub(super) const BODY: Style = Style { font: Font::Regular, size: 95, shade: INK };
/// Body text that counts.
pub(super) const STRONG: Style = Style { font: Font::Bold, ..BODY };
/// What explains.
pub(super) const SMALL: Style = Style { font: Font::Regular, size: 80, shade: GREY };

/// From one line of text to the next.
pub(super) fn leading(style: Style) -> i32 {
    style.size.saturating_mul(14).saturating_div(10)
}

/// Pages, and where the next line goes.
pub(super) struct Sheet {
    done: Vec<Content>,
    page: Content,
    /// The upper edge of what comes next.
    pub y: i32,
}

impl Sheet {
    /// One page without anything on it.
    pub fn new() -> Self {
        Self { done: Vec::new(), page: page(), y: TOP }
    }

    /// How much fits below on this page.
    pub fn room(&self) -> i32 {
        BOTTOM.saturating_sub(self.y)
    }

    /// Goes on with a new page.
    pub fn turn(&mut self) {
        let full = std::mem::replace(&mut self.page, page());
        self.done.push(full);
        self.y = TOP;
    }

    /// Leaves space.
    pub fn skip(&mut self, by: i32) {
        self.y = self.y.saturating_add(by);
    }

    /// Text that begins at a place of this line.
    pub fn text(&mut self, x: i32, style: Style, text: &str) {
        self.codes(x, self.y, style, &encode(text));
    }

    /// Text that ends at a place of this line.
    pub fn text_to(&mut self, right: i32, style: Style, text: &str) {
        let codes = encode(text);
        let x = right.saturating_sub(width(&codes, style.font, style.size));
        self.codes(x, self.y, style, &codes);
    }

    /// Text in a frame that ends at a place of this line, as a stamp.
    pub fn stamp(&mut self, right: i32, shade: Shade, text: &str) {
        let style = Style { font: Font::Bold, size: 110, shade };
        let codes = encode(text);
        let wide = width(&codes, style.font, style.size).saturating_add(200);
        let x = right.saturating_sub(wide);
        colour(&mut self.page, shade, true);
        self.page.set_line_width(12.0);
        let (corner, top) = (unit(x), unit(TALL.saturating_sub(self.y).saturating_sub(230)));
        self.page.rect(corner, top, unit(wide), 230.0).stroke();
        self.codes(x.saturating_add(100), self.y.saturating_add(55), style, &codes);
    }

    /// A line across.
    pub fn rule(&mut self, from: i32, shade: Shade) {
        colour(&mut self.page, shade, true);
        let y = unit(TALL.saturating_sub(self.y));
        self.page.set_line_width(6.0);
        self.page.move_to(unit(from), y).line_to(unit(RIGHT), y).stroke();
    }

    /// Every page's content, with its number below.
    pub fn finish(mut self, left: &str) -> Vec<Vec<u8>> {
        self.turn();
        let count = self.done.len();
        let mut pages = Vec::new();
        for (nth, page) in std::mem::take(&mut self.done).into_iter().enumerate() {
            self.page = page;
            self.y = FOOT;
            self.text(LEFT, SMALL, left);
            let right = format!("Page {} of {count}", nth.saturating_add(1));
            self.text_to(RIGHT, SMALL, &right);
            pages.push(std::mem::replace(&mut self.page, Content::new()).finish().to_vec());
        }
        pages
    }

    fn codes(&mut self, x: i32, y: i32, style: Style, codes: &[u8]) {
        colour(&mut self.page, style.shade, false);
        // Letters stand on a line that is about three quarters of their size below their upper
        // edge.
        let down = style.size.saturating_mul(76).saturating_div(100);
        let base = TALL.saturating_sub(y).saturating_sub(down);
        self.page
            .begin_text()
            .set_font(name(style.font), unit(style.size))
            .next_line(unit(x), unit(base))
            .show(Str(codes))
            .end_text();
    }
}

/// A page whose unit is a tenth of a point.
fn page() -> Content {
    let mut page = Content::new();
    page.transform([0.1, 0.0, 0.0, 0.1, 0.0, 0.0]);
    page
}

fn unit(tenths: i32) -> f32 {
    f32::from(i16::try_from(tenths).unwrap_or(i16::MAX))
}

fn colour(page: &mut Content, shade: Shade, stroke: bool) {
    let Shade(red, green, blue) = shade;
    // Of 255: three decimals are more than a printer has.
    let part = |of: u8| {
        let thousandths = u32::from(of).saturating_mul(1_000).saturating_div(255);
        format!("0.{thousandths:03}").parse::<f32>().unwrap_or(0.0)
    };
    let [red, green, blue] = [red, green, blue].map(part);
    if stroke {
        page.set_stroke_rgb(red, green, blue);
    } else {
        page.set_fill_rgb(red, green, blue);
    }
}

/// Text in lines that are not wider than this. A word that is wider is broken.
pub(super) fn wrapped(text: &str, style: Style, wide: i32) -> Vec<String> {
    let fits = |text: &str| width(&encode(text), style.font, style.size) <= wide;
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if fits(&longer) {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if !fits(&line) {
                    line.pop();
                    lines.push(std::mem::take(&mut line));
                    line.push(letter);
                }
            }
        }
        lines.push(line);
    }
    lines
}
