//! Figures as a table, and those that follow from others.

use std::fmt::Write as _;

use crate::measure::Cost;

/// A kind of work on a whole fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// `coop check` with nothing cached.
    Empty,
    /// `coop check --fresh` with caches, but no use of records.
    Warm,
    /// `coop check` after an instance was added.
    Structure,
    /// The same, the first edit after the first check of the fleet.
    FirstStructure,
    /// `coop check` after a domain was added to an allow list, after such an edit.
    ValueThen,
    /// `coop check` after a domain was added to an allow list, the first edit after the first check of the fleet.
    Value,
    /// `coop check` after another one was, the evaluation after an edit that began anew having hibernated.
    ValueAgain,
    /// `coop check` after a number was edited, in the same way.
    Number,
    /// `coop check` after the key of an operator of all hosts was edited, after the first check.
    Key,
    /// `coop check` where nothing changed.
    Unchanged,
    /// `nix-instantiate`.
    Nix,
    /// `nix-instantiate` with a large heap.
    NixLargeHeap,
    /// `nix-eval-jobs`.
    NixEvalJobs,
}

impl Work {
    /// All there is, in the order of the table.
    pub(crate) const ALL: [Self; 13] = [
        Self::Empty,
        Self::Warm,
        Self::Structure,
        Self::FirstStructure,
        Self::ValueThen,
        Self::Value,
        Self::ValueAgain,
        Self::Number,
        Self::Key,
        Self::Unchanged,
        Self::Nix,
        Self::NixLargeHeap,
        Self::NixEvalJobs,
    ];

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "coop check, caches empty",
            Self::Warm => "coop check --fresh, caches warm",
            Self::Structure => "coop check, an instance more",
            Self::FirstStructure => "coop check, an instance more at first",
            Self::ValueThen => "coop check, a domain more after that",
            Self::Value => "coop check, a domain more",
            Self::ValueAgain => "coop check, the next domain more",
            Self::Number => "coop check, then another budget",
            Self::Key => "coop check, an operator's key on all hosts",
            Self::Unchanged => "coop check, nothing changed",
            Self::Nix => "Nix",
            Self::NixLargeHeap => "Nix, 6 GB heap",
            Self::NixEvalJobs => "nix-eval-jobs",
        }
    }

    /// Whether coop does it.
    pub(crate) fn is_ours(self) -> bool {
        !matches!(self, Self::Nix | Self::NixLargeHeap | Self::NixEvalJobs)
    }
}

/// What some work on a fleet took.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// How many hosts the fleet has.
    pub(crate) hosts: usize,
    /// What was done.
    pub(crate) work: Work,
    /// The medians.
    pub(crate) cost: Cost,
    /// What the cache folder takes of the disk afterwards, in bytes.
    pub(crate) disk: Option<u64>,
    /// How often it was done; never, where the cost follows from that of smaller fleets.
    pub(crate) runs: usize,
}

/// What the work takes for so many hosts, on the line through the smallest and the largest fleet that were
/// measured; none where fewer than two were.
pub(crate) fn extrapolate(rows: &[Row], work: Work, hosts: usize) -> Option<Row> {
    let measured = || rows.iter().filter(|row| row.work == work && row.runs > 0);
    let first = measured().min_by_key(|row| row.hosts)?;
    let last = measured().max_by_key(|row| row.hosts)?;
    if first.hosts == last.hosts {
        return None;
    }
    let share = ratio(hosts, first.hosts, last.hosts);
    let along = |from: f64, to: f64| (from + (to - from) * share).max(0.0);
    let time = |part: fn(&Row) -> std::time::Duration| {
        std::time::Duration::from_secs_f64(along(
            part(first).as_secs_f64(),
            part(last).as_secs_f64(),
        ))
    };
    let mebibytes = along(first.cost.mebibytes(), last.cost.mebibytes());
    Some(Row {
        hosts,
        work,
        cost: Cost {
            wall: time(|row| row.cost.wall),
            cpu: time(|row| row.cost.cpu),
            peak: (mebibytes * f64::from(1 << 20)) as u64,
        },
        disk: None,
        runs: 0,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of hosts are far below 2^52"
)]
fn ratio(hosts: usize, first: usize, last: usize) -> f64 {
    (hosts as f64 - first as f64) / (last as f64 - first as f64)
}

/// The rows as Markdown. Each is compared with Nix as it is, for the same fleet.
pub(crate) fn markdown(machine: &[String], rows: &[Row]) -> String {
    let mut text = String::from("# Whole fleets: coop and Nix\n\n");
    for line in machine {
        let _ = writeln!(text, "- {line}");
    }
    text.push_str(
        "\nMedians; how they were measured stands in [performance.md](performance.md). The last two \
         columns are shares of what Nix takes with its defaults for the same fleet.\n\n\
         | hosts | work | wall | user + system | peak memory | cache | runs | wall, of Nix | memory, of Nix |\n\
         |--:|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let nix = rows
            .iter()
            .find(|other| other.hosts == row.hosts && other.work == Work::Nix);
        let about = if row.runs == 0 { "≈ " } else { "" };
        let share = |part: fn(&Cost) -> f64| {
            nix.map_or_else(String::new, |nix| {
                let digits = part(&row.cost) / part(&nix.cost);
                let about = if nix.runs == 0 || row.runs == 0 {
                    "≈ "
                } else {
                    ""
                };
                format!("{about}{}", shown(digits))
            })
        };
        let _ = writeln!(
            text,
            "| {} | {} | {about}{:.2} s | {about}{:.2} s | {about}{:.0} MiB | {} | {} | {} | {} |",
            row.hosts,
            row.work.name(),
            row.cost.wall.as_secs_f64(),
            row.cost.cpu.as_secs_f64(),
            row.cost.mebibytes(),
            row.disk
                .map_or_else(String::new, |bytes| format!("{} MiB", bytes >> 20)),
            if row.runs == 0 {
                "extrapolated".to_owned()
            } else {
                row.runs.to_string()
            },
            share(|cost| cost.wall.as_secs_f64()),
            share(|cost| cost.mebibytes()),
        );
    }
    if rows.iter().any(|row| row.runs == 0) {
        text.push_str(
            "\n≈: extrapolated, on the line through the smallest and the largest fleet that Nix was \
             measured with, or a share of such a figure.\n",
        );
    }
    text
}

/// A share with two digits that mean something.
fn shown(share: f64) -> String {
    if share < 0.095 {
        format!("{share:.3}")
    } else {
        format!("{share:.2}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row(hosts: usize, work: Work, seconds: u64, mebibytes: u64, runs: usize) -> Row {
        Row {
            hosts,
            work,
            cost: Cost {
                wall: Duration::from_secs(seconds),
                cpu: Duration::from_secs(2 * seconds),
                peak: mebibytes << 20,
            },
            disk: None,
            runs,
        }
    }

    #[test]
    fn what_was_not_measured_lies_on_the_line_through_what_was() {
        let rows = [
            row(8, Work::Nix, 17, 800, 3),
            row(1, Work::Nix, 3, 100, 3),
            row(1, Work::Empty, 1, 1, 3),
        ];
        assert_eq!(
            extrapolate(&rows, Work::Nix, 50),
            Some(row(50, Work::Nix, 101, 5000, 0))
        );
    }

    #[test]
    fn one_fleet_makes_no_line() {
        let rows = [row(8, Work::Nix, 17, 800, 3), row(50, Work::Nix, 99, 1, 0)];
        assert_eq!(extrapolate(&rows, Work::Nix, 50), None);
        assert_eq!(extrapolate(&rows, Work::Empty, 50), None);
    }

    #[test]
    fn a_line_shows_the_share_of_nix_and_what_was_extrapolated() {
        let mut ours = row(50, Work::Empty, 5, 500, 1);
        ours.disk = Some(33 << 20);
        let text = markdown(
            &["2 processors".to_owned()],
            &[ours, row(50, Work::Nix, 100, 5000, 0)],
        );
        let table: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("| 50"))
            .collect();
        assert_eq!(
            table,
            [
                "| 50 | coop check, caches empty | 5.00 s | 10.00 s | 500 MiB | 33 MiB | 1 | ≈ 0.050 | ≈ 0.10 |",
                "| 50 | Nix | ≈ 100.00 s | ≈ 200.00 s | ≈ 5000 MiB |  | extrapolated | ≈ 1.00 | ≈ 1.00 |",
            ]
        );
        assert!(text.contains("- 2 processors\n"), "{text}");
        assert!(text.contains("\n≈: extrapolated"), "{text}");
    }

    #[test]
    fn without_nix_there_are_no_shares() {
        let text = markdown(&[], &[row(1, Work::Warm, 1, 300, 3)]);
        assert!(text.contains("| 300 MiB |  | 3 |  |  |\n"), "{text}");
        assert!(!text.contains('≈'), "{text}");
    }
}
