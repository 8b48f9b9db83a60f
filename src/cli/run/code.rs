//! A *QR code* of a link: drawn on the terminal, or as an image.

use anyhow::Context as _;
use fast_qr::{QRBuilder, QRCode};
use secrecy::{ExposeSecret as _, SecretString};
use std::io::Write;

/// The width of the light border that readers need, in modules.
const BORDER: usize = 4;

/// The width of a module of an image, in pixels.
const SCALE: usize = 8;

/// The modules of a link with their border, row by row: whether each is dark.
fn modules(link: &SecretString) -> anyhow::Result<Vec<Vec<bool>>> {
    let code = QRBuilder::new(link.expose_secret()).build();
    // The encoder's message has no part of the link, but nothing here depends on that.
    let code: QRCode = code.ok().context("the link is too long for a QR code")?;
    let light = |count| std::iter::repeat_n(false, count);
    let width = code.size + 2 * BORDER;
    let mut rows = vec![vec![false; width]; BORDER];
    rows.extend((0..code.size).map(|row| {
        let row = code[row].iter().map(|module| module.value());
        light(BORDER).chain(row).chain(light(BORDER)).collect()
    }));
    rows.extend(vec![vec![false; width]; BORDER]);
    Ok(rows)
}

/// Draws the code with half blocks: two modules on one character.
pub(super) fn draw(link: &SecretString, color: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let rows = modules(link)?;
    for pair in rows.chunks(2) {
        let below = |at: usize| pair.get(1).is_some_and(|row| row[at]);
        let line: String = (0..pair[0].len())
            .map(|at| match (pair[0][at], below(at)) {
                // A block is light, as text is on most terminals.
                (false, false) => '█',
                (false, true) => '▀',
                (true, false) => '▄',
                (true, true) => ' ',
            })
            .collect();
        if color {
            let style = anstyle::Style::new()
                .fg_color(Some(anstyle::AnsiColor::BrightWhite.into()))
                .bg_color(Some(anstyle::AnsiColor::Black.into()));
            writeln!(out, "{style}{line}{style:#}")?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// Writes the code as a PNG image in black and white.
pub(super) fn png(link: &SecretString, out: &mut dyn Write) -> anyhow::Result<()> {
    let rows = modules(link)?;
    let width = rows.len() * SCALE;
    let side = u32::try_from(width)?;
    let mut encoder = png::Encoder::new(&mut *out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut pixels = Vec::with_capacity(width * width);
    for row in &rows {
        for _ in 0..SCALE {
            for dark in row {
                let shade = if *dark { 0 } else { u8::MAX };
                pixels.extend(std::iter::repeat_n(shade, SCALE));
            }
        }
    }
    encoder.write_header()?.write_image_data(&pixels)?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_code_can_be_read() {
        let link = "http://127.0.0.1:8099/v1/provisioning#0123456789abcdef";
        let mut drawn = Vec::new();
        draw(&link.into(), false, &mut drawn).unwrap();
        let drawn = String::from_utf8(drawn).unwrap();
        let rows: Vec<Vec<char>> = drawn.lines().map(|line| line.chars().collect()).collect();
        let (width, scale) = (rows[0].len(), 4);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(
            width * scale,
            rows.len() * 2 * scale,
            |x, y| {
                let (row, is_below) = (y / scale / 2, y / scale % 2 == 1);
                match (rows[row][x / scale], is_below) {
                    ('█', _) | ('▀', false) | ('▄', true) => u8::MAX,
                    _ => 0,
                }
            },
        );
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "{drawn}");
        assert_eq!(grids[0].decode().unwrap().1, link);
    }
}
