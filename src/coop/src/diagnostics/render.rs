//! The four ways to show findings: for people, one a line, as JSON, as GitHub's annotations.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Level, Snippet, renderer::DecorStyle};
use clap::ValueEnum;
use serde::Serialize;

use super::{Code, Diagnostic, Label, Severity, Sources};

/// The longest a finding for people may be, in lines.
const MOST_LINES: usize = 24;
/// The longest source line that is shown; of a longer one only the message is.
const WIDEST_LINE: usize = 400;

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the source line, underlined
    #[default]
    Human,
    /// One line each: `file:line:column: severity[code]: message`
    Concise,
    /// A JSON array
    Json,
    /// Workflow commands that become annotations
    Github,
}

/// Turns findings into text.
pub struct Renderer<'a> {
    /// The files that findings point into.
    pub sources: &'a Sources,
    /// Which form.
    pub format: Format,
    /// Whether to use terminal colours; only the form for people has any.
    pub color: bool,
    /// Treat warnings as errors, as `--deny warnings` asks.
    pub deny_warnings: bool,
}

#[derive(Serialize)]
struct JsonPlace<'a> {
    file: String,
    line: usize,
    column: usize,
    start: u32,
    end: u32,
    label: &'a str,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    place: Option<JsonPlace<'a>>,
    related: Vec<JsonPlace<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
}

impl Renderer<'_> {
    /// All findings, ended by a newline where there is anything to say.
    #[must_use]
    pub fn render(&self, findings: &[Diagnostic]) -> String {
        match self.format {
            Format::Human => findings
                .iter()
                .map(|finding| self.human(finding) + "\n")
                .collect(),
            Format::Concise => findings
                .iter()
                .map(|finding| self.concise(finding))
                .collect(),
            Format::Json => self.json(findings),
            Format::Github => findings
                .iter()
                .map(|finding| self.github(finding))
                .collect(),
        }
    }

    fn severity(&self, finding: &Diagnostic) -> Severity {
        if self.deny_warnings {
            Severity::Error
        } else {
            finding.severity()
        }
    }

    fn human(&self, finding: &Diagnostic) -> String {
        let level = match self.severity(finding) {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level
            .primary_title(visible(&finding.message))
            .id(finding.code.id())
            .elements(Vec::<annotate_snippets::Message>::new());
        // One snippet a file, the primary one first.
        let mut files = Vec::new();
        for label in finding.primary.iter().chain(&finding.secondary) {
            if !files.contains(&label.at.file) {
                files.push(label.at.file);
            }
        }
        // The line would carry the secret on into terminals and logs.
        let conceals = finding.code == Code::LiteralSecret;
        let mut places_without_source = Vec::new();
        for file in files {
            let text = self.sources.text(file);
            let mut snippet = Snippet::source(text)
                .path(self.sources.path(file).display().to_string())
                .fold(true);
            let mut shown = false;
            let labels = (finding
                .primary
                .iter()
                .map(|label| (label, AnnotationKind::Primary)))
            .chain(
                finding
                    .secondary
                    .iter()
                    .map(|label| (label, AnnotationKind::Context)),
            );
            for (label, kind) in labels.filter(|(label, _)| label.at.file == file) {
                if let Some(span) = first_line(text, label).filter(|_| !conceals) {
                    snippet = snippet.annotation(kind.span(span).label(visible(&label.text)));
                    shown = true;
                } else {
                    places_without_source.push(format!("at {}", self.sources.describe(label.at)));
                }
            }
            if shown {
                group = group.element(snippet);
            }
        }
        for note in places_without_source.iter().chain(&finding.notes) {
            group = group.element(Level::NOTE.message(visible(note)));
        }
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(visible(help)));
        }
        let renderer = if self.color {
            annotate_snippets::Renderer::styled()
        } else {
            annotate_snippets::Renderer::plain()
        };
        let text = renderer.decor_style(DecorStyle::Ascii).render(&[group]);
        let mut lines: Vec<&str> = text.lines().collect();
        if lines.len() > MOST_LINES {
            lines.truncate(MOST_LINES - 1);
            lines.push("   ...");
        }
        lines.join("\n") + "\n"
    }

    fn concise(&self, finding: &Diagnostic) -> String {
        let severity = name(self.severity(finding));
        let message = visible(&finding.message);
        let code = finding.code.id();
        match &finding.primary {
            Some(label) => {
                let (line, column) = self.sources.position(label.at);
                let path = self.sources.path(label.at.file).display();
                format!("{path}:{line}:{column}: {severity}[{code}]: {message}\n")
            }
            None => format!("{severity}[{code}]: {message}\n"),
        }
    }

    fn place<'a>(&self, label: &'a Label) -> JsonPlace<'a> {
        let (line, column) = self.sources.position(label.at);
        JsonPlace {
            file: self.sources.path(label.at.file).display().to_string(),
            line,
            column,
            start: label.at.start,
            end: label.at.end,
            label: &label.text,
        }
    }

    fn json(&self, findings: &[Diagnostic]) -> String {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| JsonFinding {
                code: finding.code.id(),
                severity: self.severity(finding),
                message: &finding.message,
                place: finding.primary.as_ref().map(|label| self.place(label)),
                related: finding
                    .secondary
                    .iter()
                    .map(|label| self.place(label))
                    .collect(),
                notes: &finding.notes,
                help: finding.help.as_deref(),
            })
            .collect();
        let text = serde_json::to_string_pretty(&findings).unwrap_or_else(|_| "[]".into());
        text + "\n"
    }

    /// Source of the form and its escapes: GitHub's "Workflow commands for GitHub Actions".
    fn github(&self, finding: &Diagnostic) -> String {
        let mut text = finding.message.clone();
        for note in &finding.notes {
            let _ = write!(text, "\n{note}");
        }
        if let Some(help) = &finding.help {
            let _ = write!(text, "\n{help}");
        }
        let place = finding.primary.as_ref().map(|label| {
            let (line, column) = self.sources.position(label.at);
            let path = self.sources.path(label.at.file).display().to_string();
            format!("file={},line={line},col={column},", escape_property(&path))
        });
        format!(
            "::{} {}title={}::{}\n",
            name(self.severity(finding)),
            place.unwrap_or_default(),
            finding.code.id(),
            text.replace('%', "%25")
                .replace('\r', "%0D")
                .replace('\n', "%0A"),
        )
    }
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn escape_property(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace(':', "%3A")
        .replace(',', "%2C")
}

/// The part of a label that lies on its first line, or nothing where that line is too long to show.
fn first_line(text: &str, label: &Label) -> Option<std::ops::Range<usize>> {
    let start = (label.at.start as usize).min(text.len());
    let line_start = text
        .get(..start)?
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let line_end = text
        .get(start..)?
        .find('\n')
        .map_or(text.len(), |newline| start + newline);
    if line_end - line_start > WIDEST_LINE {
        return None;
    }
    let end = (label.at.end as usize).clamp(start, line_end);
    text.get(start..end)?;
    Some(start..end)
}

/// Makes marks visible that would change how a terminal shows the rest of the line, and shortens
/// what no one can read.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (count, mark) in text.chars().enumerate() {
        if count == 1000 {
            shown.push('…');
            break;
        }
        if mark != '\n' && (mark.is_control() || crate::fleet::is_direction_mark(mark)) {
            let _ = write!(shown, "\\u{{{:x}}}", mark as u32);
        } else {
            shown.push(mark);
        }
    }
    shown
}
