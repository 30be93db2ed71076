//! What a fleet would change: for people, from `coop.toml` alone; and on every host, from two
//! evaluated systems. Nothing is built, written to a host, or printed here.

mod alarm;
mod baseline;
mod difference;
mod evaluation;
mod items;
mod outline;
mod print;
mod remote;
mod report;
mod revision;
mod saved;
mod snapshot;
mod store_text;
mod switch;
#[cfg(test)]
mod tests;
mod text_diff;
mod unit_file;
mod words;

pub use baseline::{Baseline, Outcome, PlanError, Request, plan};
pub(crate) use outline::{Block, of_host, words as state_words};
pub(crate) use print::against;
pub use print::{human, markdown};
pub use report::{PLAN_SCHEMA, Report, Section};
pub use words::in_words;
