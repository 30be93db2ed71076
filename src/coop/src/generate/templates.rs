//! The templates, and how a value gets into one: through the `nix` filter, which quotes.
//!
//! **Invariant.** A text that a template forgets to filter is quoted all the same: escaping is on,
//! and what it writes is a Nix string.

use std::io::{self, Write};
use std::sync::LazyLock;

use serde::Serialize;
use tera::{Context, Kwargs, State, Tera, Value};

use super::{GenerateError, nix};

const TEMPLATES: &[(&str, &str)] = &[
    ("flake.nix", include_str!("templates/flake.nix")),
    ("hardware.nix", include_str!("templates/hardware.nix")),
    ("host.nix", include_str!("templates/host.nix")),
    ("options.nix", include_str!("templates/options.nix")),
    ("test.nix", include_str!("templates/test.nix")),
    ("tests.nix", include_str!("templates/tests.nix")),
];

static TERA: LazyLock<Result<Tera, tera::Error>> = LazyLock::new(|| {
    let mut tera = Tera::new();
    tera.set_escape_fn(quote);
    tera.autoescape_on([".nix"]);
    tera.register_filter("nix", in_nix);
    tera.register_filter("attribute", as_attribute);
    tera.register_filter("comment", in_comment);
    tera.add_raw_templates(TEMPLATES.iter().copied())?;
    Ok(tera)
});

/// A template filled in.
pub(super) fn render(template: &str, values: &impl Serialize) -> Result<String, GenerateError> {
    let fail =
        |error: &tera::Error| GenerateError::Template(template.to_owned(), error.to_string());
    let tera = TERA.as_ref().map_err(fail)?;
    let context = Context::from_serialize(values).map_err(|error| fail(&error))?;
    let text = tera
        .render(template, &context)
        .map_err(|error| fail(&error))?;
    // What a template says about itself at its top leaves a line behind.
    Ok(text.trim_start().to_owned())
}

fn quote(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let quoted = nix::string(text)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a text holds a NUL"))?;
    out.write_all(quoted.as_bytes())
}

/// `{{ value | nix }}`, with `indent` for where it stands.
#[expect(
    clippy::needless_pass_by_value,
    reason = "tera hands a filter its arguments by value"
)]
fn in_nix(value: &Value, arguments: Kwargs, _: &State) -> tera::TeraResult<Value> {
    let indent = arguments.get::<usize>("indent")?.unwrap_or(0);
    let value = serde_json::to_value(value).map_err(tera::Error::message)?;
    let text = nix::expression(&value, indent)
        .map_err(|reason| tera::Error::message(reason.to_string()))?;
    Ok(Value::safe_string(&text))
}

/// `{{ name | attribute }} = …`
fn as_attribute(text: &str, _: Kwargs, _: &State) -> tera::TeraResult<Value> {
    let name = nix::name(text).map_err(|reason| tera::Error::message(reason.to_string()))?;
    Ok(Value::safe_string(&name))
}

/// `{{ name | comment }}`: a declared name, inside a comment.
fn in_comment(text: &str, _: Kwargs, _: &State) -> Value {
    let plain: String = text
        .chars()
        .filter(|mark| mark.is_ascii_alphanumeric() || "-_.".contains(*mark))
        .collect();
    Value::safe_string(&plain)
}
