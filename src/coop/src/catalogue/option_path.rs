//! Paths of NixOS options, as messages write them: `services.nginx.virtualHosts."a.example".root`.

use std::fmt;

/// The names in an option's path, in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OptionPath(pub(crate) Vec<String>);

impl OptionPath {
    /// Reads a path from the start of a text; what follows it is left.
    fn read(text: &str) -> Option<(Self, &str)> {
        let mut names = Vec::new();
        let mut rest = text;
        loop {
            let (name, after) = read_name(rest)?;
            names.push(name);
            match after.strip_prefix('.') {
                Some(next) if read_name(next).is_some() => rest = next,
                _ => return Some((Self(names), after)),
            }
        }
    }

    /// A whole text as a path. A name in quotes may hold anything (`showOption` in nixpkgs'
    /// `lib/options.nix`).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut names = Vec::new();
        let mut rest = text;
        loop {
            let (name, after) = if rest.starts_with('"') {
                read_name(rest)?
            } else {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            };
            names.push(name);
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None => return after.is_empty().then_some(Self(names)),
            }
        }
    }

    /// The first path between a backtick and an apostrophe, as nixpkgs writes options in messages.
    pub(crate) fn in_marks(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once('`')?;
        let (path, after) = Self::read(rest)?;
        after.starts_with('\'').then_some(path)
    }

    /// Every path of at least two names in a text, in order. Names of files are none.
    pub(crate) fn all_in(text: &str) -> Vec<Self> {
        let mut found = Vec::new();
        let mut rest = text;
        let mut before = ' ';
        while let Some(first) = rest.chars().next() {
            let begins = !before.is_alphanumeric() && !"/._-'\"".contains(before);
            if begins
                && (first.is_ascii_alphabetic() || first == '_')
                && let Some((path, after)) = Self::read(rest)
            {
                before = rest[..rest.len() - after.len()]
                    .chars()
                    .next_back()
                    .unwrap_or(' ');
                rest = after;
                if path.0.len() >= 2 && !rest.starts_with('/') && !found.contains(&path) {
                    found.push(path);
                }
                continue;
            }
            before = first;
            rest = &rest[first.len_utf8()..];
        }
        found
    }

    /// How many names two paths begin with in common.
    pub(crate) fn common(&self, other: &Self) -> usize {
        let pairs = self.0.iter().zip(&other.0);
        pairs.take_while(|(one, other)| one == other).count()
    }

    /// Whether one of the two is the other, or lies in it.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        self.common(other) == self.0.len().min(other.0.len())
    }

    /// Without the names of list elements, which no option has: `"[definition 1-entry 2]"`.
    pub(crate) fn of_option(mut self) -> Self {
        let end = self
            .0
            .iter()
            .position(|name| name.starts_with("[definition "));
        self.0.truncate(end.unwrap_or(self.0.len()));
        self
    }

    /// The path below a prefix.
    pub(crate) fn below(&self, prefix: &[&str]) -> Option<Self> {
        let (start, rest) = self.0.split_at_checked(prefix.len())?;
        (start == prefix && !rest.is_empty()).then(|| Self(rest.to_vec()))
    }
}

/// A bare name, or one in quotes.
fn read_name(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let end = quoted.find('"')?;
        return Some((quoted[..end].to_owned(), &quoted[end + 1..]));
    }
    let is_part = |mark: char| mark.is_ascii_alphanumeric() || "_-".contains(mark);
    let end = text.find(|mark| !is_part(mark)).unwrap_or(text.len());
    let starts = text.starts_with(|mark: char| mark.is_ascii_alphabetic() || mark == '_');
    // `<name>` stands for any name in the documentation's paths; no line has it.
    (end > 0 && starts).then(|| (text[..end].to_owned(), &text[end..]))
}

impl fmt::Display for OptionPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, name) in self.0.iter().enumerate() {
            if number > 0 {
                out.write_str(".")?;
            }
            match read_name(name) {
                Some((_, "")) if !name.starts_with('"') => out.write_str(name)?,
                _ => write!(out, "\"{name}\"")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let found = OptionPath::all_in(text);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn paths_are_found_in_the_words_of_messages() {
        assert_eq!(
            all("The option `services.nginx.virtualHosts.\"a.example\".locatons' does not exist."),
            ["services.nginx.virtualHosts.\"a.example\".locatons"]
        );
        assert_eq!(
            all(
                "Exactly one of users.users.x.isSystemUser and users.users.x.isNormalUser must be set."
            ),
            ["users.users.x.isSystemUser", "users.users.x.isNormalUser"]
        );
        assert_eq!(
            all("- services.gitlab.secrets.dbFile must be set!").len(),
            1
        );
    }

    #[test]
    fn files_and_plain_words_are_no_paths() {
        assert_eq!(
            all("- In `/nix/store/abc-source/hosts/web/options.nix': 1.5, see e.g. the manual"),
            ["e.g"]
        );
        assert_eq!(all("no path here. None."), Vec::<String>::new());
    }

    #[test]
    fn elements_of_lists_belong_to_their_option() {
        let path = OptionPath::all_in("`a.b.\"[definition 6-entry 1]\"' is").remove(0);
        assert_eq!(path.of_option().to_string(), "a.b");
    }
}
