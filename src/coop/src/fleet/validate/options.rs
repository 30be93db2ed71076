//! NixOS options written in TOML (`nixos.*`): values that Nix cannot hold, before they are written
//! as Nix. Whether an option exists is not known here.

use super::Check;
use crate::diagnostics::{Code, Diagnostic, Origin};
use crate::fleet::text::is_direction_mark;
use crate::fleet::tree::{Node, Value};

/// The deepest nesting: no option of NixOS comes near it, and Nix's own parser has a limit.
const DEEPEST: usize = 64;

impl Check<'_> {
    pub(super) fn nixos_options(&mut self) {
        let fleet = self.fleet;
        let written = |section: &'static str, names: Vec<String>| {
            names.into_iter().filter_map(move |name| {
                let node = fleet.tree.get(&[section, &name, "nixos"])?;
                Some((format!("{section}.{name}.nixos"), node))
            })
        };
        let hosts = fleet.model.hosts.keys().map(ToString::to_string).collect();
        let instances = fleet.model.instances.keys().map(ToString::to_string);
        let tables: Vec<(String, &Node)> = written("hosts", hosts)
            .chain(written("instances", instances.collect()))
            .collect();
        for (path, node) in tables {
            let mut waiting = vec![(path, node, 0)];
            while let Some((path, node, depth)) = waiting.pop() {
                if depth > DEEPEST {
                    self.no_nix(node.at, &path, "is nested too deeply");
                    continue;
                }
                match &node.value {
                    Value::Table(table) => {
                        for (key, entry) in table {
                            self.text(entry.key, &path, key);
                            waiting.push((format!("{path}.{key}"), &entry.node, depth + 1));
                        }
                    }
                    Value::Array(items) => {
                        waiting.extend(items.iter().map(|item| (path.clone(), item, depth + 1)));
                    }
                    Value::String(text) => self.text(node.at, &path, text),
                    Value::Date(_) => {
                        self.no_nix(node.at, &path, "is a date, which Nix does not have");
                    }
                    Value::Float(number) if !number.is_finite() || number.is_subnormal() => {
                        self.no_nix(node.at, &path, "is a number that Nix cannot write");
                    }
                    Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => {}
                }
            }
        }
    }

    fn text(&mut self, at: Origin, path: &str, text: &str) {
        if text.contains('\0') {
            self.no_nix(at, path, "holds a NUL, which Nix does not have");
        } else if text.chars().any(is_direction_mark) {
            self.no_nix(
                at,
                path,
                "holds a mark that makes text look like other text",
            );
        }
    }

    fn no_nix(&mut self, at: Origin, path: &str, what: &str) {
        self.findings.push(
            Diagnostic::new(Code::NotNix, format!("{} {what}", path.escape_debug()))
                .at(at, "")
                .help("write it as NixOS wants it; what TOML cannot say goes into hosts/<host>/extra.nix"),
        );
    }
}
