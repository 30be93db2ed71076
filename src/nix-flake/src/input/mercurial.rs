//! `hg`: a repository of Mercurial.

use super::{Attributes, Input};
use crate::error::{Error, Result};
use crate::url::{Grammar, Url};

pub(super) const ALLOWED: &[&str] = &["url", "ref", "rev", "revCount", "narHash", "name"];

pub(super) fn from_url(url: &Url) -> Result<Option<Attributes>> {
    let Some(scheme) = url.scheme.strip_prefix("hg+") else {
        return Ok(None);
    };
    if !["http", "https", "ssh", "file"].contains(&scheme) {
        return Ok(None);
    }
    let mut attributes = Attributes::of_texts(&[("type", "hg")]);
    let mut location = url.clone();
    scheme.clone_into(&mut location.scheme);
    location.query.clear();
    for (name, value) in &url.query {
        if name == "rev" || name == "ref" {
            attributes.set(name, value);
        } else {
            location.query.insert(name.clone(), value.clone());
        }
    }
    attributes.set("url", &location.to_string());
    check(&attributes)?;
    Ok(Some(attributes))
}

fn is_branch(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'@';
    bytes.next().is_some_and(first) && bytes.all(|byte| first(byte) || b"_./+-".contains(&byte))
}

pub(super) fn check(attributes: &Attributes) -> Result<()> {
    Url::parse(attributes.need_text("url")?, Grammar::Strict)?;
    match attributes.text("ref")? {
        Some(branch) if !is_branch(branch) => Err(Error::bad_url(format!(
            "invalid Mercurial branch/tag name '{branch}'"
        ))),
        _ => Ok(()),
    }
}

pub(super) fn to_url(input: &Input) -> Result<Url> {
    let mut url = Url::parse(input.attributes.need_text("url")?, Grammar::Strict)?;
    url.scheme = format!("hg+{}", url.scheme);
    if let Some(rev) = input.revision()? {
        url.query.insert("rev".to_owned(), rev);
    }
    if let Some(branch) = input.attributes.text("ref")? {
        url.query.insert("ref".to_owned(), branch.to_owned());
    }
    Ok(url)
}
