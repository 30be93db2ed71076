//! The two kinds of list files: domains, one a line, and Mastodon's export of domain blocks.
//!
//! Source of the columns: Mastodon's `app/controllers/admin/export_domain_blocks_controller.rb`.

use super::model::{Block, BlockSeverity, Ground};
use super::shape;
use super::text::{self, Day, Domain, Line};
use crate::diagnostics::{Code, Diagnostic, FileId, Origin};

/// Reads one domain a line.
pub(super) fn domains(
    file: FileId,
    content: &str,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(Domain, Origin)> {
    let mut found = Vec::new();
    let mut offset = 0;
    for line in content.split_inclusive('\n') {
        let uncommented = line.split('#').next().unwrap_or_default();
        let word = uncommented.trim();
        let start = offset + (uncommented.len() - uncommented.trim_start().len());
        offset += line.len();
        if word.is_empty() {
            continue;
        }
        let at = Origin::new(file, &(start..start + word.len()));
        match text::domain(word) {
            Ok(domain) => found.push((Domain::checked(domain), at)),
            Err(refusal) => findings.push(
                Diagnostic::new(refusal.code, refusal.message)
                    .at(at, "")
                    .help(refusal.help),
            ),
        }
    }
    found
}

const COLUMNS: &[&str] = &[
    "domain",
    "severity",
    "reject_media",
    "reject_reports",
    "public_comment",
    "private_comment",
    "obfuscate",
    "ground",
    "since",
    "review",
];

/// Reads blocks from CSV.
pub(super) fn blocks(
    file: FileId,
    content: &str,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(Block, Origin)> {
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    let mut columns: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let start = error
                    .position()
                    .map_or(0, |position| position.byte() as usize);
                findings.push(
                    Diagnostic::new(Code::BadListFile, "the line is not CSV")
                        .at(line_at(file, content, start), "")
                        .help("put a text with a comma or quotation mark in quotation marks"),
                );
                continue;
            }
        };
        let start = record
            .position()
            .map_or(0, |position| position.byte() as usize);
        let at = line_at(file, content, start);
        if columns.is_empty() {
            for name in &record {
                let plain = name.trim_start_matches('#');
                if let Some(known) = COLUMNS.iter().find(|known| **known == plain) {
                    columns.push(known);
                } else {
                    let help = match shape::nearest(plain, COLUMNS.iter().copied()) {
                        Some(known) => format!("did you mean `#{known}`?"),
                        None => "the first line names the columns: #domain,#severity,#public_comment,#ground".into(),
                    };
                    let shown: String = plain.chars().take(60).collect();
                    findings.push(
                        Diagnostic::new(Code::BadListFile, format!("there is no column `{shown}`"))
                            .at(at, "")
                            .help(help),
                    );
                    return found;
                }
            }
            if !columns.contains(&"domain") {
                findings.push(
                    Diagnostic::new(Code::BadListFile, "the column `#domain` is missing")
                        .at(at, "")
                        .help("the first line names the columns: #domain,#severity,#public_comment,#ground"),
                );
                return found;
            }
            continue;
        }
        match block(&columns, &record) {
            Ok(block) => found.push((block, at)),
            Err(refusal) => findings.push(
                Diagnostic::new(refusal.code, refusal.message)
                    .at(at, "")
                    .help(refusal.help),
            ),
        }
    }
    found
}

fn line_at(file: FileId, content: &str, start: usize) -> Origin {
    let mut start = start.min(content.len());
    let bytes = content.as_bytes();
    while start < bytes.len() && matches!(bytes[start], b'\n' | b'\r') {
        start += 1;
    }
    let length = bytes[start..]
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len() - start);
    Origin::new(file, &(start..start + length))
}

fn block(columns: &[&str], record: &csv::StringRecord) -> Result<Block, text::Refusal> {
    let cell = |name: &str| {
        let place = columns.iter().position(|column| *column == name)?;
        record.get(place).filter(|cell| !cell.is_empty())
    };
    let wrong = |name: &str, cell: &str, help: &str| text::Refusal {
        code: Code::BadListFile,
        message: format!(
            "`{}` is not a value of `#{name}`",
            cell.chars().take(60).collect::<String>()
        ),
        help: help.to_owned(),
    };
    let flag = |name: &str| match cell(name) {
        None => Ok(false),
        Some(cell) if cell.eq_ignore_ascii_case("true") => Ok(true),
        Some(cell) if cell.eq_ignore_ascii_case("false") => Ok(false),
        Some(cell) => Err(wrong(name, cell, "write true or false")),
    };
    let line = |name: &str| -> Result<Option<Line>, text::Refusal> {
        cell(name)
            .map(|cell| text::parse("coop-line", cell).map(Line::checked))
            .transpose()
    };
    let day = |name: &str| -> Result<Option<Day>, text::Refusal> {
        cell(name)
            .map(|cell| text::parse("coop-day", cell).map(Day::checked))
            .transpose()
    };
    let severity = match cell("severity") {
        None | Some("suspend") => BlockSeverity::Suspend,
        Some("silence") => BlockSeverity::Silence,
        Some("noop") => BlockSeverity::Noop,
        Some(cell) => return Err(wrong("severity", cell, "write suspend, silence or noop")),
    };
    let ground = cell("ground").map(|cell| {
        let value = serde_json::Value::String(cell.to_owned());
        serde_json::from_value::<Ground>(value).map_err(|_| {
            wrong(
                "ground",
                cell,
                "write spam, abuse, attack, illegal or decision",
            )
        })
    });
    Ok(Block {
        domain: Domain::checked(text::domain(cell("domain").unwrap_or_default())?),
        severity,
        ground: ground.transpose()?,
        reason: line("public_comment")?,
        note: line("private_comment")?,
        reject_media: flag("reject_media")?,
        reject_reports: flag("reject_reports")?,
        obfuscate: flag("obfuscate")?,
        since: day("since")?,
        review: day("review")?,
    })
}
