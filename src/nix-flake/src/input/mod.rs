//! Inputs: where a source comes from, by attributes or as a URL (`libfetchers/fetchers.cc`). Nothing
//! here fetches.

mod attributes;
mod curl;
mod forge;
mod git;
mod indirect;
mod mercurial;
mod path;
mod ref_name;

use nix_store::hash::{Algorithm, Encoding, Hash};

pub use attributes::Attributes;
pub(crate) use indirect::is_flake_id as is_legal_flake_id;
pub use nix_eval::world::InputAttribute as Attribute;
pub use ref_name::is_legal_ref_name;

use crate::error::{Error, Result};
use crate::url::{Url, application, transport};

/// The attribute that says that nothing may be added to the others: they come from a lock file.
pub(crate) const FINAL: &str = "__final";

/// Where a source comes from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Input {
    /// Its attributes, `type` among them.
    pub attributes: Attributes,
}

/// The kinds of input, by `type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// `file`: one file.
    File,
    /// `git`: a repository.
    Git,
    /// `github`, `gitlab`, `sourcehut`: archives of a forge.
    Forge(Forge),
    /// `hg`: a repository of Mercurial.
    Mercurial,
    /// `indirect`: a name in a registry.
    Indirect,
    /// `path`: a folder.
    Path,
    /// `tarball`: an archive.
    Tarball,
}

/// The forges whose archives Nix knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forge {
    /// `github`
    GitHub,
    /// `gitlab`
    GitLab,
    /// `sourcehut`
    SourceHut,
}

/// All schemes by name, in the order in which Nix tries them on a URL.
const SCHEMES: [(&str, Scheme); 9] = [
    ("file", Scheme::File),
    ("git", Scheme::Git),
    ("github", Scheme::Forge(Forge::GitHub)),
    ("gitlab", Scheme::Forge(Forge::GitLab)),
    ("hg", Scheme::Mercurial),
    ("indirect", Scheme::Indirect),
    ("path", Scheme::Path),
    ("sourcehut", Scheme::Forge(Forge::SourceHut)),
    ("tarball", Scheme::Tarball),
];

impl Scheme {
    fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::File | Self::Tarball => curl::ALLOWED,
            Self::Git => git::ALLOWED,
            Self::Forge(_) => forge::ALLOWED,
            Self::Mercurial => mercurial::ALLOWED,
            Self::Indirect => indirect::ALLOWED,
            Self::Path => path::ALLOWED,
        }
    }

    /// Whether it can be used only with the experimental feature `flakes`.
    fn needs_flakes(self) -> bool {
        matches!(self, Self::Forge(_) | Self::Indirect | Self::Path)
    }

    fn read_url(self, name: &str, url: &Url, require_tree: bool) -> Result<Option<Attributes>> {
        match self {
            Self::File => Ok(curl::from_url(name, url, curl::is_file(url, require_tree))),
            Self::Tarball => Ok(curl::from_url(
                name,
                url,
                curl::is_tarball(url, require_tree),
            )),
            Self::Git => git::from_url(url),
            Self::Forge(_) => forge::from_url(name, url),
            Self::Mercurial => mercurial::from_url(url),
            Self::Indirect => indirect::from_url(url),
            Self::Path => path::from_url(url),
        }
    }
}

impl Input {
    /// The input that a URL names; with `require_tree` a URL without a telling ending is taken as
    /// an archive.
    ///
    /// # Errors
    /// Where no scheme knows the URL, or its scheme finds it wrong.
    pub fn from_url(url: &Url, require_tree: bool) -> Result<Self> {
        for (name, scheme) in SCHEMES {
            if let Some(attributes) = scheme.read_url(name, url, require_tree)? {
                let input = Self { attributes };
                input.check_common()?;
                return Ok(input);
            }
        }
        if application(&url.scheme) == Some("file") && transport(&url.scheme) == "git" {
            return Err(Error::rule(format!(
                "input '{url}' is unsupported; did you mean 'git+file' instead of 'file+git'?"
            )));
        }
        Err(Error::rule(format!("input '{url}' is unsupported")))
    }

    /// The input with these attributes. One of an unknown type is kept as it is.
    ///
    /// # Errors
    /// Where the type is missing, or finds an attribute wrong.
    pub fn from_attributes(attributes: Attributes) -> Result<Self> {
        let Some(name) = attributes.text("type")?.map(str::to_owned) else {
            return Err(Error::rule(
                "'type' attribute to specify input scheme is required but not provided",
            ));
        };
        let mut input = Self { attributes };
        if let Some(scheme) = scheme_of(&name) {
            for attribute in input.attributes.names() {
                let known = attribute == "type"
                    || attribute == FINAL
                    || scheme.allowed().contains(&attribute);
                if !known {
                    return Err(Error::rule(format!(
                        "input attribute '{attribute}' not supported by scheme '{name}'"
                    )));
                }
            }
            match scheme {
                Scheme::File | Scheme::Tarball => {}
                Scheme::Git => git::check(&mut input.attributes)?,
                Scheme::Forge(_) => forge::check(&input.attributes)?,
                Scheme::Mercurial => mercurial::check(&input.attributes)?,
                Scheme::Indirect => indirect::check(&input.attributes)?,
                Scheme::Path => {
                    input.attributes.need_text("path")?;
                }
            }
        }
        input.check_common()?;
        Ok(input)
    }

    fn check_common(&self) -> Result<()> {
        self.attributes.need_text("type")?;
        self.attributes.text("ref")?;
        self.attributes.number("revCount")?;
        self.attributes.number("lastModified")?;
        Ok(())
    }

    /// Its scheme, where Nix knows it.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        scheme_of(self.kind())
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.attributes.text("type").ok().flatten().unwrap_or("")
    }

    /// Whether it can be used only with the experimental feature `flakes`.
    #[must_use]
    pub fn needs_flakes(&self) -> bool {
        self.scheme().is_some_and(Scheme::needs_flakes)
    }

    /// The input as a URL.
    ///
    /// # Errors
    /// Where its scheme is unknown or an attribute is wrong.
    pub fn to_url(&self) -> Result<Url> {
        let Some(scheme) = self.scheme() else {
            return Err(Error::rule(format!(
                "cannot show unsupported input '{}'",
                self.attributes.to_json()
            )));
        };
        match scheme {
            Scheme::File | Scheme::Tarball => curl::to_url(self),
            Scheme::Git => git::to_url(self),
            Scheme::Forge(_) => forge::to_url(self),
            Scheme::Mercurial => mercurial::to_url(self),
            Scheme::Indirect => indirect::to_url(self),
            Scheme::Path => path::to_url(self),
        }
    }

    /// The input as text for messages: its URL, or its attributes where it has none.
    #[must_use]
    pub fn show(&self) -> String {
        self.to_url()
            .map_or_else(|_| self.attributes.to_json(), |url| url.to_string())
    }

    /// Whether the input always means the same tree (`InputScheme::isLocked`).
    #[must_use]
    pub fn is_locked(&self) -> bool {
        let has = |name: &str| self.attributes.contains(name);
        match self.scheme() {
            Some(Scheme::File | Scheme::Tarball | Scheme::Path) => has("narHash"),
            Some(Scheme::Forge(_) | Scheme::Mercurial) => has("rev"),
            Some(Scheme::Git) => matches!(self.revision(), Ok(Some(rev)) if rev != NULL_REVISION),
            Some(Scheme::Indirect) | None => false,
        }
    }

    /// Whether it names a source, not a name in a registry.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.scheme() != Some(Scheme::Indirect)
    }

    /// Whether nothing may be added to its attributes.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self.attributes.truth(FINAL), Ok(Some(true)))
    }

    /// The path of a `path` input that is relative to the flake which names it.
    #[must_use]
    pub fn relative_path(&self) -> Option<&str> {
        if self.scheme() != Some(Scheme::Path) {
            return None;
        }
        let path = self.attributes.text("path").ok().flatten()?;
        (!path.starts_with('/')).then_some(path)
    }

    /// `narHash`.
    ///
    /// # Errors
    /// Where it is no SHA-256 in SRI form.
    pub fn nar_hash(&self) -> Result<Option<Hash>> {
        let Some(text) = self.attributes.text("narHash")? else {
            return Ok(None);
        };
        let hash = if text.is_empty() {
            Hash::zero(Algorithm::Sha256)
        } else {
            Hash::parse_sri(text.as_bytes())?
        };
        if hash.algorithm() != Algorithm::Sha256 {
            return Err(Error::rule("narHash must use SHA-256"));
        }
        Ok(Some(hash))
    }

    /// `rev`, as hexadecimal digits.
    ///
    /// # Errors
    /// Where it is no hash.
    pub fn revision(&self) -> Result<Option<String>> {
        let Some(text) = self.attributes.text("rev")? else {
            return Ok(None);
        };
        let hash = Hash::parse_any(text.as_bytes(), None)
            .or_else(|_| Hash::parse_any(text.as_bytes(), Some(Algorithm::Sha1)))?;
        Ok(Some(hash.encode(Encoding::Base16)))
    }

    /// The name of its store path.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.attributes.text("name").ok().flatten();
        name.unwrap_or("source")
    }

    /// The input with another branch or revision, as registries and references add them.
    ///
    /// # Errors
    /// Where the scheme cannot have them.
    pub fn with_overrides(&self, branch: Option<&str>, rev: Option<&str>) -> Result<Self> {
        let mut changed = self.clone();
        let attributes = &mut changed.attributes;
        match self.scheme() {
            Some(Scheme::Forge(_)) => {
                if let (Some(branch), Some(rev)) = (branch, rev) {
                    return Err(Error::bad_url(format!(
                        "cannot apply both a commit hash ({rev}) and a branch/tag name \
                         ('{branch}') to input '{}'",
                        self.show()
                    )));
                }
                if let Some(rev) = rev {
                    attributes.set("rev", rev);
                    attributes.remove("ref");
                }
                if let Some(branch) = branch {
                    attributes.set("ref", branch);
                    attributes.remove("rev");
                }
            }
            Some(Scheme::Git | Scheme::Indirect | Scheme::Mercurial) => {
                if let Some(rev) = rev {
                    attributes.set("rev", rev);
                }
                if let Some(branch) = branch {
                    attributes.set("ref", branch);
                }
                let headless = attributes.contains("rev") && !attributes.contains("ref");
                if headless && self.scheme() == Some(Scheme::Git) {
                    return Err(Error::rule(format!(
                        "Git input '{}' has a commit hash but no branch/tag name",
                        changed.show()
                    )));
                }
            }
            _ => {
                if let Some(branch) = branch {
                    return Err(Error::rule(format!(
                        "don't know how to set branch/tag name of input '{}' to '{branch}'",
                        self.show()
                    )));
                }
                if let Some(rev) = rev {
                    return Err(Error::rule(format!(
                        "don't know how to set revision of input '{}' to '{rev}'",
                        self.show()
                    )));
                }
            }
        }
        Ok(changed)
    }
}

/// What stands for the revision of a repository without commits.
pub(crate) const NULL_REVISION: &str = "0000000000000000000000000000000000000000";

fn scheme_of(name: &str) -> Option<Scheme> {
    SCHEMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, scheme)| *scheme)
}

/// `narHash` as printed URLs carry it.
fn add_nar_hash(input: &Input, url: &mut Url) -> Result<()> {
    if let Some(hash) = input.nar_hash()? {
        url.query
            .insert("narHash".to_owned(), hash.encode(Encoding::Sri));
    }
    Ok(())
}

/// Whether a text is a revision: forty hexadecimal digits.
pub(crate) fn is_revision(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An attribute as a parameter of a URL.
fn query_text(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Text(text) => text.clone(),
        Attribute::Number(number) => number.to_string(),
        Attribute::Truth(truth) => if *truth { "1" } else { "0" }.to_owned(),
    }
}
