//! The attributes of an input, with the complaints of `libfetchers/attrs.cc` about wrong types.

use nix_eval::world::{InputAttribute as Attribute, InputAttributes};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Texts, numbers and truth values by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Attributes(pub InputAttributes);

impl Attributes {
    /// Attributes that are texts.
    #[must_use]
    pub fn of_texts(texts: &[(&str, &str)]) -> Self {
        let mut attributes = Self::default();
        for (name, text) in texts {
            attributes.set(name, text);
        }
        attributes
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there is an attribute `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text `name`, if it is there.
    ///
    /// # Errors
    /// Where it is no text.
    pub fn text(&self, name: &str) -> Result<Option<&str>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Attribute::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Error::rule(format!(
                "input attribute '{name}' is not a string {}",
                self.to_json()
            ))),
        }
    }

    /// The text `name`.
    ///
    /// # Errors
    /// Where it is missing or no text.
    pub fn need_text(&self, name: &str) -> Result<&str> {
        self.text(name)?
            .ok_or_else(|| Error::rule(format!("input attribute '{name}' is missing")))
    }

    /// The number `name`, if it is there.
    ///
    /// # Errors
    /// Where it is no number.
    pub fn number(&self, name: &str) -> Result<Option<u64>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Attribute::Number(number)) => Ok(Some(*number)),
            Some(_) => Err(Error::rule(format!(
                "input attribute '{name}' is not an integer"
            ))),
        }
    }

    /// The truth value `name`, if it is there.
    ///
    /// # Errors
    /// Where it is none.
    pub fn truth(&self, name: &str) -> Result<Option<bool>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Attribute::Truth(truth)) => Ok(Some(*truth)),
            Some(_) => Err(Error::rule(format!(
                "input attribute '{name}' is not a Boolean"
            ))),
        }
    }

    /// Whether `name` is there and true.
    ///
    /// # Errors
    /// Where it is no truth value.
    pub fn is_set(&self, name: &str) -> Result<bool> {
        Ok(self.truth(name)?.unwrap_or(false))
    }

    /// Sets a text.
    pub fn set(&mut self, name: &str, text: &str) {
        self.0
            .insert(name.to_owned(), Attribute::Text(text.to_owned()));
    }

    /// Sets a number.
    pub fn set_number(&mut self, name: &str, number: u64) {
        self.0.insert(name.to_owned(), Attribute::Number(number));
    }

    /// Sets a truth value.
    pub fn set_truth(&mut self, name: &str, truth: bool) {
        self.0.insert(name.to_owned(), Attribute::Truth(truth));
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// As a JSON value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        for (name, attribute) in &self.0 {
            let value = match attribute {
                Attribute::Text(text) => Value::from(text.as_str()),
                Attribute::Number(number) => Value::from(*number),
                Attribute::Truth(truth) => Value::from(*truth),
            };
            map.insert(name.clone(), value);
        }
        Value::Object(map)
    }

    /// As JSON on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    /// Reads what [`Attributes::to_value`] makes.
    ///
    /// # Errors
    /// Where an attribute is neither text nor number nor truth value.
    pub fn from_value(value: &Value) -> Result<Self> {
        let wrong = || Error::rule("unsupported input attribute type in lock file");
        let mut attributes = Self::default();
        for (name, value) in value.as_object().ok_or_else(wrong)? {
            match value {
                Value::String(text) => attributes.set(name, text),
                Value::Bool(truth) => attributes.set_truth(name, *truth),
                Value::Number(number) => {
                    attributes.set_number(name, number.as_u64().ok_or_else(wrong)?);
                }
                _ => return Err(wrong()),
            }
        }
        Ok(attributes)
    }
}
