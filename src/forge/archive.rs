//! An *archive* is a zip file in memory, as the forge serves an artefact. It may come from anybody who can
//! run a pipeline, so what it unpacks to is limited, and its names are only compared.

use std::io::{Cursor, Read as _};
use zip::ZipArchive;

/// The most bytes that the wanted files of one archive may have.
const MOST: u64 = 64 << 20;

/// The most files that an archive may hold.
const FILES: usize = 20_000;

/// The contents of the files in an archive whose last name is `wanted`.
///
/// # Errors
/// It isn't an archive, or holds more than is read.
pub(super) fn files(bytes: &[u8], wanted: &str) -> Result<Vec<String>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    if archive.len() > FILES {
        return Err(format!("it holds more than {FILES} files"));
    }
    let mut left = MOST;
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| error.to_string())?;
        let name = file.name().map_err(|error| error.to_string())?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        if name != wanted {
            continue;
        }
        let mut text = String::new();
        // The size that an archive states may be wrong.
        let mut limited = file.take(left + 1);
        limited
            .read_to_string(&mut text)
            .map_err(|error| error.to_string())?;
        left = left
            .checked_sub(text.len() as u64)
            .ok_or_else(|| format!("it holds more than {} MiB", MOST >> 20))?;
        found.push(text);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::files;
    use std::io::{Cursor, Write as _};
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn only_the_wanted_files_are_read() {
        let bytes = archive(&[
            ("phones/plan.json", b"{}"),
            ("../../etc/plan.json", b"[]"),
            ("phones/plan.md", b"#"),
        ]);
        assert_eq!(files(&bytes, "plan.json").unwrap(), ["{}", "[]"]);
        assert!(files(b"no archive", "plan.json").is_err());
    }

    #[test]
    fn a_bomb_is_refused() {
        let bytes = archive(&[("plan.json", &vec![b' '; (64 << 20) + 1])]);
        assert!(bytes.len() < 1 << 20, "it is small as an archive");
        assert_eq!(
            files(&bytes, "plan.json").unwrap_err(),
            "it holds more than 64 MiB"
        );
    }
}
