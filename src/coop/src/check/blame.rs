//! Which lines of coop.toml a complaint is about. The words of the message say which to suspect;
//! evaluating again without them shows whether that is true. Where it is not, or the words say
//! nothing, lines are taken out by halves until the complaint is gone.

use super::complaint::{self, Complaint, Kind};
use super::evaluation::{Bench, Failed, Target};
use super::line::{self, Line};
use crate::catalogue::OptionPath;

/// Rounds of taking a culprit out and looking for the next: errors hide each other.
const ROUNDS: usize = 8;
/// Names that a suspect has in common with a path in the message, at least.
const NEAR: usize = 2;

/// A complaint, and the lines that it is about.
pub(super) struct Blame {
    pub(super) complaint: Complaint,
    /// In the order of the file; none where no line under `nixos` is to blame.
    pub(super) lines: Vec<Line>,
    /// The evaluator's whole report.
    pub(super) report: String,
}

/// All that is wrong with a host, one complaint after the other.
pub(super) fn of_host(
    bench: &Bench<'_>,
    target: &Target,
    lines: &[Line],
    failed: Failed,
) -> Vec<Blame> {
    let mut found = Vec::new();
    let mut left: Vec<&Line> = lines.iter().collect();
    let mut gone: Vec<&Line> = Vec::new();
    let mut failed = failed;
    for _ in 0..ROUNDS {
        let complaint = complaint::read(&failed.message);
        let trial = Trial {
            bench,
            target,
            gone: &gone,
            message: neutral(&failed.message),
        };
        let (culprits, next) = trial.culprits(&suspects(&complaint, &left), &left);
        found.push(Blame {
            complaint,
            lines: culprits.iter().map(|&line| line.clone()).collect(),
            report: failed.report.clone(),
        });
        left.retain(|line| !culprits.contains(line));
        gone.extend(culprits);
        match next {
            Some(Err(next)) => failed = next,
            Some(Ok(_)) | None => break,
        }
    }
    found
}

/// The lines that the words of a complaint point at.
pub(super) fn suspects<'l>(complaint: &Complaint, lines: &[&'l Line]) -> Vec<&'l Line> {
    let paths: Vec<OptionPath> = match &complaint.option {
        Some(option) => vec![option.clone()],
        None => complaint
            .texts
            .iter()
            .flat_map(|text| OptionPath::all_in(text))
            .collect(),
    };
    let mut found: Vec<&Line> = Vec::new();
    for path in &paths {
        for line in near(path, lines) {
            if !found.contains(&line) {
                found.push(line);
            }
        }
    }
    found
}

/// The lines that set the option, or else those that come nearest to it.
pub(super) fn near<'l>(path: &OptionPath, lines: &[&'l Line]) -> Vec<&'l Line> {
    let touched: Vec<&Line> = lines
        .iter()
        .copied()
        .filter(|line| line.is_touched_by(path))
        .collect();
    if !touched.is_empty() {
        return touched;
    }
    let best = lines.iter().map(|line| line.nearness(path)).max();
    let Some(best) = best.filter(|&best| best >= NEAR) else {
        return Vec::new();
    };
    lines
        .iter()
        .copied()
        .filter(|line| line.nearness(path) == best)
        .collect()
}

/// An evaluation that failed, to be tried again without some lines.
struct Trial<'a> {
    bench: &'a Bench<'a>,
    target: &'a Target,
    /// Lines that are out already.
    gone: &'a [&'a Line],
    message: String,
}

/// What became of an evaluation.
type Outcome = Result<String, Failed>;

impl Trial<'_> {
    /// The outcome without some more lines, where it is another one.
    fn helps(&self, lines: &[&Line]) -> Option<Outcome> {
        let out: Vec<&Line> = self.gone.iter().chain(lines).copied().collect();
        let fleet = line::without(self.bench.fleet, &out);
        let outcome = self.bench.again(&fleet, self.target);
        let is_another = match &outcome {
            Ok(_) => true,
            Err(failed) => neutral(&failed.message) != self.message,
        };
        is_another.then_some(outcome)
    }

    /// The lines to blame, and what comes of the host without them.
    fn culprits<'l>(
        &self,
        suspects: &[&'l Line],
        lines: &[&'l Line],
    ) -> (Vec<&'l Line>, Option<Outcome>) {
        if !suspects.is_empty()
            && let Some(outcome) = self.helps(suspects)
        {
            return (suspects.to_vec(), Some(outcome));
        }
        if lines.is_empty() {
            return (Vec::new(), None);
        }
        let Some(mut outcome) = self.helps(lines) else {
            return (Vec::new(), None);
        };
        let mut culprits = lines.to_vec();
        while culprits.len() > 1 {
            let (first, second) = culprits.split_at(culprits.len() / 2);
            let half = [first, second]
                .into_iter()
                .find_map(|half| Some((half.to_vec(), self.helps(half)?)));
            // Neither half alone: they are in it together.
            let Some((half, better)) = half else { break };
            (culprits, outcome) = (half, better);
        }
        (culprits, Some(outcome))
    }
}

/// A message without what changes with every byte of the tree.
fn neutral(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once("/nix/store/") {
        text.push_str(before);
        rest = after.get(32..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// Whether a complaint is about one option, which its lines set.
pub(super) fn is_about_an_option(kind: Kind) -> bool {
    !matches!(kind, Kind::Assertion | Kind::Other)
}
