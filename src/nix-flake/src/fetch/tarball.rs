//! `tarball` and `file`: what lies at a URL, unpacked or as it is.

use super::archive::{Unpacked, unpack};
use super::tree::{Files, hash_disk};
use super::{Fetcher, Found, download};
use crate::error::{Error, Result};
use crate::input::{Input, Scheme};
use crate::url::{Grammar, Url};

/// The tree of an archive, unpacked in the cache.
pub(crate) struct Archive {
    /// Where it is.
    pub(crate) root: Vec<u8>,
    modified: u64,
    immutable_url: Option<String>,
}

/// Downloads and unpacks the archive at a URL.
pub(crate) fn get(fetcher: &Fetcher, url: &str, headers: &[(String, String)]) -> Result<Archive> {
    let file = download::get(&fetcher.cache, url, headers)?;
    let scratch = fetcher.cache.scratch()?;
    let Unpacked { top, modified } = unpack(&file.path, &scratch.path)?;
    let hash = hash_disk(top.as_os_str().as_encoded_bytes(), None)?;
    Ok(Archive {
        root: fetcher.cache.keep_tree(&top, hash)?,
        modified,
        immutable_url: file.immutable_url,
    })
}

pub(super) fn fetch(fetcher: &Fetcher, input: &Input) -> Result<Found> {
    let archive = get(fetcher, input.attributes.need_text("url")?, &[])?;
    let mut found = input.clone();
    if let Some(url) = &archive.immutable_url {
        found = Input::from_url(&Url::parse(url, Grammar::Strict)?, true)?;
        if found.scheme() != Some(Scheme::Tarball) {
            return Err(Error::rule(
                "tarball 'Link' headers that redirect to non-tarball URLs are not supported",
            ));
        }
    }
    add_time(&mut found, &archive);
    Ok(Found {
        input: found,
        files: Files::whole(&archive.root),
    })
}

/// Adds what an archive knows of its age.
pub(super) fn add_time(input: &mut Input, archive: &Archive) {
    if archive.modified != 0 && !input.attributes.contains("lastModified") {
        input
            .attributes
            .set_number("lastModified", archive.modified);
    }
}

pub(super) fn fetch_file(fetcher: &Fetcher, input: &Input) -> Result<Found> {
    let file = download::get(&fetcher.cache, input.attributes.need_text("url")?, &[])?;
    Ok(Found {
        input: input.clone(),
        files: Files::whole(file.path.as_os_str().as_encoded_bytes()),
    })
}
