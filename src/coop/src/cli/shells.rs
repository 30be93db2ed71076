//! `coop completions` and `coop man`: for shells and manual readers.

use std::io::{self, Write as _};

use clap::Args;

use super::Verdict;

/// Print completions for a shell
#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self, command: &mut clap::Command) -> anyhow::Result<Verdict> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, command, "coop", &mut text);
        io::stdout().write_all(&text)?;
        Ok(Verdict::Fine)
    }
}

/// Print the manual page
#[derive(Args)]
pub(super) struct Man {}

impl Man {
    #[expect(clippy::unused_self, reason = "every command runs the same way")]
    pub(super) fn run(self, command: clap::Command) -> anyhow::Result<Verdict> {
        let mut text = Vec::new();
        clap_mangen::Man::new(command).render(&mut text)?;
        io::stdout().write_all(&text)?;
        Ok(Verdict::Fine)
    }
}
