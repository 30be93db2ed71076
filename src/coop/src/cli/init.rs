//! `coop init`: a first coop.toml, commented, that passes `coop check`.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use clap::Args;

use super::add::checked;
use super::{Context, Verdict};
use crate::diagnostics::Code;
use crate::fleet::account_refusal;

/// Write a first coop.toml, from flags or a few questions
#[derive(Args)]
pub(super) struct Init {
    /// What the co-operative is called
    #[arg(long)]
    name: Option<String>,
    /// Its e-mail address, also the first administrator's
    #[arg(long)]
    email: Option<String>,
    /// The domain of the first Mastodon
    #[arg(long)]
    domain: Option<String>,
    /// The e-mail domain whose addresses may join
    #[arg(long)]
    members: Option<String>,
    /// The first host's public IPv4 address
    #[arg(long)]
    ipv4: Option<String>,
    /// The administrator's SSH public key
    #[arg(long)]
    ssh_key: Option<String>,
}

impl Init {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let path = context.dir.join("coop.toml");
        if path.exists() {
            bail!("coop.toml is there already");
        }
        let name = answer(
            "name",
            "What is the co-operative called?",
            self.name,
            "coop-line",
        )?;
        let email = answer("email", "Its e-mail address?", self.email, "coop-email")?;
        let domain = answer(
            "domain",
            "The domain of the first Mastodon?",
            self.domain,
            "coop-domain",
        )?;
        let own = email.rsplit('@').next().unwrap_or_default().to_owned();
        let mut members = vec![own];
        if let Some(listed) = self.members {
            // The administrator's address has to be listed as well.
            let listed = checked("coop-domain", &listed)?;
            members.insert(0, listed);
            members.dedup();
        }
        let ipv4 = answer(
            "ipv4",
            "The host's public IPv4 address?",
            self.ipv4,
            "coop-ipv4",
        )?;
        let key = answer(
            "ssh-key",
            "Your SSH public key (one line)?",
            self.ssh_key,
            "coop-ssh-key",
        )?;
        let text = render(&name, &email, &domain, &members, &ipv4, &key);
        std::fs::create_dir_all(&context.dir).context("the folder cannot be made")?;
        std::fs::write(&path, text).context("coop.toml cannot be written")?;
        let fleet = context.load();
        // What the first fleet lacks on purpose is no news to who has just made it.
        let findings: Vec<_> = fleet
            .findings
            .iter()
            .filter(|finding| finding.code != Code::Unused)
            .cloned()
            .collect();
        context.report(&fleet.sources, &findings)?;
        writeln!(
            io::stdout(),
            "coop.toml is written. Next: read it, then `coop check`."
        )?;
        Ok(if fleet.has_errors() {
            Verdict::Findings
        } else {
            Verdict::Fine
        })
    }
}

fn answer(
    flag: &str,
    question: &str,
    given: Option<String>,
    format: &str,
) -> anyhow::Result<String> {
    if let Some(given) = given {
        return checked(format, &given).with_context(|| format!("--{flag}"));
    }
    if !io::stdin().is_terminal() {
        bail!("--{flag} is missing, and there is no terminal to ask on");
    }
    loop {
        write!(io::stderr(), "{question} ")?;
        io::stderr().flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            bail!("no answer to: {question}");
        }
        match checked(format, line.trim()) {
            Ok(answer) if !answer.is_empty() => return Ok(answer),
            Ok(_) => {}
            Err(error) => writeln!(io::stderr(), "{error}")?,
        }
    }
}

/// What the administrator is called: like their address, where that is a name that Mastodon gives out.
fn person(email: &str) -> String {
    let local = email.split('@').next().unwrap_or_default();
    let name = local.to_ascii_lowercase().replace(['.', '_', '+'], "-");
    match checked("coop-name", &name) {
        Ok(name) if account_refusal(&name).is_none() => name,
        _ => "operator".to_owned(),
    }
}

fn render(
    name: &str,
    email: &str,
    domain: &str,
    members: &[String],
    ipv4: &str,
    key: &str,
) -> String {
    let quote = |text: &str| toml_edit::Value::from(text).to_string();
    let members: Vec<String> = members.iter().map(|domain| quote(domain)).collect();
    format!(
        r#"# The fleet of {comment}. `coop check` says how sound it is; every key is in
# docs/reference/coop-toml.md and, with the next line, in your editor: `coop schema > coop.schema.json`.
#:schema ./coop.schema.json

[fleet]
name = {name}
contact = {email}
nixos = "26.05" # where packages come from; it never decides state

[people.{person}]
email = {email}
ssh_keys = [{key}]

# Whose addresses may join. Each domain is exact unless `subdomains = true`.
[allowlists.members]
domains = [{members}]

# A rule about blocking that holds for every instance.
[policies.floor]
everywhere = true
grounds = ["spam", "abuse", "attack"]

[hosts.web1]
ipv4 = {ipv4}
operators = ["{person}"]
ram_gb = 8
disk_gb = 80
reboot = "Sun 04:00" # without a window it never reboots by itself

# A first server to try things on. Before people rely on it: declare [backups.…], give the instance
# a `backup`, and say stage = "production".
[instances.social]
service = "mastodon"
stage = "development"
domain = {domain} # in people's handles: it can never change
host = "web1"
owner = "{person}" # the first administrator, with this name
signup = {{ join = ["members"] }} # and apply = ["anyone"], to let others ask
cache = {{ keep_days = 14, budget_gb = 20 }} # other servers' media
"#,
        comment = name,
        name = quote(name),
        email = quote(email),
        key = quote(key),
        members = members.join(", "),
        person = person(email),
        ipv4 = quote(ipv4),
        domain = quote(domain),
    )
}

#[cfg(test)]
mod tests {
    use super::person;

    #[test]
    fn the_administrator_has_a_name_that_mastodon_gives_out() {
        assert_eq!(person("Ann.Smith+coop@x.example"), "ann-smith-coop");
        for taken in ["admin@x.example", "support@x.example", "1@x.example", "@"] {
            assert_eq!(person(taken), "operator", "{taken}");
        }
    }
}
