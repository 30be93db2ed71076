//! The daily edits of `coop.toml`, which keep comments and order.
//!
//! An edit works on text and gives text; whether the result is sound is checked by loading it.

use thiserror::Error;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, value};

/// Why an edit cannot be made.
#[derive(Debug, Error)]
pub enum EditError {
    /// The file is not TOML.
    #[error("coop.toml is not TOML; `coop check` says where")]
    Syntax,
    /// There is no such thing.
    #[error("there is no [{0}] in coop.toml; if it is in an included file, edit it there")]
    Missing(String),
    /// It is there already.
    #[error("{0} is there already")]
    Present(String),
    /// It is not there.
    #[error("{0} is not in coop.toml; if it is in a list file, edit it there")]
    Absent(String),
    /// The TOML is written in a form that the edit does not understand.
    #[error("`{0}` is written in a way that coop does not edit; edit it by hand")]
    Form(String),
}

/// An editable `coop.toml`.
pub struct Editor {
    document: DocumentMut,
}

impl Editor {
    /// Takes the text of a file.
    ///
    /// # Errors
    /// Where it is not TOML.
    pub fn new(text: &str) -> Result<Self, EditError> {
        Ok(Self {
            document: text.parse().map_err(|_| EditError::Syntax)?,
        })
    }

    /// The edited text.
    #[must_use]
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    fn named(&mut self, section: &str, name: &str) -> Result<&mut Item, EditError> {
        self.document
            .get_mut(section)
            .and_then(|section| section.get_mut(name))
            .filter(|item| item.is_table_like())
            .ok_or_else(|| EditError::Missing(format!("{section}.{name}")))
    }

    /// Puts a domain on an allow list.
    ///
    /// # Errors
    /// Where the list is missing or has the domain.
    pub fn add_domain(&mut self, list: &str, domain: &str) -> Result<(), EditError> {
        let item = self.named("allowlists", list)?;
        if item.get("domains").is_none() {
            item["domains"] = value(Array::new());
        }
        let array = item["domains"]
            .as_array_mut()
            .ok_or_else(|| EditError::Form("domains".into()))?;
        if array.iter().any(|known| known.as_str() == Some(domain)) {
            return Err(EditError::Present(domain.into()));
        }
        // A list with one entry a line goes on that way.
        let layout = array
            .iter()
            .last()
            .and_then(|last| last.decor().prefix()?.as_str().map(str::to_owned));
        let mut entry = toml_edit::Value::from(domain);
        if let Some(prefix) = layout.filter(|prefix| prefix.contains('\n')) {
            let indent = prefix.rsplit('\n').next().unwrap_or_default();
            entry.decor_mut().set_prefix(format!("\n{indent}"));
            array.push_formatted(entry);
        } else {
            array.push(entry);
        }
        Ok(())
    }

    /// Takes a domain off an allow list.
    ///
    /// # Errors
    /// Where the list or the domain is missing.
    pub fn remove_domain(&mut self, list: &str, domain: &str) -> Result<(), EditError> {
        let item = self.named("allowlists", list)?;
        let array = item.get_mut("domains").and_then(Item::as_array_mut);
        let array = array.ok_or_else(|| EditError::Absent(domain.into()))?;
        let place = array
            .iter()
            .position(|known| known.as_str() == Some(domain));
        array.remove(place.ok_or_else(|| EditError::Absent(domain.into()))?);
        Ok(())
    }

    /// Adds a block to a policy.
    ///
    /// # Errors
    /// Where the policy is missing or blocks the domain.
    pub fn add_block(
        &mut self,
        policy: &str,
        fields: &[(&str, toml_edit::Value)],
    ) -> Result<(), EditError> {
        let item = self.named("policies", policy)?;
        if item.get("blocks").is_none() {
            item["blocks"] = Item::ArrayOfTables(toml_edit::ArrayOfTables::new());
        }
        let domain = fields
            .iter()
            .find(|(key, _)| *key == "domain")
            .and_then(|(_, value)| value.as_str());
        let domain = domain.unwrap_or_default();
        match &mut item["blocks"] {
            Item::ArrayOfTables(blocks) => {
                if blocks
                    .iter()
                    .any(|block| block.get("domain").and_then(Item::as_str) == Some(domain))
                {
                    return Err(EditError::Present(format!("the block of {domain}")));
                }
                let mut block = Table::new();
                for (key, field) in fields {
                    block[*key] = value(field.clone());
                }
                blocks.push(block);
                Ok(())
            }
            Item::Value(toml_edit::Value::Array(blocks)) => {
                let mut block = InlineTable::new();
                for (key, field) in fields {
                    block.insert(*key, field.clone());
                }
                blocks.push(block);
                Ok(())
            }
            _ => Err(EditError::Form("blocks".into())),
        }
    }

    /// Takes a block out of a policy.
    ///
    /// # Errors
    /// Where the policy or the block is missing.
    pub fn remove_block(&mut self, policy: &str, domain: &str) -> Result<(), EditError> {
        let item = self.named("policies", policy)?;
        let absent = || EditError::Absent(format!("the block of {domain}"));
        match item.get_mut("blocks") {
            Some(Item::ArrayOfTables(blocks)) => {
                let is_it =
                    |block: &Table| block.get("domain").and_then(Item::as_str) == Some(domain);
                let place = blocks.iter().position(is_it).ok_or_else(absent)?;
                blocks.remove(place);
            }
            Some(Item::Value(toml_edit::Value::Array(blocks))) => {
                let is_it = |block: &toml_edit::Value| {
                    let table = block.as_inline_table();
                    table
                        .and_then(|table| table.get("domain"))
                        .and_then(|domain| domain.as_str())
                        == Some(domain)
                };
                let place = blocks.iter().position(is_it).ok_or_else(absent)?;
                blocks.remove(place);
            }
            _ => return Err(absent()),
        }
        Ok(())
    }

    /// Adds an instance.
    ///
    /// # Errors
    /// Where the name is taken.
    pub fn add_instance(
        &mut self,
        name: &str,
        fields: &[(&str, toml_edit::Value)],
    ) -> Result<(), EditError> {
        let section = self.document.entry("instances").or_insert_with(|| {
            let mut section = Table::new();
            section.set_implicit(true);
            Item::Table(section)
        });
        let section = section
            .as_table_mut()
            .ok_or_else(|| EditError::Form("instances".into()))?;
        if section.contains_key(name) {
            return Err(EditError::Present(format!("[instances.{name}]")));
        }
        let mut instance = Table::new();
        instance.decor_mut().set_prefix("\n");
        for (key, field) in fields {
            instance[*key] = value(field.clone());
        }
        section.insert(name, Item::Table(instance));
        Ok(())
    }

    /// Takes an instance out.
    ///
    /// # Errors
    /// Where there is none of this name.
    pub fn remove_instance(&mut self, name: &str) -> Result<(), EditError> {
        self.named("instances", name)?;
        let section = self
            .document
            .get_mut("instances")
            .and_then(Item::as_table_like_mut);
        section.and_then(|section| section.remove(name));
        Ok(())
    }
}
