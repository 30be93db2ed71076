//! A plan for people: on a terminal, and in Markdown for a pull request.

use std::fmt::Write as _;

use super::outline::{self, Outline};
use super::report::{Against, HostPlan, Report, State};

/// As plain text; `full` leaves nothing out.
#[must_use]
pub fn human(report: &Report, full: bool) -> String {
    let mut text = format!("Against {}\n", against(&report.against));
    if report.people.is_empty() {
        text.push_str("nothing changes for anybody\n");
    }
    for section in &report.people {
        let _ = writeln!(text, "{}", section.title);
        for line in &section.lines {
            let _ = writeln!(text, "  {line}");
        }
    }
    if let Some(why) = &report.not_evaluated {
        let _ = writeln!(text, "hosts: NOT EVALUATED: {why}");
        return text;
    }
    for (name, plan) in &report.hosts {
        let outline = outline::of_host(plan, full);
        let _ = writeln!(text, "host {name}: {}", outline::words(plan));
        host(&mut text, &outline);
    }
    footer(&mut text, report, "  ");
    text
}

fn host(text: &mut String, outline: &Outline) {
    for alarm in &outline.alarms {
        let _ = writeln!(text, "  ALARM: {alarm}");
    }
    for block in &outline.blocks {
        let _ = writeln!(text, "  {}", block.title);
        for line in &block.lines {
            let _ = writeln!(text, "    {line}");
        }
    }
    for diff in &outline.diffs {
        let _ = writeln!(text, "  {}", diff.title);
        for line in diff.text.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    if outline.left_out > 0 {
        let _ = writeln!(
            text,
            "  … and {} more texts: coop plan --full",
            outline.left_out
        );
    }
}

/// As Markdown; `full` leaves nothing out.
#[must_use]
pub fn markdown(report: &Report, full: bool) -> String {
    let mut text = format!("## Plan\n\nAgainst {}.\n", against(&report.against));
    text.push_str("\n### For people\n\n");
    if report.people.is_empty() {
        text.push_str("Nothing changes for anybody.\n");
    }
    for section in &report.people {
        let _ = writeln!(text, "- **{}**", escaped(&section.title));
        for line in &section.lines {
            let _ = writeln!(text, "  - {}", escaped(line));
        }
    }
    if let Some(why) = &report.not_evaluated {
        let _ = writeln!(text, "\n**Hosts: NOT EVALUATED.** {}", escaped(why));
        return text;
    }
    for (name, plan) in &report.hosts {
        let outline = outline::of_host(plan, full);
        let _ = writeln!(text, "\n### {}: {}", escaped(name), outline::words(plan));
        markdown_host(&mut text, plan, &outline);
    }
    text.push('\n');
    footer(&mut text, report, "");
    text
}

fn markdown_host(text: &mut String, plan: &HostPlan, outline: &Outline) {
    if plan.state == State::Same {
        return;
    }
    text.push('\n');
    for alarm in &outline.alarms {
        let _ = writeln!(text, "> **ALARM:** {}\n", escaped(alarm));
    }
    for block in &outline.blocks {
        let _ = writeln!(text, "- {}", escaped(&block.title));
        for line in &block.lines {
            let _ = writeln!(text, "  - {}", code(line));
        }
    }
    for diff in &outline.diffs {
        // A fence that is longer than any in the text.
        let fence = "`".repeat(longest_run(&diff.text, '`').max(2) + 1);
        let _ = write!(
            text,
            "\n<details><summary>{}</summary>\n\n{fence}diff\n{}{fence}\n\n</details>\n",
            escaped(&diff.title),
            diff.text
        );
    }
    if outline.left_out > 0 {
        let _ = writeln!(
            text,
            "\n… and {} more texts: `coop plan --full`",
            outline.left_out
        );
    }
}

/// What the fleet is compared with, in words.
pub(crate) fn against(against: &Against) -> String {
    let short = |commit: &str| commit.chars().take(12).collect::<String>();
    match against {
        Against::Revision {
            name,
            commit,
            generated,
        } => {
            let how = if *generated {
                ", generated anew since it holds no flake"
            } else {
                ""
            };
            format!("the revision {name} ({}){how}", short(commit))
        }
        Against::File { path, commit } => {
            let of = commit.as_ref().map_or(String::new(), |commit| {
                format!(", made at {}", short(commit))
            });
            format!("the plan in {path}{of}")
        }
        Against::Deployed { commits } => {
            let hosts: Vec<String> = commits
                .iter()
                .map(|(host, commit)| format!("{host} at {}", short(commit)))
                .collect();
            if hosts.is_empty() {
                "what is deployed".to_owned()
            } else {
                format!("what is deployed: {}", hosts.join(", "))
            }
        }
    }
}

fn footer(text: &mut String, report: &Report, indent: &str) {
    if let Some(nixpkgs) = &report.nixpkgs {
        let _ = writeln!(text, "{indent}evaluated with nixpkgs from {nixpkgs}");
    }
}

/// Without marks that Markdown or HTML would take for its own.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for mark in text.chars() {
        match mark {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '@' => {
                shown.push('\\');
                shown.push(mark);
            }
            mark => shown.push(mark),
        }
    }
    shown
}

/// A span of code, whatever is in it.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`') + 1);
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for mark in text.chars() {
        run = if mark == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_fleet_stays_text_in_markdown() {
        assert_eq!(escaped("<b>[x](y)_@a"), "&lt;b&gt;\\[x\\](y)\\_\\@a");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
    }
}
