//! The *hash* of a secret: argon2id, with little memory and one pass, since a sandbox holds secrets of tests and
//! stores many at once.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

/// The memory in KiB, the passes, and the lanes.
const COST: (u32, u32, u32) = (256, 1, 1);

fn hasher() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).expect("the cost is within its limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of a secret, with a salt of its own.
pub(super) fn of(secret: &str) -> String {
    let hash = hasher().hash_password(secret.as_bytes());
    hash.expect("a secret of any length has a hash").to_string()
}

/// Whether a secret is the one with this hash. Without a hash it takes as long, and the answer is no.
pub(super) fn verify(secret: &str, hash: Option<&str>) -> bool {
    let Some(hash) = hash.and_then(|hash| PasswordHash::new(hash).ok()) else {
        drop(of(secret));
        return false;
    };
    hasher().verify_password(secret.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{of, verify};

    #[test]
    fn a_hash_is_of_one_secret_and_of_its_own() {
        let hash = of("correct horse");
        assert!(verify("correct horse", Some(&hash)) && !verify("correct hors", Some(&hash)));
        assert!(!verify("", None) && !verify("x", Some("not a hash")));
        assert_ne!(hash, of("correct horse"));
        assert!(!hash.contains("correct"));
    }
}
