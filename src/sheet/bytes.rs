//! The *bytes* of a sheet become text: UTF-8, UTF-16 with a byte order mark, or what Excel writes otherwise.

use super::Refusal;
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How a sheet was encoded, where that isn't certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Certain: UTF-8, or UTF-16 with a byte order mark.
    Certain,
    /// Windows-1252, since it is nothing else.
    Windows1252,
}

/// The first bytes of files that are no sheets, with what they are.
const OTHERS: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF"),
    (
        b"\xd0\xcf\x11\xe0",
        "a workbook of Excel before 2007 (.xls)",
    ),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
];

/// Reads the text of a sheet.
///
/// # Errors
/// The file is something else, or has bytes that no text has.
pub(super) fn text(bytes: &[u8]) -> Result<(String, Encoding), Refusal> {
    if let Some((_, what)) = OTHERS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(Refusal::Other(what));
    }
    let (text, encoding) = match bytes {
        [0xff, 0xfe, rest @ ..] => (utf_16(UTF_16LE, rest)?, Encoding::Certain),
        [0xfe, 0xff, rest @ ..] => (utf_16(UTF_16BE, rest)?, Encoding::Certain),
        [0xef, 0xbb, 0xbf, rest @ ..] => match std::str::from_utf8(rest) {
            Ok(text) => (text.to_owned(), Encoding::Certain),
            Err(_) => return Err(Refusal::BrokenText("UTF-8")),
        },
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), Encoding::Certain),
            Err(_) => {
                let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
                (text.into_owned(), Encoding::Windows1252)
            }
        },
    };
    if text.contains('\0') {
        return Err(Refusal::Nul);
    }
    Ok((with_line_feeds(text), encoding))
}

fn utf_16(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> Result<String, Refusal> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(std::borrow::Cow::into_owned)
        .ok_or(Refusal::BrokenText("UTF-16"))
}

/// Lines that end with a carriage return alone, as on an old Mac, end with a line feed, so that they are counted.
fn with_line_feeds(text: String) -> String {
    if text.contains('\n') {
        text
    } else {
        text.replace('\r', "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_recognised() {
        let utf_16 = |little: bool| {
            let units = "a;é\r\n".encode_utf16();
            let bytes = units.flat_map(|unit| match little {
                true => unit.to_le_bytes(),
                false => unit.to_be_bytes(),
            });
            bytes.collect::<Vec<u8>>()
        };
        let marked = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        for bytes in [
            "a;é\r\n".as_bytes().to_vec(),
            marked(&[0xef, 0xbb, 0xbf], "a;é\r\n".as_bytes()),
            marked(&[0xff, 0xfe], &utf_16(true)),
            marked(&[0xfe, 0xff], &utf_16(false)),
        ] {
            let (read, encoding) = text(&bytes).unwrap();
            assert_eq!((&*read, encoding), ("a;é\r\n", Encoding::Certain));
        }
        let (read, encoding) = text(b"a;\xe9\x80\r").unwrap();
        assert_eq!((&*read, encoding), ("a;é€\n", Encoding::Windows1252));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(matches!(text(b"%PDF-1.7"), Err(Refusal::Other("a PDF"))));
        assert!(matches!(text(b"a,\0b"), Err(Refusal::Nul)));
        assert!(matches!(
            text(&[0xff, 0xfe, 0x00, 0xd8]),
            Err(Refusal::BrokenText("UTF-16"))
        ));
    }
}
