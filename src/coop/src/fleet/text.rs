//! The kinds of text that a fleet is made of, and the one parser of each.
//!
//! A kind is known in the JSON Schema by its `format`; the shape check parses every string by it.
//! No string reaches the model without having passed here.

use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::calendar;
use crate::diagnostics::Code;

/// Why a text is not of its kind: the finding's code, what is wrong, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which finding.
    pub code: Code,
    /// The sentence after `key: `.
    pub message: String,
    /// The remedy.
    pub help: String,
}

fn refuse(code: Code, message: impl Into<String>, help: impl Into<String>) -> Refusal {
    Refusal {
        code,
        message: message.into(),
        help: help.into(),
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident $format:literal $example:literal)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name(String);

            impl Deref for $name {
                type Target = str;
                fn deref(&self) -> &str { &self.0 }
            }

            impl fmt::Display for $name {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(&self.0)
                }
            }

            impl std::borrow::Borrow<str> for $name {
                fn borrow(&self) -> &str { &self.0 }
            }

            impl $name {
                /// Takes a text that has been checked.
                #[must_use]
                pub fn checked(text: impl Into<String>) -> Self { Self(text.into()) }
            }

            impl JsonSchema for $name {
                fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
                fn inline_schema() -> bool { true }
                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string", "format": $format, "examples": [$example] })
                }
            }
        )*

        /// Every `format`, with an example of it.
        pub const FORMATS: &[(&str, &str)] = &[$(($format, $example)),*];
    };
}

texts! {
    /// A declared name, also part of host, file, user and unit names.
    Name "coop-name" "socialmedia"
    /// A domain in ASCII, lower case.
    Domain "coop-domain" "social.example"
    /// An e-mail address.
    Email "coop-email" "chris@webarch.coop"
    /// An SSH public key.
    SshKey "coop-ssh-key" "ssh-ed25519 AAAA…"
    /// A systemd calendar expression.
    Calendar "coop-calendar" "Sun 04:00"
    /// An IPv4 address.
    Ipv4 "coop-ipv4" "203.0.113.10"
    /// An IPv6 address.
    Ipv6 "coop-ipv6" "2001:db8::10"
    /// A day.
    Day "coop-day" "2026-10-03"
    /// A line of text for people to read.
    Line "coop-line" "The social network of our members"
    /// A word of printable ASCII without any mark that is syntax somewhere.
    Word "coop-word" "fleet"
    /// A path inside the fleet.
    FilePath "coop-path" "lists/coops.txt"
    /// A pattern of paths inside the fleet.
    Pattern "coop-pattern" "tenants/*.toml"
    /// A host and a port.
    Server "coop-server" "smtp.webarch.coop:587"
    /// A restic repository.
    Repository "coop-repository" "sftp:coop@store.example:/coop"
    /// A web address with https.
    WebAddress "coop-web-address" "https://s3.example.coop"
    /// A NixOS release.
    Release "coop-release" "26.05"
    /// A time zone of the IANA database.
    TimeZone "coop-time-zone" "Europe/London"
    /// A language as BCP 47 writes it.
    Language "coop-language" "en"
}

/// Whether a mark changes the direction of text, hides, or is otherwise not what it looks like
/// (Unicode's bidirectional controls, zero-width marks, and line separators).
#[must_use]
pub fn is_direction_mark(mark: char) -> bool {
    matches!(mark, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Marks that are syntax in an environment file, a shell, systemd or nginx.
const SYNTAX: &[char] = &['"', '$', '%', '`', '\\', '\n', '\r'];

fn plain(text: &str, most: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length > most {
        return Err(refuse(
            Code::TooLong,
            format!("{length} characters are too many"),
            format!("use at most {most} characters"),
        ));
    }
    let hostile = |mark: char| mark.is_control() || is_direction_mark(mark);
    if let Some(mark) = text.chars().find(|mark| hostile(*mark)) {
        return Err(refuse(
            Code::HostileText,
            format!("the mark U+{:04X} is not allowed here", mark as u32),
            "write plain text on one line",
        ));
    }
    Ok(())
}

fn strict(text: &str, most: usize) -> Result<(), Refusal> {
    plain(text, most)?;
    if let Some(mark) = text.chars().find(|mark| SYNTAX.contains(mark)) {
        return Err(refuse(
            Code::HostileText,
            format!("the mark `{mark}` is not allowed here"),
            "the value reaches environment files and shells on the host: leave the mark out",
        ));
    }
    Ok(())
}

/// Checks a text by the `format` of its schema and gives it in its canonical form.
///
/// # Errors
/// Says why the text is not of that kind.
pub fn parse(format: &str, text: &str) -> Result<String, Refusal> {
    match format {
        "coop-name" => name(text),
        "coop-domain" => domain(text),
        "coop-email" => email(text),
        "coop-ssh-key" => ssh_key(text),
        "coop-calendar" => {
            strict(text, 200)?;
            calendar::check(text).map_err(|why| {
                refuse(
                    Code::BadCalendar,
                    why,
                    "write it as systemd does: \"02:15\", \"Sun 04:00\", \"weekly\"",
                )
            })?;
            Ok(text.to_owned())
        }
        "coop-ipv4" => address::<std::net::Ipv4Addr>(text, "IPv4", "203.0.113.10"),
        "coop-ipv6" => address::<std::net::Ipv6Addr>(text, "IPv6", "2001:db8::10"),
        "coop-day" => day(text),
        "coop-line" => line(text),
        "coop-path" | "coop-pattern" => path(text, format == "coop-pattern"),
        "coop-server" => server(text),
        "coop-repository" => repository(text),
        "coop-web-address" => web_address(text),
        "coop-release" => shaped(text, is_release, "a NixOS release", "26.05"),
        "coop-time-zone" => shaped(text, is_time_zone, "a time zone", "Europe/London"),
        "coop-language" => shaped(text, is_language, "a language", "pt-BR"),
        _ => word(text),
    }
}

fn line(text: &str) -> Result<String, Refusal> {
    plain(text, 1000)?;
    if text.trim().is_empty() {
        return Err(refuse(
            Code::BadForm,
            "nothing is written here",
            "write it, or leave the key out",
        ));
    }
    Ok(text.to_owned())
}

fn word(text: &str) -> Result<String, Refusal> {
    strict(text, 253)?;
    if text.is_empty() || !text.chars().all(|mark| mark.is_ascii_graphic()) {
        return Err(refuse(
            Code::BadForm,
            "only letters, digits and simple marks may stand here",
            "use printable ASCII without spaces",
        ));
    }
    Ok(text.to_owned())
}

/// Checks a declared name.
///
/// # Errors
/// Says why it is not one.
pub(super) fn name(text: &str) -> Result<String, Refusal> {
    plain(text, 253)?;
    let good = text.len() <= 40
        && text.starts_with(|mark: char| mark.is_ascii_lowercase())
        && text
            .chars()
            .all(|mark| mark.is_ascii_lowercase() || mark.is_ascii_digit() || mark == '-')
        && !text.ends_with('-')
        && !text.contains("--");
    if good {
        return Ok(text.to_owned());
    }
    Err(refuse(
        Code::BadName,
        format!("`{text}` is not a name"),
        "use 1 to 40 small letters, digits and single hyphens, a letter first",
    ))
}

/// Checks a domain and gives it in ASCII and lower case (IDNA 2008 by way of UTS 46).
///
/// # Errors
/// Says why it is not one.
pub fn domain(text: &str) -> Result<String, Refusal> {
    strict(text, 253)?;
    let wrong = |why: &str, help: String| refuse(Code::BadDomain, format!("`{text}` {why}"), help);
    if let Some((_, rest)) = text.split_once("://") {
        let host = rest.split('/').next().unwrap_or(rest);
        return Err(wrong(
            "is a web address, not a domain",
            format!("write \"{host}\""),
        ));
    }
    if let Some((_, host)) = text.rsplit_once('@') {
        return Err(wrong(
            "is an e-mail address, not a domain",
            format!("write \"{host}\""),
        ));
    }
    if let Some(rest) = text.strip_prefix("*.") {
        return Err(wrong(
            "has a wildcard",
            format!("write \"{rest}\" and `subdomains = true`"),
        ));
    }
    let form = || "write it like \"social.example\"".to_owned();
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Err(wrong("is an address, not a domain", form()));
    }
    let ascii = idna::domain_to_ascii_strict(text).map_err(|_| wrong("is not a domain", form()))?;
    let labels: Vec<_> = ascii.split('.').collect();
    let numeric = labels
        .last()
        .is_some_and(|label| label.chars().all(|mark| mark.is_ascii_digit()));
    if labels.len() < 2 || labels.iter().any(|label| label.is_empty()) || numeric {
        return Err(wrong("is not a domain", form()));
    }
    Ok(ascii)
}

fn email(text: &str) -> Result<String, Refusal> {
    strict(text, 254)?;
    let wrong = || {
        refuse(
            Code::BadEmail,
            format!("`{text}` is not an e-mail address"),
            "write it like \"chris@webarch.coop\"",
        )
    };
    let address = text
        .parse::<email_address::EmailAddress>()
        .map_err(|_| wrong())?;
    let plain = |mark: char| mark.is_ascii_alphanumeric() || "!#&'*+-/=?^_{|}~.".contains(mark);
    if !address.local_part().chars().all(plain) {
        return Err(wrong());
    }
    let domain = domain(address.domain())?;
    Ok(format!("{}@{domain}", address.local_part()))
}

/// Bits.
const SHORTEST_RSA: usize = 2048;

fn ssh_key(text: &str) -> Result<String, Refusal> {
    if text.contains("PRIVATE KEY") {
        return Err(refuse(
            Code::LiteralSecret,
            "this is a private key",
            "take it out, make a new pair, and put the content of the `.pub` file here",
        ));
    }
    strict(text, 2000)?;
    let wrong = |why: String| {
        refuse(
            Code::BadKey,
            why,
            "put the one line of the `.pub` file here: ssh-ed25519 AAAA…",
        )
    };
    let key = ssh_key::PublicKey::from_openssh(text)
        .map_err(|_| wrong("this is not an SSH public key".into()))?;
    if matches!(key.algorithm(), ssh_key::Algorithm::Dsa) {
        return Err(wrong(
            "DSA keys are refused by OpenSSH since version 7.0".into(),
        ));
    }
    // NIST SP 800-131A: RSA below 2048 bits is disallowed, and newer OpenSSH agrees by default.
    let bits = match key.key_data() {
        ssh_key::public::KeyData::Rsa(rsa) => rsa.n.as_positive_bytes().map_or(0, <[u8]>::len) * 8,
        _ => SHORTEST_RSA,
    };
    if bits < SHORTEST_RSA {
        return Err(wrong(format!("an RSA key of {bits} bits can be broken")));
    }
    Ok(text.trim().to_owned())
}

fn address<T: std::str::FromStr + fmt::Display>(
    text: &str,
    kind: &str,
    example: &str,
) -> Result<String, Refusal> {
    strict(text, 100)?;
    text.parse::<T>()
        .map(|address| address.to_string())
        .map_err(|_| {
            refuse(
                Code::BadAddress,
                format!("`{text}` is not an {kind} address"),
                format!("write it like \"{example}\", without a prefix length"),
            )
        })
}

fn day(text: &str) -> Result<String, Refusal> {
    plain(text, 100)?;
    let wrong = || {
        refuse(
            Code::BadDate,
            format!("`{text}` is not a day"),
            "write it like 2026-10-03",
        )
    };
    if text.len() != 10 {
        return Err(wrong());
    }
    text.parse::<jiff::civil::Date>()
        .map(|date| date.to_string())
        .map_err(|_| wrong())
}

fn path(text: &str, pattern: bool) -> Result<String, Refusal> {
    strict(text, 200)?;
    let wrong = |why: &str| {
        refuse(
            Code::BadPath,
            format!("`{text}` {why}"),
            "name a file below the folder of coop.toml, like \"lists/coops.txt\"",
        )
    };
    if text.starts_with('/') {
        return Err(wrong("is an absolute path"));
    }
    if text.is_empty() || text.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(wrong("is not a plain path inside the fleet"));
    }
    let plain = |mark: char| mark.is_alphanumeric() || "-_./+ ".contains(mark);
    if !text
        .chars()
        .all(|mark| plain(mark) || (pattern && mark == '*'))
    {
        return Err(wrong("has marks that a path here may not have"));
    }
    Ok(text.to_owned())
}

fn server(text: &str) -> Result<String, Refusal> {
    strict(text, 260)?;
    let wrong = || {
        refuse(
            Code::BadForm,
            format!("`{text}` is not a server with its port"),
            "write it like \"smtp.example.coop:587\"",
        )
    };
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    if port.parse::<u16>().ok().is_none_or(|port| port == 0) {
        return Err(wrong());
    }
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return Ok(text.to_owned());
    }
    Ok(format!("{}:{port}", domain(host)?))
}

/// Kinds of repositories that restic knows (restic's manual, "Preparing a new repository").
const REPOSITORIES: &[&str] = &[
    "sftp:", "rest:", "s3:", "b2:", "azure:", "gs:", "swift:", "rclone:", "/",
];

fn repository(text: &str) -> Result<String, Refusal> {
    strict(text, 400)?;
    let credentials = text.split_once("://").is_some_and(|(_, rest)| {
        rest.split('/')
            .next()
            .and_then(|host| host.rsplit_once('@'))
            .is_some_and(|(user, _)| user.contains(':'))
    });
    if credentials {
        return Err(refuse(
            Code::LiteralSecret,
            "the repository's address has a password in it",
            "take it out; put the address's credentials in the host's environment file for backups",
        ));
    }
    if text.chars().any(char::is_whitespace)
        || !REPOSITORIES.iter().any(|kind| text.starts_with(kind))
    {
        return Err(refuse(
            Code::BadForm,
            format!("`{text}` is not a repository that restic knows"),
            "write it like \"sftp:coop@store.example:/coop\"",
        ));
    }
    Ok(text.to_owned())
}

fn web_address(text: &str) -> Result<String, Refusal> {
    strict(text, 400)?;
    let wrong = || {
        refuse(
            Code::BadForm,
            format!("`{text}` is not a web address with https"),
            "write it like \"https://s3.example.coop\"",
        )
    };
    let rest = text.strip_prefix("https://").ok_or_else(wrong)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    domain(host).map_err(|_| wrong())?;
    if !path
        .chars()
        .all(|mark| mark.is_ascii_alphanumeric() || "-_./~".contains(mark))
    {
        return Err(wrong());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn shaped(
    text: &str,
    good: fn(&str) -> bool,
    kind: &str,
    example: &str,
) -> Result<String, Refusal> {
    strict(text, 100)?;
    if good(text) {
        return Ok(text.to_owned());
    }
    Err(refuse(
        Code::BadForm,
        format!("`{text}` is not {kind}"),
        format!("write it like \"{example}\""),
    ))
}

fn is_release(text: &str) -> bool {
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(year, month)| digits(year) && (month == "05" || month == "11"))
}

fn is_time_zone(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|mark: char| mark.is_ascii_uppercase())
            && part
                .chars()
                .all(|mark| mark.is_ascii_alphanumeric() || "_-+".contains(mark))
    };
    text == "UTC" || (text.contains('/') && text.split('/').all(part))
}

fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.chars().all(|mark| mark.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.chars().all(|mark| mark.is_ascii_alphanumeric())
        })
}
