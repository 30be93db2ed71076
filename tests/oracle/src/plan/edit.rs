//! An edit of a fleet as a file of data.

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

/// What somebody changes in a fleet's files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// In words.
    pub what: String,
    #[serde(default)]
    replace: Vec<Replace>,
    #[serde(default)]
    cut: Vec<Replace>,
    #[serde(default)]
    append: Vec<Text>,
    #[serde(default)]
    create: Vec<Text>,
    #[serde(default)]
    remove: Vec<Gone>,
}

/// A text gives way to another; for a cut, everything from one up to the other goes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replace {
    file: String,
    from: String,
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    file: String,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    file: String,
}

impl Edit {
    /// Reads an edit.
    ///
    /// # Errors
    /// Where it cannot be read, or is none.
    pub fn read(path: &Path) -> io::Result<Self> {
        toml::from_str(&fs::read_to_string(path)?).map_err(io::Error::other)
    }

    /// Makes it in a folder.
    ///
    /// # Errors
    /// Where a file cannot be read or written, or a text to be replaced is not in it.
    pub fn apply(&self, folder: &Path) -> io::Result<()> {
        for gone in &self.remove {
            fs::remove_file(folder.join(&gone.file))?;
        }
        for text in &self.create {
            let at = folder.join(&text.file);
            if let Some(parent) = at.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(at, &text.text)?;
        }
        for text in &self.append {
            let at = folder.join(&text.file);
            fs::write(&at, fs::read_to_string(&at)? + &text.text)?;
        }
        let missing = |replace: &Replace| {
            io::Error::other(format!("{} does not have {:?}", replace.file, replace.from))
        };
        for replace in &self.replace {
            let at = folder.join(&replace.file);
            let text = fs::read_to_string(&at)?;
            if !text.contains(&replace.from) {
                return Err(missing(replace));
            }
            fs::write(at, text.replacen(&replace.from, &replace.to, 1))?;
        }
        for cut in &self.cut {
            let at = folder.join(&cut.file);
            let text = fs::read_to_string(&at)?;
            let start = text.find(&cut.from).ok_or_else(|| missing(cut))?;
            let end = text[start..].find(&cut.to).ok_or_else(|| missing(cut))? + start;
            fs::write(at, format!("{}{}", &text[..start], &text[end..]))?;
        }
        Ok(())
    }
}
