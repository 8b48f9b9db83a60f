//! The *version* is what `--version` prints: what a bug report needs to name a build.

use std::{fmt::Write as _, sync::LazyLock};

/// The version, and on further lines the build: commit, date, target and profile.
pub(super) fn long() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut text = env!("CARGO_PKG_VERSION").to_owned();
        let lines = [
            ("commit", option_env!("CALLSHEET_COMMIT")),
            ("date", option_env!("CALLSHEET_DATE")),
            ("target", option_env!("CALLSHEET_TARGET")),
            ("profile", option_env!("CALLSHEET_PROFILE")),
        ];
        for (name, value) in lines {
            if let Some(value) = value {
                _ = write!(text, "\n{name}: {value}");
            }
        }
        text
    });
    &TEXT
}
