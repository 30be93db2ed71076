//! `path`: a folder of this machine, or of the flake that names it.

use super::{Attributes, FINAL, Input};
use crate::error::{Error, Result};
use crate::url::Url;

pub(super) const ALLOWED: &[&str] = &["path", "rev", "revCount", "lastModified", "narHash"];

pub(super) fn from_url(url: &Url) -> Result<Option<Attributes>> {
    if url.scheme != "path" {
        return Ok(None);
    }
    if let Some(authority) = &url.authority
        && !authority.host.is_empty()
    {
        return Err(Error::rule(format!(
            "path URL '{url}' should not have an authority ('{authority}')"
        )));
    }
    let mut attributes = Attributes::of_texts(&[("type", "path"), ("path", &url.file_path()?)]);
    for (name, value) in &url.query {
        match name.as_str() {
            "rev" | "narHash" => attributes.set(name, value),
            "revCount" | "lastModified" => {
                let number = value.parse().map_err(|_| {
                    Error::rule(format!("path URL '{url}' has invalid parameter '{name}'"))
                })?;
                attributes.set_number(name, number);
            }
            _ => {
                return Err(Error::rule(format!(
                    "path URL '{url}' has unsupported parameter '{name}'"
                )));
            }
        }
    }
    Ok(Some(attributes))
}

pub(super) fn to_url(input: &Input) -> Result<Url> {
    let path = input.attributes.need_text("path")?;
    let mut url = Url {
        scheme: "path".to_owned(),
        path: path.split('/').map(str::to_owned).collect(),
        ..Url::default()
    };
    for (name, attribute) in &input.attributes.0 {
        if !["path", "type", FINAL].contains(&name.as_str()) {
            url.query.insert(name.clone(), super::query_text(attribute));
        }
    }
    Ok(url)
}
