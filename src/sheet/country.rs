//! A *country* is how people there write phone numbers without a plus sign, by its calling code and the digit that is
//! dialled before a number inside the country.

use std::str::FromStr;

/// The letters, the calling code, and the prefix of numbers inside the country.
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AE", "971", "0"),
    ("AR", "54", "0"),
    ("AT", "43", "0"),
    ("AU", "61", "0"),
    ("BE", "32", "0"),
    ("BG", "359", "0"),
    ("BR", "55", "0"),
    ("CA", "1", "1"),
    ("CH", "41", "0"),
    ("CL", "56", ""),
    ("CN", "86", "0"),
    ("CO", "57", ""),
    ("CZ", "420", ""),
    ("DE", "49", "0"),
    ("DK", "45", ""),
    ("ES", "34", ""),
    ("FI", "358", "0"),
    ("FR", "33", "0"),
    ("GB", "44", "0"),
    ("GR", "30", ""),
    ("HK", "852", ""),
    ("HR", "385", "0"),
    ("IE", "353", "0"),
    ("IL", "972", "0"),
    ("IN", "91", "0"),
    ("IT", "39", ""),
    ("JP", "81", "0"),
    ("KR", "82", "0"),
    ("LU", "352", ""),
    ("MX", "52", ""),
    ("NL", "31", "0"),
    ("NO", "47", ""),
    ("NZ", "64", "0"),
    ("PL", "48", ""),
    ("PT", "351", ""),
    ("RO", "40", "0"),
    ("SE", "46", "0"),
    ("SG", "65", ""),
    ("SI", "386", "0"),
    ("SK", "421", "0"),
    ("TR", "90", "0"),
    ("US", "1", "1"),
    ("ZA", "27", "0"),
];

/// A country of phone numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    code: &'static str,
    prefix: &'static str,
}

/// The United States, whose numbers have 11 digits with their calling code.
pub(super) const US: Country = Country {
    code: "1",
    prefix: "1",
};

impl FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let code = text.strip_prefix('+').unwrap_or(text);
        let is_named = |(letters, calling, _): &&(&str, &str, &str)| {
            letters.eq_ignore_ascii_case(text) || *calling == code
        };
        let found = COUNTRIES.iter().find(is_named);
        let found = found.map(|(_, code, prefix)| Self { code, prefix });
        found.ok_or_else(|| {
            let letters: Vec<&str> = COUNTRIES.iter().map(|(letters, ..)| *letters).collect();
            format!(
                "`{text}` is not a country whose numbers are known; the countries are {}",
                letters.join(", ")
            )
        })
    }
}

impl Country {
    /// A number as people in the country write it, in E.164. Numbers that begin with a plus sign stay as they are.
    #[must_use]
    pub fn international(self, text: &str) -> Option<String> {
        let digits = digits(text)?;
        let national = digits.strip_prefix(self.prefix).unwrap_or(&digits);
        let is_complete = self.code == "1" && national.len() == 10
            || self.code != "1" && (5..=12).contains(&national.len()) && !digits.starts_with("00");
        is_complete.then(|| format!("+{}{national}", self.code))
    }
}

/// The digits of a number without a plus sign, without what people write between them.
pub(super) fn digits(text: &str) -> Option<String> {
    let kept = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}'));
    let digits: String = kept.collect();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::{Country, US};

    #[test]
    fn numbers_of_a_country_get_its_code() {
        for (country, text, number) in [
            ("GB", "0113 496 0000", "+441134960000"),
            ("44", "(0113) 4960000", "+441134960000"),
            ("us", "415-555-0100", "+14155550100"),
            ("IT", "06 698 12345", "+390669812345"),
        ] {
            let country: Country = country.parse().unwrap();
            assert_eq!(country.international(text).as_deref(), Some(number));
        }
        assert_eq!(
            US.international("14155550100").as_deref(),
            Some("+14155550100")
        );
        assert_eq!(US.international("5550100"), None);
        assert_eq!(US.international("x"), None);
        assert!("ZZ".parse::<Country>().is_err());
    }
}
