//! `coop explain CODE`: the page behind a finding.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::bail;
use clap::Args;

use super::Verdict;
use crate::diagnostics::Code;
use crate::fleet::nearest;

/// Explain a finding by its code, such as E0101; without one, list them all
#[derive(Args)]
pub(super) struct Explain {
    /// The code that stands in brackets after `error` or `warning`
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let mut text = String::new();
        match self.code.as_deref() {
            None => {
                for code in Code::ALL {
                    let _ = writeln!(text, "{}  {}", code.id(), code.title());
                }
            }
            Some(id) => {
                let code = find(id)?;
                let _ = writeln!(text, "{}: {}\n\n{}", code.id(), code.title(), code.page());
            }
        }
        io::stdout().write_all(text.as_bytes())?;
        Ok(Verdict::Fine)
    }
}

fn find(id: &str) -> anyhow::Result<Code> {
    if let Some(code) = Code::parse(id) {
        return Ok(code);
    }
    let upper = id.to_uppercase();
    match nearest(&upper, Code::ALL.iter().map(|code| code.id())) {
        Some(near) => bail!("there is no code {id}; did you mean {near}?"),
        None => bail!("there is no code {id}; `coop explain` lists them"),
    }
}
