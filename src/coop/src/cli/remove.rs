//! `coop remove domain · block · instance`: the daily edits backwards.

use clap::{Args, Subcommand};

use super::add::{checked, edit};
use super::{Context, Verdict};

/// Remove a domain, a block or an instance from coop.toml
#[derive(Args)]
pub(super) struct Remove {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Take a domain off an allow list
    Domain {
        /// The domain
        domain: String,
        /// The allow list
        #[arg(long, value_name = "LIST")]
        from: String,
    },
    /// Take a block out of a policy
    Block {
        /// The server's domain
        domain: String,
        /// The policy
        #[arg(long, value_name = "POLICY")]
        from: String,
    },
    /// Take an instance out; its data stays on the host
    Instance {
        /// Its name
        name: String,
    },
}

impl Remove {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        edit(context, |editor| {
            match self.what {
                What::Domain { domain, from } => {
                    editor.remove_domain(&from, &checked("coop-domain", &domain)?)?;
                }
                What::Block { domain, from } => {
                    editor.remove_block(&from, &checked("coop-domain", &domain)?)?;
                }
                What::Instance { name } => editor.remove_instance(&name)?,
            }
            Ok(())
        })
    }
}
