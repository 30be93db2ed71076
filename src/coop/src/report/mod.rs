//! `coop report`: the fleet as one page, for those who run it or for its members.
//!
//! **Invariant.** The page for members is made of [`public::Page`], which is never given anything
//! that members should not see; no template decides what is left out. The same fleet, lock, plan
//! and day give the same bytes. Nothing here prints, reads files or looks at the clock.

mod backups;
mod drawing;
mod full;
mod hosts;
mod instances;
mod members;
mod people;
mod plan;
mod policies;
mod public;
mod signup;
mod template;
mod words;

pub use plan::{PlanFileError, read_of as read_plan};

use thiserror::Error;

use crate::fleet::{Day, Fleet};
use crate::lock::Lock;
use crate::plan::Report as PlanReport;

/// What a page is made of.
pub struct Subject<'a> {
    /// The fleet, without errors.
    pub fleet: &'a Fleet,
    /// What is settled for it.
    pub lock: &'a Lock,
    /// The day that review dates are compared with.
    pub today: Day,
    /// The last plan, if there is one.
    pub plan: Option<&'a PlanReport>,
}

/// Why there is no page.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A template of ours is wrong.
    #[error("the page's template {0} cannot be filled in: {1}")]
    Template(&'static str, String),
}

/// The page for those who run the fleet, as HTML.
///
/// # Errors
/// Where a template is wrong.
pub fn page(subject: &Subject<'_>) -> Result<String, ReportError> {
    template::render("full.html", &full::Page::of(subject))
}

/// The page for members, as HTML.
///
/// # Errors
/// Where a template is wrong.
pub fn public_page(fleet: &Fleet, today: &Day) -> Result<String, ReportError> {
    template::render("public.html", &public::Page::of(fleet, today))
}
