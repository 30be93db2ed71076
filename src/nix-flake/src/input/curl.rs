//! `tarball` and `file`: what a server, or this machine, gives for a URL.

use super::{Attributes, Input, add_nar_hash};
use crate::error::Result;
use crate::url::{Grammar, Url, application, transport};

pub(super) const ALLOWED: &[&str] = &[
    "url",
    "narHash",
    "name",
    "unpack",
    "rev",
    "revCount",
    "lastModified",
];

const ARCHIVES: &[&str] = &[
    ".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst",
];

fn is_archive(url: &Url) -> bool {
    let last = url.path.last();
    last.is_some_and(|name| ARCHIVES.iter().any(|ending| name.ends_with(ending)))
}

fn is_transported(url: &Url) -> bool {
    ["file", "http", "https"].contains(&transport(&url.scheme))
}

pub(super) fn is_file(url: &Url, require_tree: bool) -> bool {
    is_transported(url)
        && match application(&url.scheme) {
            Some(application) => application == "file",
            None => !require_tree && !is_archive(url),
        }
}

pub(super) fn is_tarball(url: &Url, require_tree: bool) -> bool {
    is_transported(url)
        && match application(&url.scheme) {
            Some(application) => application == "tarball",
            None => require_tree || is_archive(url),
        }
}

pub(super) fn from_url(kind: &str, url: &Url, is_valid: bool) -> Option<Attributes> {
    if !is_valid {
        return None;
    }
    let mut attributes = Attributes::of_texts(&[("type", kind)]);
    for name in ["narHash", "rev"] {
        if let Some(text) = url.query.get(name) {
            attributes.set(name, text);
        }
    }
    for name in ["revCount", "lastModified"] {
        if let Some(Ok(number)) = url.query.get(name).map(|text| text.parse()) {
            attributes.set_number(name, number);
        }
    }
    let mut location = url.clone();
    transport(&url.scheme).clone_into(&mut location.scheme);
    location
        .query
        .retain(|name, _| !ALLOWED.contains(&name.as_str()));
    attributes.set("url", &location.to_string());
    Some(attributes)
}

pub(super) fn to_url(input: &Input) -> Result<Url> {
    let mut url = Url::parse(input.attributes.need_text("url")?, Grammar::Strict)?;
    add_nar_hash(input, &mut url)?;
    Ok(url)
}
