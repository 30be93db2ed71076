//! `indirect`: a name that a registry knows.

use super::{Attributes, Input, is_legal_ref_name, is_revision};
use crate::error::{Error, Result};
use crate::url::Url;

pub(super) const ALLOWED: &[&str] = &["id", "ref", "rev", "narHash"];

/// Whether a text may name a flake: a letter, then letters, digits, `_` and `-`.
pub(crate) fn is_flake_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

pub(super) fn from_url(url: &Url) -> Result<Option<Attributes>> {
    if url.scheme != "flake" {
        return Ok(None);
    }
    let no_branch = |text: &str| {
        Error::bad_url(format!(
            "in flake URL '{url}', '{text}' is not a branch/tag name"
        ))
    };
    let (id, branch, rev) = match url.segments()[..] {
        [id] => (id, None, None),
        [id, text] if is_revision(text) => (id, None, Some(text)),
        [id, text] if is_legal_ref_name(text) => (id, Some(text), None),
        [_, text] => {
            return Err(Error::bad_url(format!(
                "in flake URL '{url}', '{text}' is not a commit hash or branch/tag name"
            )));
        }
        [_, branch, _] if !is_legal_ref_name(branch) => return Err(no_branch(branch)),
        [_, _, rev] if !is_revision(rev) => {
            return Err(Error::bad_url(format!(
                "in flake URL '{url}', '{rev}' is not a commit hash"
            )));
        }
        [id, branch, rev] => (id, Some(branch), Some(rev)),
        _ => return Err(Error::bad_url(format!("GitHub URL '{url}' is invalid"))),
    };
    check_id(id)?;
    let mut attributes = Attributes::of_texts(&[("type", "indirect"), ("id", id)]);
    if let Some(rev) = rev {
        attributes.set("rev", &rev.to_ascii_lowercase());
    }
    if let Some(branch) = branch {
        attributes.set("ref", branch);
    }
    Ok(Some(attributes))
}

fn check_id(id: &str) -> Result<()> {
    if is_flake_id(id) {
        Ok(())
    } else {
        Err(Error::bad_url(format!("'{id}' is not a valid flake ID")))
    }
}

pub(super) fn check(attributes: &Attributes) -> Result<()> {
    check_id(attributes.need_text("id")?)
}

pub(super) fn to_url(input: &Input) -> Result<Url> {
    let mut path = vec![input.attributes.need_text("id")?.to_owned()];
    path.extend(input.attributes.text("ref")?.map(str::to_owned));
    path.extend(input.revision()?);
    Ok(Url {
        scheme: "flake".to_owned(),
        path,
        ..Url::default()
    })
}
