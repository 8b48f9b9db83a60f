//! A *cell* is one field of a spreadsheet, by the name that a spreadsheet program gives it.

use std::fmt;

/// A cell of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The row, counted from 1.
    pub row: u32,
    /// The column, counted from 0.
    pub column: u32,
    /// The name of the column; empty if it has none.
    pub header: Box<str>,
}

/// `C7`
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Vec::new();
        let mut rest = self.column;
        loop {
            letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
            if rest < 26 {
                break;
            }
            rest = rest / 26 - 1;
        }
        let letters: String = letters.iter().rev().collect();
        write!(f, "{letters}{}", self.row)
    }
}

/// The cells of a sheet, by their first byte in its text.
#[derive(Debug, Default)]
pub struct Cells {
    /// The names of the columns.
    pub headers: Vec<Box<str>>,
    /// The first byte, the row and the column of each cell, in order.
    pub starts: Vec<(u32, u32, u32)>,
}

impl Cells {
    /// The cell at a byte.
    #[must_use]
    pub fn at(&self, at: u32) -> Option<Cell> {
        let next = self.starts.partition_point(|(start, _, _)| *start <= at);
        let (_, row, column) = *self.starts.get(next.checked_sub(1)?)?;
        let header = self.headers.get(column as usize);
        Some(Cell {
            row,
            column,
            header: header.cloned().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Cell;

    #[test]
    fn columns_are_named_by_letters() {
        let named = |column| {
            let cell = Cell {
                row: 7,
                column,
                header: "".into(),
            };
            cell.to_string()
        };
        let names = [
            (0, "A7"),
            (25, "Z7"),
            (26, "AA7"),
            (701, "ZZ7"),
            (702, "AAA7"),
        ];
        for (column, name) in names {
            assert_eq!(named(column), name);
        }
    }
}
