//! `git`: a repository of Git, here or elsewhere.

use super::{Attributes, Input, is_legal_ref_name};
use crate::error::{Error, Result};
use crate::url::{Authority, Grammar, Url, application, transport};

pub(super) const ALLOWED: &[&str] = &[
    "url",
    "ref",
    "rev",
    "shallow",
    "submodules",
    "lfs",
    "exportIgnore",
    "lastModified",
    "revCount",
    "narHash",
    "allRefs",
    "name",
    "dirtyRev",
    "dirtyShortRev",
    "verifyCommit",
    "keytype",
    "publicKey",
    "publicKeys",
];

const TEXTS: &[&str] = &["rev", "ref", "keytype", "publicKey", "publicKeys"];
const SWITCHES: &[&str] = &[
    "shallow",
    "submodules",
    "lfs",
    "exportIgnore",
    "allRefs",
    "verifyCommit",
];

/// A location as Git's users write it, as a URL: `user@host:path`, a path, or a URL.
///
/// # Errors
/// Where it is none of these.
pub(crate) fn location(text: &str) -> Result<Url> {
    let mut text = text.to_owned();
    if !text.starts_with('/')
        && let Some(rewritten) = from_scp(&text)
    {
        text = rewritten;
    }
    let is_url = text.starts_with("file:") || text.starts_with("git+file:") || text.contains("://");
    if !is_url {
        let path: Vec<String> = text.split('/').map(str::to_owned).collect();
        if path[0].contains(':') {
            return Err(Error::bad_url(format!(
                "SCP-like URL '{text}' is not supported; use SSH URL syntax instead (ssh://...)"
            )));
        }
        return Ok(Url {
            scheme: "file".to_owned(),
            authority: text.starts_with('/').then(Authority::default),
            path,
            ..Url::default()
        });
    }
    let mut url = Url::parse(&text, Grammar::Strict)?;
    if application(&url.scheme) == Some("git") {
        url.scheme = transport(&url.scheme).to_owned();
    }
    Ok(url)
}

/// `user@host:path` as `ssh://user@host/path`, split at the last colon.
fn from_scp(text: &str) -> Option<String> {
    let (before, path) = text.rsplit_once(':')?;
    let (user, host) = before.rsplit_once('@')?;
    let (user, host) = if user.contains('/') {
        before.split_once('@')?
    } else {
        (user, host)
    };
    (!user.contains('/')).then(|| format!("ssh://{user}@{host}/{path}"))
}

pub(super) fn from_url(url: &Url) -> Result<Option<Attributes>> {
    if url.scheme != "git" && application(&url.scheme) != Some("git") {
        return Ok(None);
    }
    let mut attributes = Attributes::of_texts(&[("type", "git")]);
    let mut location = url.clone();
    location.query.clear();
    for (name, value) in &url.query {
        if TEXTS.contains(&name.as_str()) {
            attributes.set(name, value);
        } else if SWITCHES.contains(&name.as_str()) {
            attributes.set_truth(name, value == "1");
        } else {
            location.query.insert(name.clone(), value.clone());
        }
    }
    attributes.set("url", &location.to_string());
    check(&mut attributes)?;
    Ok(Some(attributes))
}

pub(super) fn check(attributes: &mut Attributes) -> Result<()> {
    for name in ["verifyCommit", "keytype", "publicKey", "publicKeys"] {
        if attributes.contains(name) {
            return Err(Error::rule(
                "experimental Nix feature 'verified-fetches' is disabled; add \
                 '--extra-experimental-features verified-fetches' to enable it",
            ));
        }
    }
    if let Some(branch) = attributes.text("ref")?
        && !is_legal_ref_name(branch)
    {
        return Err(Error::bad_url(format!(
            "invalid Git branch/tag name '{branch}'"
        )));
    }
    let url = location(attributes.need_text("url")?)?.to_string();
    attributes.set("url", &url);
    for name in ["shallow", "submodules", "allRefs"] {
        attributes.truth(name)?;
    }
    Ok(())
}

pub(super) fn to_url(input: &Input) -> Result<Url> {
    let attributes = &input.attributes;
    let mut url = Url::parse(attributes.need_text("url")?, Grammar::Strict)?;
    if url.scheme != "git" {
        url.scheme = format!("git+{}", url.scheme);
    }
    if let Some(rev) = input.revision()? {
        url.query.insert("rev".to_owned(), rev);
    }
    if let Some(branch) = attributes.text("ref")? {
        url.query.insert("ref".to_owned(), branch.to_owned());
    }
    for name in ["shallow", "lfs", "submodules", "exportIgnore"] {
        if attributes.is_set(name)? {
            url.query.insert(name.to_owned(), "1".to_owned());
        }
    }
    Ok(url)
}
