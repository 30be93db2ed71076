//! `coop add domain · block · instance`: the daily edits, followed by a check.

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::{Context, Verdict, whole};
use crate::fleet::{self, Editor, Files, Folder};

/// Add a domain, a block or an instance to coop.toml
#[derive(Args)]
pub(super) struct Add {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Put a domain on an allow list
    Domain {
        /// The domain
        domain: String,
        /// The allow list
        #[arg(long, value_name = "LIST")]
        to: String,
    },
    /// Block a server
    Block {
        /// The server's domain
        domain: String,
        /// The policy
        #[arg(long, value_name = "POLICY")]
        to: String,
        /// Why: spam, abuse, attack, illegal or decision
        #[arg(long)]
        ground: String,
        /// How much: suspend, silence or noop
        #[arg(long, default_value = "suspend")]
        severity: String,
        /// Why, for everybody to read
        #[arg(long)]
        reason: Option<String>,
        /// When to look again, such as 2027-04-03
        #[arg(long)]
        review: Option<String>,
    },
    /// Add a Mastodon instance
    Instance {
        /// Its name
        name: String,
        /// The domain in people's handles
        #[arg(long)]
        domain: String,
        /// The profile that gives the rest
        #[arg(long)]
        profile: Option<String>,
        /// The host, if no profile gives it
        #[arg(long)]
        host: Option<String>,
        /// production or development
        #[arg(long, default_value = "development")]
        stage: String,
    },
}

impl Add {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        edit(context, |editor| match self.what {
            What::Domain { domain, to } => {
                Ok(editor.add_domain(&to, &checked("coop-domain", &domain)?)?)
            }
            What::Block {
                domain,
                to,
                ground,
                severity,
                reason,
                review,
            } => {
                let mut fields = vec![
                    ("domain", checked("coop-domain", &domain)?.into()),
                    ("severity", severity.into()),
                    ("ground", ground.into()),
                ];
                fields.extend(reason.map(|reason| ("reason", reason.into())));
                fields.push(("since", today()?.into()));
                if let Some(review) = review {
                    fields.push(("review", date(&checked("coop-day", &review)?)?.into()));
                }
                Ok(editor.add_block(&to, &fields)?)
            }
            What::Instance {
                name,
                domain,
                profile,
                host,
                stage,
            } => {
                let name = checked("coop-name", &name)?;
                let mut fields: Vec<(&str, toml_edit::Value)> = Vec::new();
                fields.extend(profile.map(|profile| ("profile", profile.into())));
                fields.push(("service", "mastodon".into()));
                fields.push(("stage", stage.into()));
                fields.push(("domain", checked("coop-domain", &domain)?.into()));
                fields.extend(host.map(|host| ("host", host.into())));
                Ok(editor.add_instance(&name, &fields)?)
            }
        })
    }
}

/// A text in its canonical form.
pub(super) fn checked(format: &str, text: &str) -> anyhow::Result<String> {
    match fleet::parse_text(format, text) {
        Ok(text) => Ok(text),
        Err(refusal) => bail!("{}; {}", refusal.message, refusal.help),
    }
}

fn date(text: &str) -> anyhow::Result<toml_edit::Datetime> {
    text.parse()
        .with_context(|| format!("{text} is not a date"))
}

fn today() -> anyhow::Result<toml_edit::Datetime> {
    date(&jiff::Zoned::now().date().to_string())
}

/// Edits coop.toml, unless the result would have errors that were not there before.
pub(super) fn edit(
    context: &Context,
    change: impl FnOnce(&mut Editor) -> anyhow::Result<()>,
) -> anyhow::Result<Verdict> {
    let path = context.dir.join("coop.toml");
    let text = std::fs::read_to_string(&path).context("coop.toml cannot be read")?;
    let mut editor = Editor::new(&text)?;
    change(&mut editor)?;
    let edited = editor.text();
    let before = context.load();
    let after = fleet::load(&Edited {
        folder: Folder(context.dir.clone()),
        text: edited.clone(),
    });
    if after.has_errors() && !before.has_errors() {
        context.report(&after.sources, &after.findings)?;
        writeln!(
            io::stderr(),
            "coop.toml is unchanged: it would have the errors above."
        )?;
        return Ok(Verdict::Findings);
    }
    whole::replace(&path, &edited).context("coop.toml cannot be written")?;
    for (tag, line) in changes(&text, &edited) {
        writeln!(io::stdout(), "{tag} {line}")?;
    }
    context.report(&after.sources, &after.findings)?;
    Ok(if after.has_errors() {
        Verdict::Findings
    } else {
        Verdict::Fine
    })
}

fn changes(before: &str, after: &str) -> Vec<(char, String)> {
    let diff = similar::TextDiff::from_lines(before, after);
    let lines = diff.iter_all_changes().filter_map(|change| {
        let tag = match change.tag() {
            similar::ChangeTag::Equal => return None,
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
        };
        Some((tag, change.value().trim_end().to_owned()))
    });
    lines.collect()
}

/// The fleet as it would be after the edit.
struct Edited {
    folder: Folder,
    text: String,
}

impl Files for Edited {
    fn read(&self, path: &str) -> io::Result<String> {
        if path == "coop.toml" {
            Ok(self.text.clone())
        } else {
            self.folder.read(path)
        }
    }
    fn list(&self, folder: &str) -> Vec<String> {
        self.folder.list(folder)
    }
}
