//! The *strength of a secret*: whether a PIN or a password that was read follows the policy. No message holds the
//! secret, its length or a part of it.

use crate::{
    config::{PasswordPattern, PasswordPolicy, PinPattern, PinPolicy, SecretsPolicy},
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Declaration, Fields, Kind, Name, Origin, State, Value},
    profile::Profile,
    rules::place_of,
};

/// A secret that was read, and the resource that declares it.
#[derive(Clone, Copy)]
pub struct ReadSecret<'a> {
    /// The resource.
    pub address: &'a Address,
    /// The field.
    pub path: &'a [Name],
    /// The fields of the resource.
    pub fields: &'a Fields,
    /// Where the resource is declared.
    pub origin: Option<&'a Origin>,
    /// The secret.
    pub value: &'a str,
}

/// Reports what is wrong with a secret, by the policy and by what the portal accepts.
// S1.36, S3.08
pub fn check_secret(
    policy: &SecretsPolicy,
    profile: &'static Profile,
    secret: &ReadSecret<'_>,
    report: &mut Report,
) {
    let field = secret.path.last().map_or("", |name| &**name);
    let mut broken = if field == "pin" || field.ends_with("_pin") {
        weak_pin(&policy.pin, secret)
    } else if field == "password" {
        weak_password(&policy.password, secret)
    } else {
        Vec::new()
    };
    let path = secret.path.join(".");
    let state = State::default();
    let declaration = Declaration {
        fields: secret.fields,
        state: &state,
    };
    let kind = profile.capabilities().kinds.remove(&secret.address.kind);
    let limits = kind.map(|kind| kind.limits).unwrap_or_default();
    let limits = limits.iter().filter(|limit| limit.field == path);
    let value = Value::text(secret.value);
    let exceeded = limits.filter(|limit| !(limit.accepts)(&value, declaration));
    broken.extend(exceeded.map(|limit| {
        let portal = &profile.title;
        format!("is not supported: {portal} accepts only {}", limit.only)
    }));
    for broken in broken {
        let place = place_of(secret.origin, &path);
        let message = format!("{}: `{path}` {broken}", secret.address);
        report.add(Diagnostic::new(Rule::WeakSecret, place, message).help(Rule::WeakSecret.help()));
    }
}

fn weak_pin(policy: &PinPolicy, secret: &ReadSecret<'_>) -> Vec<String> {
    if !secret.value.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec!["must consist of digits".to_owned()];
    }
    let mut broken = Vec::new();
    let digits: Vec<u8> = secret.value.bytes().map(|byte| byte - b'0').collect();
    if digits.len() < usize::from(policy.digits) {
        broken.push(format!(
            "must have at least {} digits (policy.secrets.pin.digits)",
            policy.digits
        ));
    }
    if digits.len() > PinPolicy::MAX_DIGITS {
        broken.push(format!(
            "must have at most {} digits",
            PinPolicy::MAX_DIGITS
        ));
    }
    for pattern in &policy.not {
        let what = match pattern {
            PinPattern::Extension if is_own_number(secret) => {
                "must have nothing in common with the extension or the mailbox"
            }
            PinPattern::Sequence if is_sequence(&digits) => "must not be a sequence",
            PinPattern::Repeat if is_repeated(&digits) => "must not repeat itself",
            _ => continue,
        };
        broken.push(format!("{what} (policy.secrets.pin.not)"));
    }
    broken
}

fn weak_password(policy: &PasswordPolicy, secret: &ReadSecret<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let characters: Vec<char> = secret.value.chars().collect();
    if characters.len() < usize::from(policy.length) {
        broken.push(format!(
            "must have at least {} characters (policy.secrets.password.length)",
            policy.length
        ));
    }
    for pattern in &policy.not {
        let what = match pattern {
            PasswordPattern::Person if names_the_person(secret) => {
                "must not contain the person's names"
            }
            PasswordPattern::Repeat if is_repeated(&characters) => "must not repeat itself",
            _ => continue,
        };
        broken.push(format!("{what} (policy.secrets.password.not)"));
    }
    broken
}

/// Whether a PIN is the resource's own number, contains it or is part of it, also backwards.
fn is_own_number(secret: &ReadSecret<'_>) -> bool {
    /// Fewest digits of a number that counts if it is a part of the PIN: two are there by chance.
    const CONTAINED: usize = 3;
    let fields = secret.fields;
    let key = (secret.address.kind == Kind::Extensions).then_some(&*secret.address.key);
    let mailbox = fields.at(["voicemail", "mailbox"]);
    let own = [
        key,
        fields.text("extension"),
        mailbox.and_then(|mailbox| mailbox.as_text()),
    ];
    own.into_iter().flatten().any(|number| {
        let reversed: String = number.chars().rev().collect();
        [number, &*reversed].into_iter().any(|number| {
            number == secret.value
                || number.contains(secret.value)
                || number.len() >= CONTAINED && secret.value.contains(number)
        })
    })
}

/// Whether digits go up or down in equal steps.
fn is_sequence(digits: &[u8]) -> bool {
    const SHORTEST: usize = 3;
    let mut single = digits.to_vec();
    single.dedup();
    if single.len() < SHORTEST {
        return false;
    }
    // After 9 comes 0.
    let step = |pair: &[u8]| (pair[1] + 10 - pair[0]) % 10;
    let mut steps = single.windows(2).map(step);
    let first = steps.next();
    if steps.all(|step| Some(step) == first) {
        return true;
    }
    let middle = [[2, 5, 8, 0], [0, 8, 5, 2]];
    middle.iter().any(|middle| digits == middle) || is_progression(digits)
}

/// Whether digits are three numbers or more in equal steps, written one after the other: `246810`.
fn is_progression(digits: &[u8]) -> bool {
    let text: String = digits
        .iter()
        .map(|digit| char::from(b'0' + digit))
        .collect();
    let number = |text: &str| text.parse::<i64>().ok();
    let starts = (1..=3).flat_map(|first| (1..=3).map(move |second| (first, second)));
    starts
        .filter(|(first, second)| first + second < text.len())
        .any(|(first, second)| {
            let (Some(one), Some(two)) =
                (number(&text[..first]), number(&text[first..first + second]))
            else {
                return false;
            };
            let step = two - one;
            let mut written = String::new();
            let mut next = one;
            while written.len() < text.len() && next >= 0 {
                written.push_str(&next.to_string());
                next += step;
            }
            step != 0 && step.abs() < 10 && written == text
        })
}

/// Whether a text is a shorter one, repeated; the last time maybe not to its end.
fn is_repeated<T: PartialEq>(text: &[T]) -> bool {
    (1..=text.len() / 2).any(|period| text[period..] == text[..text.len() - period])
}

/// Whether a password contains a name of the person.
fn names_the_person(secret: &ReadSecret<'_>) -> bool {
    const SHORTEST: usize = 3;
    let password = secret.value.to_lowercase();
    let text = |name| secret.fields.text(name);
    let address = text("email").and_then(|email| email.split('@').next());
    let key = Some(&*secret.address.key);
    let names = [
        key,
        text("username"),
        text("first_name"),
        text("last_name"),
        address,
    ];
    names
        .into_iter()
        .flatten()
        .any(|name| name.chars().count() >= SHORTEST && password.contains(&name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(pin: &str) -> Vec<u8> {
        pin.bytes().map(|byte| byte - b'0').collect()
    }

    #[test]
    fn sequences_are_found() {
        for pin in [
            "1234", "123456", "654321", "2468", "246810", "8901", "3210", "9101112", "2580",
            "0852", "112233", "1357", "99100101",
        ] {
            assert!(is_sequence(&digits(pin)), "{pin}");
        }
        for pin in ["4829", "1243", "123457", "1111", "1122", "100200", "295173"] {
            assert!(!is_sequence(&digits(pin)), "{pin}");
        }
    }

    #[test]
    fn repetitions_are_found() {
        for pin in ["1111", "1212", "121212", "12121", "123123", "481481"] {
            assert!(is_repeated(&digits(pin)), "{pin}");
        }
        for pin in ["4829", "1221", "112233", "1213"] {
            assert!(!is_repeated(&digits(pin)), "{pin}");
        }
    }

    #[test]
    fn the_own_number_is_found_in_both_directions() {
        let address = Address::new(Kind::Users, "ann");
        let own = |extension: &str, value: &str| {
            let mut fields = Fields::new();
            fields.set("extension".into(), Value::text(extension));
            is_own_number(&ReadSecret {
                address: &address,
                path: &[],
                fields: &fields,
                origin: None,
                value,
            })
        };
        for pin in ["1042", "2401", "91042", "104200", "042", "724018"] {
            assert!(own("1042", pin), "{pin}");
        }
        assert!(!own("1042", "4829"));
        assert!(!own("10", "481039"), "two digits are there by chance");
        let fields = Fields::new();
        let conference = Address::new(Kind::Extensions, "7000");
        assert!(is_own_number(&ReadSecret {
            address: &conference,
            path: &[],
            fields: &fields,
            origin: None,
            value: "0007",
        }));
    }

    #[test]
    fn no_message_tells_the_secret() {
        let address = Address::new(Kind::Users, "ann");
        let mut fields = Fields::new();
        fields.set("extension".into(), Value::text("1042"));
        let policy: SecretsPolicy = serde_json::from_value(serde_json::json!({
            "pin": {"digits": 6, "not": ["extension", "sequence", "repeat"]},
            "password": {"length": 12, "not": ["person", "repeat"]},
        }))
        .unwrap();
        let check = |path: &[&str], value: &str| -> Vec<String> {
            let path: Vec<Name> = path.iter().map(|name| Name::from(*name)).collect();
            let mut report = Report::default();
            let secret = ReadSecret {
                address: &address,
                path: &path,
                fields: &fields,
                origin: None,
                value,
            };
            check_secret(&policy, Profile::named("sandbox"), &secret, &mut report);
            let sorted = report.sorted();
            sorted.iter().map(|one| one.message.clone()).collect()
        };
        let pin = ["voicemail", "pin"];
        assert_eq!(check(&pin, "295174"), [""; 0]);
        assert_eq!(
            check(&pin, "hunter2"),
            ["users/ann: `voicemail.pin` must consist of digits"]
        );
        assert_eq!(check(&pin, "1042").len(), 2);
        assert_eq!(check(&pin, "1234567890123456").len(), 2);
        assert_eq!(check(&["password"], "Ann-likes-tea-and-scones").len(), 1);
        assert_eq!(check(&["password"], "zzzz").len(), 2);
        for message in check(&pin, "3333")
            .iter()
            .chain(&check(&["password"], "qwerty"))
        {
            assert!(
                !message.contains("3333") && !message.contains("qwerty"),
                "{message}"
            );
        }
    }
}
