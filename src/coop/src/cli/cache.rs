//! `coop cache`: what coop keeps on this machine, and deleting it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use anyhow::bail;
use clap::{Args, Subcommand};
use nix_flake::Cache as Folder;

use super::Verdict;

/// Show what coop keeps on this machine, or delete it
#[derive(Args)]
pub(super) struct Cache {
    #[command(subcommand)]
    command: Option<What>,
}

#[derive(Subcommand)]
enum What {
    Clean(Clean),
}

/// Delete what is kept: it is fetched or worked out again when it is needed
#[derive(Args)]
struct Clean {
    /// The parts to delete, by the names that `coop cache` shows; all of them if none is named
    #[arg(value_name = "PART")]
    parts: Vec<String>,
}

impl Cache {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let folder = Folder::default();
        let text = match self.command {
            None => show(&folder),
            Some(What::Clean(clean)) => clean.run(&folder)?,
        };
        io::stdout().write_all(text.as_bytes())?;
        Ok(Verdict::Fine)
    }
}

fn show(folder: &Folder) -> String {
    let mut text = format!("{}\n", folder.root().display());
    let parts = folder.parts();
    if parts.is_empty() {
        text.push_str("  empty\n");
    }
    for part in parts {
        let age = part.changed.map_or_else(String::new, |at| {
            let age = SystemTime::now().duration_since(at).unwrap_or_default();
            format!(", changed {}", in_words(age))
        });
        let _ = writeln!(
            text,
            "  {:<11} {:>9}  {}{age}",
            part.name,
            size(part.bytes),
            part.about
        );
    }
    text
}

impl Clean {
    fn run(&self, folder: &Folder) -> anyhow::Result<String> {
        let parts = folder.parts();
        for name in &self.parts {
            if !parts.iter().any(|part| part.name == name) {
                let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
                match names.as_slice() {
                    [] => bail!("there is no {name}: nothing is kept"),
                    names => bail!("there is no {name}; there is {}", names.join(", ")),
                }
            }
        }
        let mut bytes = 0;
        for part in parts {
            if self.parts.is_empty() || self.parts.iter().any(|name| name == part.name) {
                part.delete()?;
                bytes += part.bytes;
            }
        }
        Ok(format!("deleted {}\n", size(bytes)))
    }
}

/// Bytes as people write them.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KB", "MB", "GB"];
    let mut unit = 0;
    let mut whole = bytes;
    while whole >= 10_000 && unit + 1 < UNITS.len() {
        whole /= 1000;
        unit += 1;
    }
    format!("{whole} {}", UNITS[unit])
}

fn in_words(age: Duration) -> String {
    let hours = age.as_secs() / 3600;
    match hours {
        0 => "within the hour".to_owned(),
        1 => "an hour ago".to_owned(),
        2..48 => format!("{hours} hours ago"),
        _ => format!("{} days ago", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, in_words, size};

    #[test]
    fn sizes_and_ages_are_rounded_down() {
        let sizes = [0, 9999, 10_000, 34_954_089, 12_345_678_901].map(size);
        assert_eq!(sizes, ["0 B", "9999 B", "10 KB", "34 MB", "12 GB"]);
        let ages = [3599, 3600, 7200, 48 * 3600].map(|s| in_words(Duration::from_secs(s)));
        let expected = [
            "within the hour",
            "an hour ago",
            "2 hours ago",
            "2 days ago",
        ];
        assert_eq!(ages, expected);
    }
}
