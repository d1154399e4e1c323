//! Tables for a spreadsheet: UTF-8 with a mark, semicolons, one line for each entry.

/// A table on its way.
pub(crate) struct Spreadsheet(String);

impl Spreadsheet {
    /// One with the heads of its columns.
    pub(crate) fn new(heads: &[&str]) -> Self {
        let mut table = Self(String::from("\u{feff}"));
        table.line(heads);
        table
    }

    /// One more line; as many fields as there are columns.
    pub(crate) fn line(&mut self, fields: &[&str]) {
        let cells: Vec<String> = fields.iter().map(|field| cell(field)).collect();
        self.0.push_str(&cells.join(";"));
        self.0.push_str("\r\n");
    }

    /// The bytes of the file.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// A field of the table; what a spreadsheet would take for a formula is a text.
fn cell(text: &str) -> String {
    let guarded = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if guarded.contains([';', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_cell_and_never_a_formula() {
        let mut table = Spreadsheet::new(&["a", "b"]);
        table.line(&["=1+1", "x;\"y\"\nz"]);
        let text = String::from_utf8(table.finish()).unwrap_or_default();
        assert_eq!(text, "\u{feff}a;b\r\n'=1+1;\"x;\"\"y\"\"\nz\"\r\n");
    }
}
