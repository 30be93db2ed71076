//! TOML 1.0 as `fromTOML` reads it, by way of the `toml` crate. That crate's limit of 80 to the
//! nesting of values stays in force, where Nix goes on until its stack ends.

use super::toml_newer;
use toml::Value;
use toml::value::{Datetime, Offset};

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
    /// What TOML 1.1 allows and TOML 1.0 does not.
    #[error("{problem} at byte {offset}, which TOML 1.0 does not allow")]
    Newer {
        /// Bytes before it.
        offset: usize,
        /// What it is.
        problem: &'static str,
    },
    /// A time without seconds, which TOML 1.1 allows and TOML 1.0 does not.
    #[error("a time without seconds, which TOML 1.0 does not allow")]
    NoSeconds,
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
    if let Some(newer) = toml_newer::find(text) {
        return Err(TomlReadError::Newer {
            offset: newer.offset,
            problem: newer.problem,
        });
    }
    convert(Value::Table(table), timestamps)
}

fn convert(value: Value, timestamps: bool) -> Result<Toml, TomlReadError> {
    Ok(match value {
        Value::Boolean(value) => Toml::Bool(value),
        Value::Integer(value) => Toml::Int(value),
        Value::Float(value) => Toml::Float(value),
        Value::String(text) => Toml::String(no_null(text)?),
        Value::Datetime(value) if timestamps => Toml::Timestamp(timestamp(&value)?.into_bytes()),
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

/// A date or time in the form of RFC 3339: a fraction of the second has three, six or nine digits,
/// or is left out where it is zero.
fn timestamp(value: &Datetime) -> Result<String, TomlReadError> {
    let mut parts = Vec::new();
    if let Some(date) = value.date {
        parts.push(format!(
            "{:04}-{:02}-{:02}",
            date.year, date.month, date.day
        ));
    }
    if let Some(time) = value.time {
        let second = time.second.ok_or(TomlReadError::NoSeconds)?;
        let fraction = match time.nanosecond.unwrap_or(0) {
            0 => String::new(),
            nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
            nanos if nanos % 1000 == 0 => format!(".{:06}", nanos / 1000),
            nanos => format!(".{nanos:09}"),
        };
        parts.push(format!(
            "{:02}:{:02}:{second:02}{fraction}",
            time.hour, time.minute
        ));
    }
    let zone = match value.offset {
        None => String::new(),
        Some(Offset::Z | Offset::Custom { minutes: 0 }) => "Z".to_owned(),
        Some(Offset::Custom { minutes }) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    };
    Ok(parts.join("T") + &zone)
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
    }

    #[test]
    fn timestamps_are_written_in_one_form() {
        for (text, expected) in [
            ("2026-01-01", "2026-01-01"),
            ("07:32:00", "07:32:00"),
            ("07:32:00.000", "07:32:00"),
            ("07:32:00.1", "07:32:00.100"),
            ("07:32:00.1234", "07:32:00.123400"),
            ("07:32:00.1234567891", "07:32:00.123456789"),
            ("1979-05-27 07:32:00", "1979-05-27T07:32:00"),
            ("1979-05-27t07:32:00z", "1979-05-27T07:32:00Z"),
            ("1979-05-27T07:32:00-00:00", "1979-05-27T07:32:00Z"),
            (
                "1979-05-27T07:32:00.5-01:30",
                "1979-05-27T07:32:00.500-01:30",
            ),
        ] {
            let document = format!("a = {text}");
            let Ok(Toml::Table(entries)) = parse(document.as_bytes(), true) else {
                panic!("{text} is refused")
            };
            assert_eq!(entries[0].1, Toml::Timestamp(expected.into()), "{text}");
        }
    }

    #[test]
    fn what_is_not_toml_1_0_is_refused() {
        for text in [
            "a = 1\na = 2",
            "a = 01",
            "a = 1__0",
            "a = +0x1",
            "a = 9223372036854775808",
            "a = 1.",
            "a = TRUE",
            "a = \"\\u0000\"",
            "\"a\\u0000\" = 1",
            "a = '\x01'",
            "a = {b=1,}",
            "a = {b=1\n}",
            "a = \"\\e\"",
            "a = \"\\x41\"",
            "a = 07:32",
            "a = 1979-05-27T07:32Z",
            "a = 2026-02-29",
            "a = [1] b = 2",
            "a.b = 1\n[a]",
            "a = []\n[[a]]",
            "a = {}\na.b = 1",
            "[a]\n[a]",
        ] {
            assert!(parse(text.as_bytes(), true).is_err(), "{text}");
        }
        assert!(parse(b"a = '\xff'", true).is_err());
    }
}
