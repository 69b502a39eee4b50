//! CSV for spreadsheets: UTF-8 with the mark Excel needs to see that it is, and no cell that a spreadsheet would run.

use bytes::Bytes;
use std::borrow::Cow;

/// Excel takes a file without it for the code page of its country.
pub const MARK: &[u8] = "\u{feff}".as_bytes();
/// What makes a formula of a cell.
const STARTS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// Rows as bytes, quoted where needed.
pub fn rows<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> Result<Bytes, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(bytes.into())
}

/// A cell that is text to every spreadsheet.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(STARTS) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red without `harmless`.
    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_row() {
        let made = |cells: [&str; 2]| rows([cells.map(str::to_owned)]).unwrap();
        for start in ["=", "+", "-", "@"] {
            let cell = format!("{start}HYPERLINK(1)");
            assert_eq!(made([&cell, "x"]), format!("'{cell},x\r\n"));
        }
        assert_eq!(made(["\tx", "\r=1"]), "'\tx,\"'\r=1\"\r\n");
        assert_eq!(made(["Lee, \"Jo\"", "a\nb"]), "\"Lee, \"\"Jo\"\"\",\"a\nb\"\r\n");
        assert_eq!(made(["Zoë", "5-6=7"]), "Zoë,5-6=7\r\n");
    }
}
