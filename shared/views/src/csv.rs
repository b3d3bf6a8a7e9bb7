//! Tables of comma-separated values (RFC 4180), as a spreadsheet reads them.

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Somebody's text. It is quoted, and one that a spreadsheet would take for a formula is marked
    /// as text by an apostrophe.
    Text(String),
    /// A number, time, word or id of ours, as it is.
    Value(String),
}

impl Cell {
    /// A text; an empty one where there is none.
    pub fn text(text: Option<&str>) -> Self {
        Self::Text(text.unwrap_or_default().to_owned())
    }

    /// A value.
    pub fn value(value: impl ToString) -> Self {
        Self::optional(Some(value))
    }

    /// A value; nothing where there is none.
    pub fn optional(value: Option<impl ToString>) -> Self {
        Self::Value(value.map(|value| value.to_string()).unwrap_or_default())
    }

    fn written(&self) -> String {
        let text = match self {
            Self::Value(value) => return value.clone(),
            Self::Text(text) => text,
        };
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        let guard = if is_formula { "'" } else { "" };
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    }
}

/// Extent of a list that a table is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it is in the table.
    Whole,
    /// More follows behind the table's rows.
    Cut,
}

impl Extent {
    /// Extent of a list of which more follows, or nothing.
    pub fn of<T>(next: Option<&T>) -> Self {
        if next.is_some() { Self::Cut } else { Self::Whole }
    }
}

/// A table of `N` columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<const N: usize> {
    text: String,
}

impl<const N: usize> Table<N> {
    /// A table without rows.
    pub fn new(header: [&'static str; N]) -> Self {
        Self { text: format!("{}\r\n", header.join(",")) }
    }

    /// A table of rows.
    pub fn of(header: [&'static str; N], rows: impl IntoIterator<Item = [Cell; N]>) -> Self {
        let mut table = Self::new(header);
        for row in rows {
            table.push(&row);
        }
        table
    }

    /// Adds a row.
    pub fn push(&mut self, row: &[Cell; N]) {
        let cells: Vec<String> = row.iter().map(Cell::written).collect();
        self.text.push_str(&cells.join(","));
        self.text.push_str("\r\n");
    }

    /// Adds a row that says what is left out, where something is: in its first cell.
    pub fn close(&mut self, extent: Extent, left_out: &str) {
        if extent == Extent::Whole {
            return;
        }
        let mut row: [Cell; N] = std::array::from_fn(|_| Cell::Value(String::new()));
        if let Some(first) = row.first_mut() {
            *first = Cell::text(Some(left_out));
        }
        self.push(&row);
    }

    /// Bytes of the table.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The table, written.
    pub fn into_text(self) -> String {
        self.text
    }
}
