//! What a failed evaluation complains about, read from the words of nixpkgs' module system
//! (`lib/modules.nix`, `lib/options.nix`, `lib/asserts.nix`).

use crate::catalogue::OptionPath;

/// The sorts of complaints that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No such option.
    Unknown,
    /// A value of the wrong type.
    Type,
    /// Values that exclude each other.
    Conflict,
    /// An option without a value.
    Missing,
    /// Failed assertions.
    Assertion,
    /// Anything else.
    Other,
}

/// Where a value in question was defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    /// The file, relative to the tree, or as Nix names it.
    pub(super) place: String,
    /// The value, on one line.
    pub(super) value: String,
}

/// A complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) kind: Kind,
    /// The option in question.
    pub(super) option: Option<OptionPath>,
    /// What type it wants.
    pub(super) wanted: Option<String>,
    /// Who defined it.
    pub(super) definitions: Vec<Definition>,
    /// Options that may have been meant.
    pub(super) suggestions: Vec<OptionPath>,
    /// The assertions that failed; otherwise the whole message as one text.
    pub(super) texts: Vec<String>,
}

/// Reads the message of an evaluation error.
pub(super) fn read(message: &str) -> Complaint {
    let message = message.trim();
    let mut complaint = Complaint {
        kind: Kind::Other,
        option: None,
        wanted: None,
        definitions: definitions(message),
        suggestions: Vec::new(),
        texts: vec![message.to_owned()],
    };
    let first = message.lines().next().unwrap_or_default();
    let option = || {
        let whole = OptionPath::in_marks(first);
        let option = whole.or_else(|| OptionPath::all_in(first).into_iter().next());
        option.map(OptionPath::of_option)
    };
    if let Some(list) = message.strip_prefix("Failed assertions:") {
        complaint.kind = Kind::Assertion;
        complaint.texts = assertions(list);
    } else if first.starts_with("The option `") && first.contains("' does not exist.") {
        complaint.kind = Kind::Unknown;
        complaint.option = option();
        let suggested = message
            .lines()
            .find(|line| line.starts_with("Did you mean "));
        complaint.suggestions = suggested.map(OptionPath::all_in).unwrap_or_default();
    } else if first.starts_with("A definition for option `") {
        complaint.kind = Kind::Type;
        complaint.option = option();
        let wanted = first
            .split_once("' is not of type `")
            .map(|(_, after)| after);
        complaint.wanted =
            wanted.and_then(|after| after.split_once('\'').map(|(wanted, _)| wanted.to_owned()));
    } else if first.starts_with("The option `")
        && (first.contains("' has conflicting definition values")
            || first.contains("' is defined multiple times")
            || first.contains("' is read-only, but it's set multiple times"))
    {
        complaint.kind = Kind::Conflict;
        complaint.option = option();
    } else if first.starts_with("The option `") && first.contains("has no value defined") {
        complaint.kind = Kind::Missing;
        complaint.option = option();
    }
    complaint
}

/// The items of the list of failed assertions; one may have several lines.
fn assertions(list: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in list.lines() {
        if let Some(start) = line.strip_prefix("- ") {
            found.push(start.trim().to_owned());
        } else if let Some(last) = found.last_mut()
            && !line.trim().is_empty()
        {
            last.push(' ');
            last.push_str(line.trim());
        }
    }
    found
}

/// The lines ``- In `FILE': VALUE``; a long value follows on lines of its own.
fn definitions(message: &str) -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::new();
    for line in message.lines() {
        if let Some((place, value)) = line
            .strip_prefix("- In `")
            .and_then(|rest| rest.split_once('\''))
        {
            found.push(Definition {
                place: place.to_owned(),
                value: value.trim_start_matches(':').trim().to_owned(),
            });
        } else if line.starts_with(' ')
            && let Some(last) = found.last_mut()
        {
            if !last.value.is_empty() {
                last.value.push(' ');
            }
            last.value.push_str(line.trim());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_option_comes_with_those_that_may_be_meant() {
        let read = read(
            "The option `services.fail2ban.enabel' does not exist. Definition values:\n\
             - In `/nix/store/x-source/hosts/web/options.nix': true\n\n\
             Did you mean `services.fail2ban.enable', `services.fail2ban.jails' or `services.fail2ban.bantime'?",
        );
        assert_eq!(read.kind, Kind::Unknown);
        assert_eq!(read.option.unwrap().to_string(), "services.fail2ban.enabel");
        assert_eq!(read.suggestions.len(), 3);
        assert_eq!(read.definitions[0].value, "true");
    }

    #[test]
    fn an_option_may_be_one_name_or_begin_with_one_in_quotes() {
        for (text, option) in [
            ("servces", "servces"),
            ("\"services.openssh.ports\"", "\"services.openssh.ports\""),
            ("\"a b\".c", "\"a b\".c"),
        ] {
            let read = read(&format!(
                "The option `{text}' does not exist. Definition values:"
            ));
            assert_eq!(read.kind, Kind::Unknown);
            assert_eq!(read.option.unwrap().to_string(), option);
        }
    }

    #[test]
    fn a_wrong_type_says_which_is_wanted() {
        let read = read(
            "A definition for option `boot.kernel.sysctl.\"a.b\"' is not of type `sysctl option value'. Definition values:\n\
             - In `/nix/store/x-source/hosts/web/options.nix':\n    [\n      1\n    ]",
        );
        assert_eq!(read.kind, Kind::Type);
        assert_eq!(read.wanted.as_deref(), Some("sysctl option value"));
        assert_eq!(read.definitions[0].value, "[ 1 ]");
    }

    #[test]
    fn each_failed_assertion_is_one() {
        let read = read("\nFailed assertions:\n- one\n  more of it\n\n- two\n");
        assert_eq!(read.kind, Kind::Assertion);
        assert_eq!(read.texts, ["one more of it", "two"]);
    }

    #[test]
    fn a_conflict_names_both_sides() {
        let read = read(
            "The option `networking.hostName' has conflicting definition values:\n\
             - In `/nix/store/x-source/modules/common/host.nix': \"web\"\n\
             - In `/nix/store/x-source/hosts/web/options.nix': \"other\"\n\
             Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.",
        );
        assert_eq!(read.kind, Kind::Conflict);
        assert_eq!(read.definitions.len(), 2);
    }

    #[test]
    fn other_words_are_kept() {
        let read = read("infinite recursion encountered");
        assert_eq!(
            (read.kind, read.texts),
            (
                Kind::Other,
                vec!["infinite recursion encountered".to_owned()]
            )
        );
    }
}
