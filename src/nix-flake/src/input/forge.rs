//! `github`, `gitlab` and `sourcehut`: archives that forges make of a revision.

use nix_store::hash::{Algorithm, Hash};

use super::{Attributes, Input, add_nar_hash, is_legal_ref_name, is_revision};
use crate::error::{Error, Result};
use crate::url::Url;

pub(super) const ALLOWED: &[&str] = &[
    "owner",
    "repo",
    "ref",
    "rev",
    "narHash",
    "lastModified",
    "host",
    "treeHash",
];

pub(super) fn from_url(name: &str, url: &Url) -> Result<Option<Attributes>> {
    if url.scheme != name {
        return Ok(None);
    }
    let (mut branch, mut rev) = (None, None);
    let segments = url.segments();
    let (owner, repo) = match segments[..] {
        [owner, repo] => (owner, repo),
        [owner, repo, text] if is_revision(text) => {
            rev = Some(text.to_owned());
            (owner, repo)
        }
        [owner, repo, ref rest @ ..] => {
            branch = Some(rest.join("/"));
            (owner, repo)
        }
        _ => return Err(Error::bad_url(format!("URL '{url}' is invalid"))),
    };
    let mut attributes = Attributes::of_texts(&[("type", name), ("owner", owner), ("repo", repo)]);
    for (name, value) in &url.query {
        let (slot, what) = match name.as_str() {
            "rev" => (&mut rev, "commit hashes"),
            "ref" => (&mut branch, "branch/tag names"),
            "host" | "narHash" => {
                attributes.set(name, value);
                continue;
            }
            _ => continue,
        };
        if slot.is_some() {
            return Err(Error::bad_url(format!(
                "URL '{url}' contains multiple {what}"
            )));
        }
        *slot = Some(value.clone());
    }
    if let Some(rev) = rev {
        attributes.set("rev", &rev);
    }
    if let Some(branch) = branch {
        attributes.set("ref", &branch);
    }
    check(&attributes)?;
    Ok(Some(attributes))
}

pub(super) fn check(attributes: &Attributes) -> Result<()> {
    attributes.need_text("owner")?;
    attributes.need_text("repo")?;
    let (branch, rev) = (attributes.text("ref")?, attributes.text("rev")?);
    if let (Some(branch), Some(rev)) = (branch, rev) {
        return Err(Error::bad_url(format!(
            "input {} contains both a commit hash ('{rev}') and a branch/tag name ('{branch}')",
            attributes.to_json()
        )));
    }
    if let Some(rev) = rev {
        Hash::parse_any(rev.as_bytes(), Some(Algorithm::Sha1))?;
    }
    if branch.is_some_and(|branch| !is_legal_ref_name(branch)) {
        return Err(Error::bad_url(format!(
            "input {} contains an invalid branch/tag name",
            attributes.to_json()
        )));
    }
    let legal_host = |host: &str| {
        host.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    };
    if attributes
        .text("host")?
        .is_some_and(|host| !legal_host(host))
    {
        return Err(Error::bad_url(format!(
            "input {} contains an invalid instance host",
            attributes.to_json()
        )));
    }
    Ok(())
}

pub(super) fn to_url(input: &Input) -> Result<Url> {
    let attributes = &input.attributes;
    let mut path = vec![
        attributes.need_text("owner")?.to_owned(),
        attributes.need_text("repo")?.to_owned(),
    ];
    path.extend(attributes.text("ref")?.map(str::to_owned));
    path.extend(input.revision()?);
    let mut url = Url {
        scheme: input.kind().to_owned(),
        path,
        ..Url::default()
    };
    add_nar_hash(input, &mut url)?;
    if let Some(host) = attributes.text("host")? {
        url.query.insert("host".to_owned(), host.to_owned());
    }
    Ok(url)
}
