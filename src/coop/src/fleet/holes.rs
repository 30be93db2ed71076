//! The ways past an instance's lists that its service leaves open, and the words for them.
//!
//! The one place that knows: `coop who` asks about one address, `coop report` about everybody.

use super::model::{Instance, Service};
use super::text::Domain;
use super::{Fleet, Name};

/// A way past an instance's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hole {
    /// Members may invite whom they like.
    Invitations,
    /// It is run elsewhere, and nobody here sees how it is set.
    Unseen,
    /// Mastodon's own list takes subdomains of entries that are meant exactly.
    Subdomains {
        /// Those entries.
        of: Vec<Domain>,
        /// Whether a moderator still decides, as where coop runs the instance.
        asks: bool,
    },
    /// The service has no list.
    NoList(&'static str),
}

impl Fleet {
    /// The holes in an instance's sign-up.
    #[must_use]
    pub fn holes_of(&self, instance: &Instance) -> Vec<Hole> {
        let signup = &instance.signup;
        let is_anyone = |lists: &[Name]| lists.iter().any(|list| &**list == "anyone");
        let mut holes = Vec::new();
        if is_anyone(&signup.join) {
            return holes;
        }
        if instance.invites {
            holes.push(Hole::Invitations);
        }
        if instance.external {
            holes.push(Hole::Unseen);
        }
        // Where coop runs it, the list is that of those who join and those who apply.
        let mut lists = signup.join.clone();
        if !instance.external {
            lists.extend(signup.apply.iter().cloned());
        }
        let exact: Vec<Domain> = self
            .domains_of(&lists)
            .unwrap_or_default()
            .into_iter()
            .filter(|(_, admission)| !admission.subdomains)
            .map(|(domain, _)| domain)
            .collect();
        // Where anyone may ask, an address below a listed domain may too.
        if instance.service == Service::Mastodon && !exact.is_empty() && !is_anyone(&signup.apply) {
            holes.push(Hole::Subdomains {
                of: exact,
                // The mode is then approval, and only exact matches are approved by themselves.
                asks: !instance.external,
            });
        }
        if !signup.join.is_empty()
            && let Some(why) = no_list(instance.service)
        {
            holes.push(Hole::NoList(why));
        }
        holes
    }
}

/// What a service without an allow list can do instead.
pub(super) fn no_list(service: Service) -> Option<&'static str> {
    match service {
        Service::Prosody => Some(
            "Prosody has no allow list for addresses: close its registration and make accounts by hand",
        ),
        Service::Gotosocial => {
            Some("GoToSocial has no allow list for addresses: use its approved registration")
        }
        _ => None,
    }
}

impl Hole {
    /// What it means for an address at this domain that is on none of the lists, if anything.
    #[must_use]
    pub fn for_domain(&self, domain: &str) -> Option<String> {
        match self {
            Self::Invitations => {
                Some("but any member can invite it: `invites = true` goes past every list".into())
            }
            Self::Unseen => Some(
                "coop prints the list for its admins and cannot see whether it is set".to_owned(),
            ),
            Self::Subdomains { of, asks } => {
                let entry = of.iter().find(|entry| is_below(domain, entry))?;
                let then = if *asks {
                    ": it may ask, and a moderator decides"
                } else {
                    ""
                };
                Some(format!(
                    "but Mastodon's own list matches subdomains of {entry} too{then}"
                ))
            }
            Self::NoList(why) => Some((*why).to_owned()),
        }
    }

    /// What it means for everybody.
    #[must_use]
    pub fn in_general(&self) -> &'static str {
        match self {
            Self::Invitations => "Members can invite anybody, past every list.",
            Self::Unseen => {
                "It is run elsewhere: whether its admins set the list cannot be seen from here."
            }
            Self::Subdomains { asks: true, .. } => {
                "Mastodon's own list takes subdomains too: an address below a listed domain can ask, and a moderator decides."
            }
            Self::Subdomains { asks: false, .. } => {
                "Mastodon's own list takes subdomains too: an address below a listed domain gets in."
            }
            Self::NoList(_) => {
                "This service has no allow list: its admins have to keep the list by hand."
            }
        }
    }
}

fn is_below(domain: &str, above: &str) -> bool {
    domain
        .strip_suffix(above)
        .is_some_and(|rest| rest.ends_with('.'))
}
