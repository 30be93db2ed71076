//! Folders of this machine.

use nix_eval::path::canonical;

use super::stamp::{self, Stamp};
use super::tree::{self, Files};
use super::{Fetcher, Found};
use crate::error::{Error, Result};
use crate::input::Input;

/// The folder, and what it looks like where that had to be looked at.
pub(super) fn fetch(fetcher: &Fetcher, input: &Input) -> Result<(Found, Option<Stamp>)> {
    let path = input.attributes.need_text("path")?;
    if !path.starts_with('/') {
        return Err(Error::rule(format!(
            "cannot fetch input '{}' because it uses a relative path",
            input.show()
        )));
    }
    let root = canonical(path.as_bytes());
    let mut input = input.clone();
    let mut stamp = None;
    if !input.attributes.contains("lastModified") {
        let in_store = fetcher
            .store
            .parse(&root)
            .is_ok_and(|path| path.name() == "source");
        let modified = if in_store || fetcher.memory_at(&root).is_some() {
            0
        } else {
            stamp = stamp::stamp(&fetcher.cache, &root);
            match &stamp {
                Some(stamp) => u64::try_from(stamp.modified()).unwrap_or(0),
                None => tree::last_change(&root)?,
            }
        };
        input.attributes.set_number("lastModified", modified);
    }
    let files = Files::whole(&root);
    Ok((Found { input, files }, stamp))
}
