//! The fleet's VM tests: one for each different shape of instance, not one for each of a hundred
//! tenants. What a test does is the modules' (`modules/mastodon/test.nix`); here is what the fleet
//! promises.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{GenerateError, Tree, nix, templates};
use crate::fleet::{BlockSeverity, Fleet, Instance, Name, Stage, word};

/// Adds `tests/instances/`.
pub(super) fn files(tree: &mut Tree, fleet: &Fleet) -> Result<(), GenerateError> {
    let chosen = representatives(fleet);
    let names: Vec<&Name> = chosen.iter().map(|(name, _)| *name).collect();
    let tests: Vec<Value> = names
        .iter()
        .map(|name| json!({ "name": &***name, "file": nix::path(format!("./{name}.nix")) }))
        .collect();
    tree.insert(
        "tests/instances/default.nix".into(),
        templates::render("tests.nix", &json!({ "tests": tests }))?,
    );
    for (name, instance) in chosen {
        let Some(host) = &instance.host else { continue };
        let values = json!({
            "name": &**name,
            "host": nix::path(format!("../../hosts/{host}")),
            "promises": promises(fleet, instance),
        });
        tree.insert(
            format!("tests/instances/{name}.nix"),
            templates::render("test.nix", &values)?,
        );
    }
    Ok(())
}

/// The first instance of each shape.
fn representatives(fleet: &Fleet) -> Vec<(&Name, &Instance)> {
    let mut shapes: BTreeMap<String, (&Name, &Instance)> = BTreeMap::new();
    for (name, instance) in &fleet.model.instances {
        // A sealed copy has nothing of its own to promise.
        if instance.is_deployed() && instance.stage != Stage::Staging {
            shapes
                .entry(shape(fleet, instance))
                .or_insert((name, instance));
        }
    }
    let mut chosen: Vec<_> = shapes.into_values().collect();
    chosen.sort_by_key(|(name, _)| *name);
    chosen
}

/// Two instances of one shape differ in names and numbers only.
fn shape(fleet: &Fleet, instance: &Instance) -> String {
    let kind = |lists: &[Name]| match fleet.domains_of(lists) {
        None => "anyone".to_owned(),
        Some(domains) => {
            let any = |subdomains: bool| {
                domains
                    .values()
                    .any(|admission| admission.subdomains == subdomains)
            };
            format!("{}{}", any(false), any(true))
        }
    };
    format!(
        "{} {} {} {} {} {} {} {} {} {} {} {}",
        word(instance.service),
        word(instance.stage),
        kind(&instance.signup.join),
        kind(&instance.signup.apply),
        instance.invites,
        word(instance.federation_mode()),
        instance.federation.authorized_fetch,
        fleet.blocks_of(instance).is_empty(),
        instance.web_domain.is_some(),
        instance.media.bucket.is_some(),
        instance.backup.is_some(),
        instance.mail.relay.is_some(),
    )
}

/// Addresses and domains to try, and what is promised about them.
fn promises(fleet: &Fleet, instance: &Instance) -> Value {
    let mut joins = Vec::new();
    let mut applies = Vec::new();
    let mut refused = Vec::new();
    let signup = &instance.signup;
    let may_join =
        |domain: &str| !signup.join.is_empty() && fleet.admits(&signup.join, domain).is_some();
    let may_apply =
        |domain: &str| !signup.apply.is_empty() && fleet.admits(&signup.apply, domain).is_some();
    let listed = [&signup.join, &signup.apply]
        .into_iter()
        .filter_map(|lists| Some(fleet.domains_of(lists)?.into_keys().next()?.to_string()));
    let candidates: Vec<String> = listed.chain(["stranger.example".to_owned()]).collect();
    for domain in candidates {
        let address = format!("someone@{domain}");
        let list = if may_join(&domain) {
            &mut joins
        } else if may_apply(&domain) {
            &mut applies
        } else {
            &mut refused
        };
        if !list.contains(&address) {
            list.push(address);
        }
    }
    let blocked: Vec<String> = fleet
        .blocks_of(instance)
        .into_iter()
        .filter(|(_, blocked)| blocked.block.severity == BlockSeverity::Suspend)
        .map(|(domain, _)| domain.to_string())
        .take(1)
        .collect();
    json!({ "joins": joins, "applies": applies, "refused": refused, "blocked": blocked })
}
