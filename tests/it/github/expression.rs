//! An *expression* of a workflow, as the runner evaluates it: as much of the language as the action and the
//! examples use.

use serde_json::{Value, json};

/// A text with its `${{ }}` replaced.
pub(super) fn filled(text: &str, context: &Value) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("a closed expression");
        filled.push_str(before);
        filled.push_str(&shown(&evaluate(expression, context)));
        rest = after;
    }
    filled + rest
}

/// Whether a condition holds; none is `success()`.
pub(super) fn holds(condition: &str, context: &Value) -> bool {
    let text = condition.trim();
    let text = text
        .strip_prefix("${{")
        .and_then(|text| text.strip_suffix("}}"))
        .unwrap_or(text);
    is_true(&evaluate(text, context))
}

/// A value as text.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && *value != json!("") && *value != json!(0)
}

pub(super) fn evaluate(text: &str, context: &Value) -> Value {
    let tokens = tokens(text);
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        context,
    };
    let value = parser.or();
    assert_eq!(parser.at, tokens.len(), "the whole of {text} is understood");
    value
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => 2 + rest[1..].find('\'').expect("a closed text"),
            '(' | ')' | ',' => 1,
            '!' if !rest.starts_with("!=") => 1,
            '=' | '!' | '&' | '|' => 2,
            _ => rest
                .find(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '_' | '-'))
                .unwrap_or(rest.len()),
        };
        assert!(length > 0, "{rest} is an expression");
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: &'a [String],
    at: usize,
    context: &'a Value,
}

impl Parser<'_> {
    fn takes(&mut self, token: &str) -> bool {
        let takes = self.tokens.get(self.at).is_some_and(|next| next == token);
        self.at += usize::from(takes);
        takes
    }

    fn or(&mut self) -> Value {
        let mut value = self.and();
        while self.takes("||") {
            let other = self.and();
            if !is_true(&value) {
                value = other;
            }
        }
        value
    }

    fn and(&mut self) -> Value {
        let mut value = self.equality();
        while self.takes("&&") {
            let other = self.equality();
            if is_true(&value) {
                value = other;
            }
        }
        value
    }

    fn equality(&mut self) -> Value {
        let value = self.unary();
        if self.takes("==") {
            return json!(shown(&value) == shown(&self.unary()));
        }
        if self.takes("!=") {
            return json!(shown(&value) != shown(&self.unary()));
        }
        value
    }

    fn unary(&mut self) -> Value {
        if self.takes("!") {
            return json!(!is_true(&self.unary()));
        }
        if self.takes("(") {
            let value = self.or();
            assert!(self.takes(")"));
            return value;
        }
        let token = self.tokens[self.at].clone();
        self.at += 1;
        if let Some(text) = token.strip_prefix('\'') {
            return json!(text.trim_end_matches('\''));
        }
        if self.takes("(") {
            let mut arguments = Vec::new();
            while !self.takes(")") {
                arguments.push(self.or());
                self.takes(",");
            }
            return self.call(&token, &arguments);
        }
        match &*token {
            "true" => json!(true),
            "false" => json!(false),
            path => path
                .split('.')
                .try_fold(self.context, |value, name| value.get(name))
                .cloned()
                .unwrap_or(Value::Null),
        }
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Value {
        match (name, arguments) {
            ("startsWith", [text, start]) => json!(shown(text).starts_with(&shown(start))),
            ("fromJSON", [text]) => serde_json::from_str(&shown(text)).expect("JSON"),
            ("always", []) => json!(true),
            ("success", []) => json!(self.context["failed"] != json!(true)),
            other => panic!("{other:?} is a function of the language"),
        }
    }
}

#[test]
fn the_language_is_understood() {
    let context =
        json!({ "inputs": { "a": "x", "no": "", "c-d": "y" }, "github": { "event_name": "push" } });
    let is = |text: &str, value: Value| assert_eq!(evaluate(text, &context), value, "{text}");
    is("inputs.a == 'x' && inputs.c-d != 'x'", json!(true));
    is("inputs.no || inputs.a", json!("x"));
    is(
        "!(inputs.a == 'x') || startsWith(github.event_name, 'pu')",
        json!(true),
    );
    is("steps.none.outputs.x", Value::Null);
    assert_eq!(
        filled("a ${{ inputs.a }}${{ inputs.none }}b", &context),
        "a xb"
    );
}
