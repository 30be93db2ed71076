//! URLs as Nix reads and prints them: RFC 3986, and for flake references a few marks more
//! (`libutil/url.cc`). Nothing here knows what a scheme means.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::error::{Error, Result};

/// The parts of a URL, percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Url {
    /// What stands before the first colon.
    pub scheme: String,
    /// What follows `//`, where that is there.
    pub authority: Option<Authority>,
    /// The parts of the path between slashes; an absolute one begins with an empty part.
    pub path: Vec<String>,
    /// The parameters by name.
    pub query: BTreeMap<String, String>,
    /// What follows `#`.
    pub fragment: String,
}

/// Whom a URL speaks to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Authority {
    /// Who asks.
    pub user: Option<String>,
    /// With which password.
    pub password: Option<String>,
    /// A name, or an address without brackets.
    pub host: String,
    /// Whether the host is written in brackets.
    pub bracketed: bool,
    /// The port, where one is given.
    pub port: Option<u16>,
}

/// Which marks a URL may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grammar {
    /// RFC 3986.
    Strict,
    /// Spaces and quotes in the query, these and `^` in the fragment.
    Lenient,
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_path_character(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:@".contains(&byte)
}

/// `text` with all but unreserved marks and those of `keep` written as `%XX`.
#[must_use]
pub fn percent_encode(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_unreserved(byte) || keep.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `text` with each `%XX` replaced by the byte it stands for.
///
/// # Errors
/// [`Error::BadUrl`] where no two hexadecimal digits follow a `%`.
pub fn percent_decode(text: &str) -> Result<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'%' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let digit = |offset: usize| {
            bytes
                .get(at + offset)
                .and_then(|&byte| char::from(byte).to_digit(16))
        };
        let (Some(high), Some(low)) = (digit(1), digit(2)) else {
            return Err(Error::bad_url(format!(
                "invalid URI parameter '{text}': bad percent-encoding"
            )));
        };
        out.push((high * 16 + low) as u8);
        at += 3;
    }
    Ok(String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// `text` with only the marks of `marks` percent-encoded.
fn encode_marks(text: &str, marks: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if marks.contains(character) {
            let _ = write!(out, "%{:02X}", character as u32);
        } else {
            out.push(character);
        }
    }
    out
}

/// What [`Grammar::Lenient`] allows, brought into the form of the RFC.
fn repair(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    if let Some((before, after)) = rest.split_once('?') {
        out.push_str(before);
        out.push('?');
        let end = after.find('#').unwrap_or(after.len());
        out.push_str(&encode_marks(&after[..end], " \""));
        rest = &after[end..];
    }
    if let Some((before, fragment)) = rest.split_once('#') {
        out.push_str(before);
        out.push('#');
        out.push_str(&encode_marks(fragment, " \"^"));
    } else {
        out.push_str(rest);
    }
    out
}

fn check(whole: &str, part: &str, allowed: impl Fn(u8) -> bool) -> Result<()> {
    let bytes = part.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes[at] == b'%'
            && bytes.len() > at + 2
            && bytes[at + 1].is_ascii_hexdigit()
            && bytes[at + 2].is_ascii_hexdigit();
        if escaped {
            at += 3;
        } else if allowed(bytes[at]) {
            at += 1;
        } else {
            return Err(Error::bad_url(format!("'{whole}' is not a valid URL")));
        }
    }
    Ok(())
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let mut characters = scheme.bytes();
    let starts_well = characters.next()?.is_ascii_alphabetic();
    let goes_on = characters.all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c));
    (starts_well && goes_on).then_some((scheme, rest))
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`Error::BadUrl`] where the text is none, or has no scheme.
    pub fn parse(text: &str, grammar: Grammar) -> Result<Self> {
        let repaired;
        let whole = if grammar == Grammar::Lenient {
            repaired = repair(text);
            repaired.as_str()
        } else {
            text
        };
        let Some((scheme, rest)) = split_scheme(whole) else {
            return Err(Error::bad_url(format!("'{text}' doesn't have a scheme")));
        };
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        check(whole, fragment, |c| {
            is_path_character(c) || b"/?#".contains(&c)
        })?;
        check(whole, query.unwrap_or(""), |c| {
            is_path_character(c) || b"/?[]".contains(&c)
        })?;
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                (Some(Authority::parse(whole, &rest[..end])?), &rest[end..])
            }
            None => (None, rest),
        };
        check(whole, path, |c| is_path_character(c) || c == b'/')?;
        let is_file = transport(scheme) == "file";
        if let Some(authority) = &authority
            && is_file
            && !authority.host.is_empty()
        {
            return Err(Error::bad_url(format!(
                "file:// URL '{whole}' has unexpected authority '{authority}'"
            )));
        }
        let path = if is_file && path.is_empty() {
            "/"
        } else {
            path
        };
        Ok(Self {
            scheme: scheme.to_owned(),
            authority,
            path: path.split('/').map(percent_decode).collect::<Result<_>>()?,
            query: match query {
                Some(query) => decode_query(query)?,
                None => BTreeMap::new(),
            },
            fragment: percent_decode(fragment)?,
        })
    }

    /// The parts of the path that are not empty.
    pub fn segments(&self) -> Vec<&str> {
        let parts = self.path.iter().map(String::as_str);
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// The path as one of the file system.
    ///
    /// # Errors
    /// [`Error::BadUrl`] where a part holds what a file name cannot.
    pub fn file_path(&self) -> Result<String> {
        for part in &self.path {
            if part.contains('/') {
                return Err(Error::bad_url(format!(
                    "URL path component '{part}' contains '/', which is not allowed in file names"
                )));
            }
            if part.contains('\0') {
                let shown = part.replace('\0', "␀");
                return Err(Error::bad_url(format!(
                    "URL path component '{shown}' contains NUL byte which is not allowed"
                )));
            }
        }
        let mut out = String::new();
        let mut parts = self.path.iter();
        if self.path.first().is_some_and(String::is_empty) {
            out.push('/');
            parts.next();
        }
        // Joined as `std::filesystem` does: an empty part adds a slash unless one is there.
        for part in parts {
            if !out.is_empty() && !out.ends_with('/') {
                out.push('/');
            }
            out.push_str(part);
        }
        Ok(out)
    }
}

/// The parts of a path of the file system, as in [`Url::path`].
#[must_use]
pub fn path_parts(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    if path.starts_with('/') {
        parts.push(String::new());
    }
    let names = path.split('/').filter(|name| !name.is_empty());
    parts.extend(names.map(str::to_owned));
    if path.is_empty() || path.ends_with('/') {
        parts.push(String::new());
    }
    parts
}

/// What a scheme says after its `+`: how to transport.
#[must_use]
pub fn transport(scheme: &str) -> &str {
    scheme.split_once('+').map_or(scheme, |(_, after)| after)
}

/// What a scheme says before its `+`: what to make of it.
#[must_use]
pub fn application(scheme: &str) -> Option<&str> {
    scheme.split_once('+').map(|(before, _)| before)
}

/// The parameters of an encoded query; the first of a name counts, and what has no `=` is left out.
///
/// # Errors
/// [`Error::BadUrl`] where percent-encoding is broken.
pub fn decode_query(query: &str) -> Result<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    for parameter in query.split('&') {
        if let Some((name, value)) = parameter.split_once('=') {
            parameters
                .entry(percent_decode(name)?)
                .or_insert(percent_decode(value)?);
        }
    }
    Ok(parameters)
}

/// [`decode_query`], where quotes and spaces may stand as they are and nothing else that the RFC
/// forbids.
///
/// # Errors
/// [`Error::BadUrl`].
pub fn decode_lenient_query(query: &str) -> Result<BTreeMap<String, String>> {
    let query = encode_marks(query, " \"");
    check(&query, &query, |c| {
        is_path_character(c) || b"/?[]".contains(&c)
    })
    .map_err(|_| Error::bad_url(format!("invalid URI query '{query}'")))?;
    decode_query(&query)
}

impl Authority {
    fn parse(whole: &str, text: &str) -> Result<Self> {
        let bad = || Error::bad_url(format!("invalid URL authority: '{text}' in '{whole}'"));
        let name_character = |c: u8| is_unreserved(c) || b"!$&'()*+,;=".contains(&c);
        let (info, address) = match text.rsplit_once('@') {
            Some((info, address)) => (Some(info), address),
            None => (None, text),
        };
        let (mut user, mut password) = (None, None);
        if let Some(info) = info {
            check(whole, info, |c| name_character(c) || c == b':')?;
            let (name, secret) = match info.split_once(':') {
                Some((name, secret)) => (name, Some(secret)),
                None => (info, None),
            };
            user = Some(percent_decode(name)?);
            password = secret.map(percent_decode).transpose()?;
        }
        let (host, port, bracketed) = if let Some(rest) = address.strip_prefix('[') {
            let (host, after) = rest.split_once(']').ok_or_else(bad)?;
            let is_address = host
                .bytes()
                .all(|c| name_character(c) || b":%".contains(&c));
            if !is_address || host.is_empty() {
                return Err(bad());
            }
            let port = match after {
                "" => "",
                after => after.strip_prefix(':').ok_or_else(bad)?,
            };
            (host, port, true)
        } else {
            let (host, port) = address.split_once(':').unwrap_or((address, ""));
            check(whole, host, name_character)?;
            (host, port, false)
        };
        if !port.bytes().all(|c| c.is_ascii_digit()) {
            return Err(bad());
        }
        let port = if port.is_empty() {
            None
        } else {
            let number = port.parse();
            Some(number.map_err(|_| Error::bad_url(format!("port '{port}' is invalid")))?)
        };
        Ok(Self {
            user,
            password,
            host: percent_decode(host)?,
            bracketed,
            port,
        })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            out.write_str(&percent_encode(user, ""))?;
            if let Some(password) = &self.password {
                write!(out, ":{}", percent_encode(password, ""))?;
            }
            out.write_str("@")?;
        }
        if self.bracketed {
            write!(out, "[{}]", percent_encode(&self.host, ":"))?;
        } else {
            out.write_str(&percent_encode(&self.host, ""))?;
        }
        match self.port {
            Some(port) => write!(out, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.scheme)?;
        if let Some(authority) = &self.authority {
            write!(out, "//{authority}")?;
        }
        for (index, part) in self.path.iter().enumerate() {
            let slash = if index > 0 { "/" } else { "" };
            write!(out, "{slash}{}", percent_encode(part, ":@"))?;
        }
        for (index, (name, value)) in self.query.iter().enumerate() {
            let mark = if index > 0 { '&' } else { '?' };
            let (name, value) = (percent_encode(name, ":@/?"), percent_encode(value, ":@/?"));
            write!(out, "{mark}{name}={value}")?;
        }
        if !self.fragment.is_empty() {
            write!(out, "#{}", percent_encode(&self.fragment, ""))?;
        }
        Ok(())
    }
}
