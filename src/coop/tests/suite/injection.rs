//! Hostile strings in every string field: an error that names the field, or the same string kept.

use coop::diagnostics::Severity;
use coop::fleet::{FORMATS, parse_text};
use proptest::prelude::*;

use crate::support::Memory;

const HOSTILE: &[&str] = &[
    "${builtins.abort}",
    "''",
    "'' + x + ''",
    "\"",
    "\\",
    "\n",
    "|",
    ";",
    "#{exit}",
    "\0",
    "\u{202e}",
    "`id`",
    "$(id)",
    "%n",
    "{{ x }}",
    "</script>",
    "'; DROP TABLE users; --",
    "\r\n",
    "\u{2028}",
    "../..",
];

/// Kinds of text that people read, and that reach no environment, shell or nginx.
const FOR_PEOPLE: &[&str] = &["coop-line"];

fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        proptest::sample::select(HOSTILE).prop_map(str::to_owned),
        "[a-z0-9.@:/-]{0,12}",
        any::<String>(),
    ];
    proptest::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_kind_of_text_lets_syntax_through(text in hostile()) {
        for (format, _) in FORMATS {
            let Ok(kept) = parse_text(format, &text) else { continue };
            prop_assert!(!kept.chars().any(char::is_control), "{format}: {kept:?}");
            prop_assert!(!kept.chars().any(coop::fleet::is_direction_mark), "{format}: {kept:?}");
            if FOR_PEOPLE.contains(format) {
                prop_assert_eq!(&kept, &text);
            } else {
                prop_assert!(!kept.contains(['"', '$', '%', '`', '\\']), "{format}: {kept:?}");
            }
            // What is accepted is in its canonical form: accepted again, and unchanged.
            prop_assert_eq!(parse_text(format, &kept), Ok(kept), "{}", format);
        }
    }

    #[test]
    fn no_file_makes_coop_panic(text in "(?s).{0,200}", list in any::<String>(), csv in any::<String>()) {
        let mut files = Memory::parse(&text);
        files.load();
        let toml = "[allowlists.a]\nfile = \"a\"\n[policies.p]\nfile = \"p\"\n";
        files.0.insert("coop.toml".into(), toml.into());
        files.0.insert("a".into(), list);
        files.0.insert("p".into(), format!("#domain,#severity\n{csv}"));
        let fleet = files.load();
        crate::support::messages(&fleet, coop::diagnostics::Format::Human);
    }

    #[test]
    fn a_hostile_title_is_an_error_or_kept(text in hostile()) {
        let toml = format!("[fleet]\nname = {}\ncontact = \"a@coop.example\"\nnixos = \"26.05\"\n", toml::Value::from(text.clone()));
        let fleet = Memory::parse(&toml).load();
        let error = fleet.findings.iter().find(|finding| finding.severity() == Severity::Error);
        if let Some(error) = error {
            prop_assert!(error.message.starts_with("fleet.name"), "{}", error.message);
        } else {
            prop_assert_eq!(fleet.model.fleet.unwrap().name.to_string(), text);
        }
    }
}

#[test]
fn a_megabyte_is_refused_everywhere() {
    let text = "x".repeat(1 << 20);
    for (format, _) in FORMATS {
        assert!(parse_text(format, &text).is_err(), "{format}");
    }
}
