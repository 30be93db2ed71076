//! `coop report`: the fleet as one page.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use super::{Context, Verdict, whole};
use crate::diagnostics::{Diagnostic, Severity};
use crate::fleet::{Day, Files as _, Fleet, Folder};
use crate::lock::Lock;
use crate::report::{self, Subject};

/// Draw the fleet as one page that needs nothing else, for a browser or on paper
#[derive(Args)]
pub(super) struct Report {
    /// The file to write, in place of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leave out what members should not see
    #[arg(long, conflicts_with = "plan")]
    public: bool,
    /// The last plan, as `coop plan --format json` wrote it
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

impl Report {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        if self.out.is_none() && io::stdout().is_terminal() {
            bail!("a page is nothing to read on a terminal: coop report --out report.html");
        }
        let Some(fleet) = context.load_sound()? else {
            return Ok(Verdict::Findings);
        };
        let today = today()?;
        let page = if self.public {
            report::public_page(&fleet, &today)?
        } else {
            let text = Folder(context.dir.clone()).read("coop.lock").ok();
            let (lock, settled) = match Lock::parse(text.as_deref()) {
                Ok(lock) => lock.settle(&fleet),
                Err(finding) => {
                    context.report(&fleet.sources, &[*finding])?;
                    return Ok(Verdict::Findings);
                }
            };
            let errors: Vec<Diagnostic> = settled
                .into_iter()
                .filter(|finding| finding.severity() == Severity::Error)
                .collect();
            if !errors.is_empty() {
                context.report(&fleet.sources, &errors)?;
                return Ok(Verdict::Findings);
            }
            let plan = match &self.plan {
                Some(path) => Some(report::read_plan(name(&fleet), path)?),
                None => None,
            };
            report::page(&Subject {
                fleet: &fleet,
                lock: &lock,
                today,
                plan: plan.as_ref(),
            })?
        };
        match self.out {
            Some(path) => whole::replace(&path, &page)
                .with_context(|| format!("{} cannot be written", path.display()))?,
            None => io::stdout().write_all(page.as_bytes())?,
        }
        Ok(Verdict::Fine)
    }
}

fn name(fleet: &Fleet) -> &str {
    fleet.model.fleet.as_ref().map_or("", |said| &*said.name)
}

/// The day that review dates are compared with: today here, or in UTC that of `SOURCE_DATE_EPOCH`,
/// by which a build says what time it is to count as.
fn today() -> anyhow::Result<Day> {
    let day = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => {
            let moment = text
                .parse()
                .ok()
                .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
            let moment = moment.with_context(|| {
                format!("SOURCE_DATE_EPOCH has to be seconds since 1970, and is \"{text}\"")
            })?;
            moment.to_zoned(jiff::tz::TimeZone::UTC).date()
        }
        Err(_) => jiff::Zoned::now().date(),
    };
    Ok(Day::checked(day.to_string()))
}
