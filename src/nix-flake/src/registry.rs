//! Registries: what names stand for (`libfetchers/registry.cc`). Entries of the user's registry come
//! before the system's, those before the global one.

use std::path::PathBuf;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::fetch::{Fetcher, download};
use crate::input::{Attributes, Input};

/// The registry that holds for everybody, unless told otherwise.
const GLOBAL: &str = "https://channels.nixos.org/flake-registry.json";
/// More look-ups than this are a circle.
const MAX_LOOKUPS: usize = 100;

/// Which registries may be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// All.
    All,
    /// The global one.
    Limited,
    /// None.
    No,
}

#[derive(Clone)]
struct Entry {
    from: Input,
    to: Input,
    folder: Option<String>,
    is_exact: bool,
}

/// Where registries are, and their entries once they were read.
#[derive(Clone)]
pub struct Registries {
    files: Vec<PathBuf>,
    global: String,
    own: Option<Vec<Entry>>,
    shared: Option<Vec<Entry>>,
}

impl Default for Registries {
    /// `~/.config/nix/registry.json`, `/etc/nix/registry.json` and the global registry of NixOS.
    fn default() -> Self {
        let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
        let mut files = Vec::new();
        files.extend(config.or_else(home).map(|at| at.join("nix/registry.json")));
        files.push("/etc/nix/registry.json".into());
        Self {
            files,
            global: GLOBAL.to_owned(),
            own: None,
            shared: None,
        }
    }
}

impl Registries {
    /// Registries in these files, and a global one at an absolute path or a URL; empty for none.
    #[must_use]
    pub fn new(files: Vec<PathBuf>, global: &str) -> Self {
        Self {
            files,
            global: global.to_owned(),
            own: None,
            shared: None,
        }
    }
}

fn entries(text: &str) -> Result<Vec<Entry>> {
    let document: Value = serde_json::from_str(text).map_err(|e| Error::rule(e.to_string()))?;
    if document.get("version").and_then(Value::as_u64) != Some(2) {
        return Err(Error::rule("it has an unsupported version"));
    }
    let flakes = document.get("flakes").and_then(Value::as_array);
    let mut entries = Vec::new();
    for flake in flakes.into_iter().flatten() {
        let part = |name: &str| Attributes::from_value(flake.get(name).unwrap_or(&Value::Null));
        let mut to = part("to")?;
        let folder = to.text("dir")?.map(str::to_owned);
        to.remove("dir");
        entries.push(Entry {
            from: Input::from_attributes(part("from")?)?,
            to: Input::from_attributes(to)?,
            folder,
            is_exact: flake.get("exact").and_then(Value::as_bool).unwrap_or(false),
        });
    }
    Ok(entries)
}

impl Entry {
    fn covers(&self, input: &Input) -> bool {
        if self.is_exact || self.from == *input {
            return self.from == *input;
        }
        let mut bare = input.clone();
        bare.attributes.remove("ref");
        bare.attributes.remove("rev");
        self.from == bare
    }

    fn apply(&self, input: &Input) -> Result<Input> {
        if self.is_exact {
            return Ok(self.to.clone());
        }
        let wanted = |name: &str| -> Result<Option<String>> {
            let text = input.attributes.text(name)?;
            let is_new = !self.from.attributes.contains(name);
            Ok(text.filter(|_| is_new).map(str::to_owned))
        };
        self.to
            .with_overrides(wanted("ref")?.as_deref(), wanted("rev")?.as_deref())
    }
}

impl Fetcher {
    fn read_registries(&mut self, lookup: Lookup) {
        if lookup == Lookup::All && self.registries.own.is_none() {
            let mut own = Vec::new();
            for file in &self.registries.files {
                if let Ok(text) = std::fs::read_to_string(file) {
                    match entries(&text) {
                        Ok(found) => own.extend(found),
                        Err(error) => self.warnings.push(format!(
                            "cannot read flake registry '{}': {error}",
                            file.display()
                        )),
                    }
                }
            }
            self.registries.own = Some(own);
        }
    }

    fn read_global_registry(&mut self) -> Result<()> {
        if self.registries.shared.is_some() {
            return Ok(());
        }
        let global = self.registries.global.clone();
        let text = if global.is_empty() {
            "{\"version\":2,\"flakes\":[]}".to_owned()
        } else if global.starts_with('/') {
            std::fs::read_to_string(&global)
                .map_err(Error::io(format!("cannot read flake registry '{global}'")))?
        } else {
            let file = download::get(&self.cache, &global, &[])?;
            std::fs::read_to_string(&file.path)
                .map_err(Error::io(format!("cannot read flake registry '{global}'")))?
        };
        let found = entries(&text).map_err(|error| {
            Error::rule(format!("cannot read flake registry '{global}': {error}"))
        })?;
        self.registries.shared = Some(found);
        Ok(())
    }

    fn find_entry(&self, input: &Input, lookup: Lookup) -> Result<Option<(Input, Option<String>)>> {
        let own = self.registries.own.iter().filter(|_| lookup == Lookup::All);
        let entries = own.chain(&self.registries.shared).flatten();
        for entry in entries {
            if entry.covers(input) {
                return Ok(Some((entry.apply(input)?, entry.folder.clone())));
            }
        }
        Ok(None)
    }

    /// What a name stands for, with the folder of the flake where the registry knows it. An input
    /// that is none, and that no registry replaces, stands for itself.
    pub(crate) fn look_up(
        &mut self,
        input: &Input,
        lookup: Lookup,
    ) -> Result<(Input, Option<String>)> {
        if input.is_direct() {
            return Ok((input.clone(), None));
        }
        if lookup == Lookup::No {
            return Err(Error::rule(format!(
                "'{}' is an indirect flake reference, but registry lookups are not allowed",
                input.show()
            )));
        }
        self.read_registries(lookup);
        let (mut found, mut folder) = (input.clone(), None);
        for _ in 0..MAX_LOOKUPS {
            let mut next = self.find_entry(&found, lookup)?;
            if next.is_none() && !found.is_direct() {
                self.read_global_registry()?;
                next = self.find_entry(&found, lookup)?;
            }
            match next {
                Some((input, new_folder)) => (found, folder) = (input, new_folder),
                None if found.is_direct() => return Ok((found, folder)),
                None => {
                    return Err(Error::rule(format!(
                        "cannot find flake '{}' in the flake registries",
                        found.show()
                    )));
                }
            }
        }
        Err(Error::rule(format!(
            "cycle detected in flake registry for '{}'",
            input.show()
        )))
    }
}
