//! TOML as `fromTOML` reads it, by way of the `toml` crate.

use toml::Value;

/// A TOML value.
#[derive(Debug, PartialEq)]
pub enum Toml {
    /// A Boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(Vec<u8>),
    /// A date or time, where those are asked for.
    Timestamp(Vec<u8>),
    /// An array.
    Array(Vec<Toml>),
    /// A table.
    Table(Vec<(Vec<u8>, Toml)>),
}

/// Text that is not TOML, or that says what the language cannot.
#[derive(Debug, thiserror::Error)]
pub enum TomlReadError {
    /// Not UTF-8.
    #[error("invalid UTF-8")]
    Encoding,
    /// Not TOML.
    #[error("{0}")]
    Syntax(Box<toml::de::Error>),
    /// A date or time.
    #[error("Dates and times are not supported")]
    Timestamp,
    /// A string with a null byte.
    #[error("a string contains a null byte")]
    NullByte,
}

/// Reads a document; dates and times are an error unless `timestamps` allows them.
///
/// # Errors
/// [`TomlReadError`]
pub fn parse(text: &[u8], timestamps: bool) -> Result<Toml, TomlReadError> {
    let text = std::str::from_utf8(text).map_err(|_| TomlReadError::Encoding)?;
    let table: toml::Table =
        toml::from_str(text).map_err(|error| TomlReadError::Syntax(Box::new(error)))?;
    convert(Value::Table(table), timestamps)
}

fn convert(value: Value, timestamps: bool) -> Result<Toml, TomlReadError> {
    Ok(match value {
        Value::Boolean(value) => Toml::Bool(value),
        Value::Integer(value) => Toml::Int(value),
        Value::Float(value) => Toml::Float(value),
        Value::String(text) => Toml::String(no_null(text)?),
        Value::Datetime(value) if timestamps => {
            Toml::Timestamp(timestamp(&value.to_string()).into_bytes())
        }
        Value::Datetime(_) => return Err(TomlReadError::Timestamp),
        Value::Array(items) => Toml::Array(
            items
                .into_iter()
                .map(|item| convert(item, timestamps))
                .collect::<Result<_, _>>()?,
        ),
        Value::Table(entries) => Toml::Table(
            entries
                .into_iter()
                .map(|(name, value)| Ok((no_null(name)?, convert(value, timestamps)?)))
                .collect::<Result<_, TomlReadError>>()?,
        ),
    })
}

/// A date or time with the fraction of its seconds filled up to milli-, micro- or nanoseconds.
fn timestamp(text: &str) -> String {
    let Some(point) = text.find('.') else {
        return text.to_owned();
    };
    let digits = text[point + 1..]
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    let (head, zone) = text.split_at(point + 1 + digits);
    format!(
        "{head}{}{zone}",
        "0".repeat(digits.next_multiple_of(3) - digits)
    )
}

fn no_null(text: String) -> Result<Vec<u8>, TomlReadError> {
    if text.contains('\0') {
        Err(TomlReadError::NullByte)
    } else {
        Ok(text.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_kind() {
        let Toml::Table(entries) = parse(b"a = 0x10\nb = 1.0", false).unwrap() else {
            panic!()
        };
        assert_eq!(entries[0].1, Toml::Int(16));
        assert_eq!(entries[1].1, Toml::Float(1.0));
    }

    #[test]
    fn dates_are_refused_unless_asked_for() {
        assert!(matches!(
            parse(b"a = 2026-01-01", false),
            Err(TomlReadError::Timestamp)
        ));
        assert!(parse(b"a = 2026-01-01", true).is_ok());
        assert_eq!(timestamp("07:32:00.1234Z"), "07:32:00.123400Z");
    }
}
