//! What a host runs, asked of the host itself over `ssh`.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// What is asked: the system that is active, then the units that run.
const QUESTION: &str = "readlink -f /run/current-system && \
     systemctl list-units --all --plain --no-legend --no-pager --state=active,activating";

/// What a host answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    /// The store path of its system.
    pub(crate) toplevel: String,
    /// The units that are active.
    pub(crate) units: BTreeSet<String>,
}

/// Asks a host.
///
/// # Errors
/// What ssh says, or that the machine does not run NixOS.
pub(crate) fn ask(destination: &str) -> Result<Running, String> {
    let answer = Command::new("ssh")
        .args([
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=10",
            "--",
            destination,
            QUESTION,
        ])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("ssh cannot be run: {error}"))?;
    if !answer.status.success() {
        let said = String::from_utf8_lossy(&answer.stderr);
        let line = said.lines().next_back().unwrap_or("ssh failed");
        return Err(format!("ssh {destination}: {line}"));
    }
    read(&String::from_utf8_lossy(&answer.stdout))
        .ok_or_else(|| format!("{destination} does not say which NixOS it runs"))
}

fn read(answer: &str) -> Option<Running> {
    let mut lines = answer.lines();
    let toplevel = lines.next()?.trim();
    if !toplevel.starts_with("/nix/store/") {
        return None;
    }
    let units = lines
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    Some(Running {
        toplevel: toplevel.to_owned(),
        units,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_system_and_the_others_are_units() {
        let answer = "/nix/store/a-nixos\nsshd.service loaded active running SSH\n-.mount loaded active mounted Root\n";
        let running = read(answer).unwrap();
        assert_eq!(running.toplevel, "/nix/store/a-nixos");
        assert_eq!(
            running.units,
            BTreeSet::from(["-.mount".to_owned(), "sshd.service".to_owned()])
        );
    }

    #[test]
    fn another_system_is_no_answer() {
        assert_eq!(read("/usr\n"), None);
        assert_eq!(read(""), None);
    }
}
