//! Flake references: an input and the folder of the flake in it, as URL, as attributes, or as a
//! path that a user typed (`libflake/flakeref.cc`).

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix_eval::path::canonical;

use crate::error::{Error, Result};
use crate::input::{Attributes, Input, Scheme, is_legal_flake_id, is_revision};
use crate::url::{Authority, Grammar, Url, decode_lenient_query, path_parts, percent_decode};

/// Where a flake is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FlakeRef {
    /// The source it is in.
    pub input: Input,
    /// Its folder there; empty for the top.
    pub subdir: String,
}

/// How a text is read as a flake reference.
#[derive(Clone, Copy, Default)]
pub struct ParseOptions<'a> {
    /// Where relative paths start, on a command line. Elsewhere they are errors, or kept.
    pub base: Option<&'a Path>,
    /// Do not ask for a `flake.nix` at a path.
    pub allow_missing: bool,
    /// Whether it is not a flake that is meant, but any source.
    pub any_source: bool,
    /// Keep relative paths, as those in `flake.nix` are.
    pub keep_relative: bool,
}

impl FlakeRef {
    /// Reads a reference, with what follows its `#`.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse_with_fragment(text: &str, options: ParseOptions<'_>) -> Result<(Self, String)> {
        if let Some(found) = parse_id(text)? {
            return Ok(found);
        }
        match parse_url(text, options) {
            Err(Error::BadUrl(_)) => parse_path(text, options),
            other => other,
        }
    }

    /// Reads a reference.
    ///
    /// # Errors
    /// Where it is none, or has a fragment.
    pub fn parse(text: &str, options: ParseOptions<'_>) -> Result<Self> {
        let (reference, fragment) = Self::parse_with_fragment(text, options)?;
        if fragment.is_empty() {
            Ok(reference)
        } else {
            Err(Error::rule(format!(
                "unexpected fragment '{fragment}' in flake reference '{text}'"
            )))
        }
    }

    /// The reference with these attributes.
    ///
    /// # Errors
    /// As [`Input::from_attributes`].
    pub fn from_attributes(attributes: &Attributes) -> Result<Self> {
        let mut of_input = attributes.clone();
        of_input.remove("dir");
        Ok(Self {
            input: Input::from_attributes(of_input)?,
            subdir: attributes.text("dir")?.unwrap_or("").to_owned(),
        })
    }

    /// Its attributes.
    #[must_use]
    pub fn to_attributes(&self) -> Attributes {
        let mut attributes = self.input.attributes.clone();
        if !self.subdir.is_empty() && !attributes.contains("dir") {
            attributes.set("dir", &self.subdir);
        }
        attributes
    }

    /// It as a URL.
    ///
    /// # Errors
    /// As [`Input::to_url`].
    pub fn to_url(&self) -> Result<String> {
        let mut url = self.input.to_url()?;
        if !self.subdir.is_empty() {
            url.query
                .entry("dir".to_owned())
                .or_insert_with(|| self.subdir.clone());
        }
        Ok(url.to_string())
    }

    /// It as text for messages.
    #[must_use]
    pub fn show(&self) -> String {
        self.to_url()
            .unwrap_or_else(|_| self.to_attributes().to_json())
    }

    /// The reference without a `dir` in its URL that it has in its attributes too, as old lock
    /// files have.
    #[must_use]
    pub fn canonicalized(&self) -> Self {
        let mut reference = self.clone();
        let url = self.input.attributes.text("url").ok().flatten();
        if let Some(Ok(mut url)) = url.map(|url| Url::parse(url, Grammar::Lenient)) {
            if !self.subdir.is_empty() && url.query.get("dir") == Some(&self.subdir) {
                url.query.remove("dir");
            }
            reference.input.attributes.set("url", &url.to_string());
        }
        reference
    }
}

fn from_url(mut url: Url, options: ParseOptions<'_>) -> Result<(FlakeRef, String)> {
    let subdir = url.query.remove("dir").unwrap_or_default();
    let fragment = std::mem::take(&mut url.fragment);
    let input = Input::from_url(&url, !options.any_source)?;
    Ok((FlakeRef { input, subdir }, fragment))
}

/// `name`, `name/branch`, `name/revision` or `name/branch/revision`.
fn parse_id(text: &str) -> Result<Option<(FlakeRef, String)>> {
    let (id, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut parts = id.splitn(2, '/');
    let name_is_id = parts.next().is_some_and(is_legal_flake_id);
    let rest_is_branch = parts.next().is_none_or(|rest| {
        let mut bytes = rest.bytes();
        let first = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'@';
        is_revision(rest)
            || (bytes.next().is_some_and(first)
                && bytes.all(|byte| first(byte) || b"_./+-".contains(&byte)))
    });
    if !name_is_id || !rest_is_branch || !is_fragment(fragment) {
        return Ok(None);
    }
    let url = Url {
        scheme: "flake".to_owned(),
        path: id.split('/').map(str::to_owned).collect(),
        ..Url::default()
    };
    let reference = FlakeRef {
        input: Input::from_url(&url, true)?,
        subdir: String::new(),
    };
    Ok(Some((reference, percent_decode(fragment)?)))
}

/// Whether every mark may stand in a fragment, each `%` beginning an encoded one.
fn is_fragment(text: &str) -> bool {
    let bytes = text.as_bytes();
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'\"()*+,;=:@/? ^".contains(&byte);
    let mut at = 0;
    while at < bytes.len() {
        let hex = |offset: usize| bytes.get(at + offset).is_some_and(u8::is_ascii_hexdigit);
        at += match bytes[at] {
            b'%' if hex(1) && hex(2) => 3,
            byte if plain(byte) => 1,
            _ => return false,
        };
    }
    true
}

fn parse_url(text: &str, options: ParseOptions<'_>) -> Result<(FlakeRef, String)> {
    let mut url = Url::parse(text, Grammar::Lenient)?;
    if let Some(base) = options.base
        && (url.scheme == "path" || url.scheme == "git+file")
    {
        let path = url.file_path()?;
        if !path.starts_with('/') {
            url.path = path_parts(&absolute(&path, base));
        }
    }
    from_url(url, options)
}

/// `path` from `base`, without `.` and `..`.
fn absolute(path: &str, base: &Path) -> String {
    let joined = base.join(path);
    let bytes = canonical(joined.as_os_str().as_encoded_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

fn parse_path(text: &str, options: ParseOptions<'_>) -> Result<(FlakeRef, String)> {
    if text.contains('\n') {
        return Err(Error::rule(format!("invalid flakeref '{text}'")));
    }
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (path, query) = before.split_once('?').unwrap_or((before, ""));
    let query = if query.is_empty() {
        std::collections::BTreeMap::new()
    } else {
        decode_lenient_query(query)?
    };
    let mut url = Url {
        scheme: "path".to_owned(),
        query,
        fragment: percent_decode(fragment)?,
        ..Url::default()
    };
    let mut path = path.to_owned();
    if let Some(base) = options.base {
        path = resolve(&absolute(&path, base))?;
        if !options.any_source {
            path = find_flake(&path, options.allow_missing)?;
            if let Some((root, subdir)) = enclosing_repository(&path) {
                "git+file".clone_into(&mut url.scheme);
                if !subdir.is_empty() {
                    if url.query.contains_key("dir") {
                        return Err(Error::rule(format!(
                            "flake URL '{text}' has an inconsistent 'dir' parameter"
                        )));
                    }
                    url.query.insert("dir".to_owned(), subdir);
                }
                if Path::new(&root).join(".git/shallow").exists() {
                    url.query.insert("shallow".to_owned(), "1".to_owned());
                }
                path = root;
            }
        }
    } else if !options.keep_relative && !path.starts_with('/') {
        return Err(Error::bad_url(format!(
            "flake reference '{text}' is not an absolute path"
        )));
    }
    url.authority = path.starts_with('/').then(Authority::default);
    url.path = path_parts(&path);
    from_url(url, options)
}

/// `path` with symbolic links on the way resolved, as far as it exists.
fn resolve(path: &str) -> Result<String> {
    match std::fs::canonicalize(path) {
        Ok(resolved) => Ok(resolved.to_string_lossy().into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(Error::io(format!("cannot read \"{path}\""))(error)),
    }
}

/// The folder at or above `path` that holds a flake.
fn find_flake(path: &str, allow_missing: bool) -> Result<String> {
    let metadata = std::fs::symlink_metadata(path)
        .map_err(Error::io(format!("getting status of \"{path}\"")))?;
    let mut start = Path::new(path);
    if !metadata.is_dir() {
        match (start.file_name(), start.parent()) {
            (Some(name), Some(parent)) if name == "flake.nix" => start = parent,
            _ => {
                return Err(Error::bad_url(format!(
                    "path \"{path}\" is not a flake (because it's not a directory)"
                )));
            }
        }
    }
    if allow_missing {
        return Ok(start.to_string_lossy().into_owned());
    }
    for folder in start.ancestors() {
        if folder == Path::new("/") {
            break;
        }
        if folder.join("flake.nix").exists() {
            return Ok(folder.to_string_lossy().into_owned());
        }
        if folder.join(".git").exists() {
            return Err(Error::rule(format!(
                "path \"{}\" is not part of a flake (neither it nor its parent directories \
                 contain a 'flake.nix' file)",
                folder.display()
            )));
        }
        let device = |at: &Path| std::fs::symlink_metadata(at).map(|found| found.dev()).ok();
        if device(folder) != Some(metadata.dev()) {
            return Err(Error::rule(format!(
                "unable to find a flake before encountering filesystem boundary at \"{}\"",
                folder.display()
            )));
        }
    }
    Err(Error::bad_url("could not find a flake.nix file"))
}

/// The working tree of Git around a folder, and where in it the folder is.
fn enclosing_repository(path: &str) -> Option<(String, String)> {
    let path = Path::new(path);
    path.ancestors()
        .filter(|folder| *folder != Path::new("/"))
        .find(|folder| folder.join(".git").exists())
        .map(|root| {
            let subdir = path.strip_prefix(root).unwrap_or(Path::new(""));
            (
                root.to_string_lossy().into_owned(),
                subdir.to_string_lossy().into_owned(),
            )
        })
}

/// The reference of a name in a registry.
pub(crate) fn indirect(id: &str) -> Result<FlakeRef> {
    let attributes = Attributes::of_texts(&[("type", "indirect"), ("id", id)]);
    FlakeRef::from_attributes(&attributes)
}

/// The folder of the working tree that a reference names, where a lock file may be written to.
#[must_use]
pub fn source_folder(reference: &FlakeRef) -> Option<String> {
    let attributes = &reference.input.attributes;
    match reference.input.scheme()? {
        Scheme::Path => {
            let path = attributes.text("path").ok().flatten()?;
            path.starts_with('/').then(|| path.to_owned())
        }
        Scheme::Git => {
            let url = attributes.text("url").ok().flatten()?;
            let url = Url::parse(url, Grammar::Strict).ok()?;
            let path = url.file_path().ok()?;
            let is_tree = url.scheme == "file" && Path::new(&path).join(".git").exists();
            is_tree.then_some(path)
        }
        _ => None,
    }
}
