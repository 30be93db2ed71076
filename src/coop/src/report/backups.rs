//! Backups, the relays that take mail and the buckets that keep media: what the fleet leans on.

use serde::Serialize;

use super::words::{Link, anchor, keep, when};
use crate::fleet::{Fleet, Instance, Name};

/// What the fleet leans on.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    plans: Vec<Plan>,
    /// Instances that coop runs and nobody backs up.
    without: Vec<Link>,
    places: Vec<Place>,
    relays: Vec<Relay>,
    buckets: Vec<Bucket>,
}

/// An instance's backups.
#[derive(Debug, Serialize)]
struct Plan {
    instance: Link,
    to: Link,
    at: String,
    drill: String,
    keep: String,
}

#[derive(Debug, Serialize)]
struct Place {
    name: String,
    anchor: String,
    repository: String,
    secret: String,
    used_by: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Relay {
    name: String,
    anchor: String,
    server: String,
    user: String,
    secret: String,
    used_by: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Bucket {
    name: String,
    anchor: String,
    endpoint: String,
    there: String,
    alias: Option<String>,
    secrets: Vec<String>,
    used_by: Vec<Link>,
}

pub(super) fn all(fleet: &Fleet) -> Shown {
    let model = &fleet.model;
    let deployed: Vec<(&Name, &Instance)> = model
        .instances
        .iter()
        .filter(|(_, instance)| instance.is_deployed() && instance.copy_of.is_none())
        .collect();
    let used_by = |uses: &dyn Fn(&Instance) -> bool| -> Vec<Link> {
        let users = deployed.iter().filter(|(_, instance)| uses(instance));
        users.map(|(name, _)| Link::to("instance", name)).collect()
    };
    let plans = deployed.iter().filter_map(|(name, instance)| {
        let plan = instance.backup.as_ref()?;
        let place = model.backups.get(&plan.to)?;
        Some(Plan {
            instance: Link::to("instance", name),
            to: Link::to("backup", &plan.to),
            at: when(&plan.at),
            drill: when(&plan.drill),
            keep: keep(&place.keep),
        })
    });
    Shown {
        plans: plans.collect(),
        without: used_by(&|instance| instance.backup.is_none()),
        places: model
            .backups
            .iter()
            .map(|(name, place)| Place {
                name: name.to_string(),
                anchor: anchor("backup", name),
                repository: place.repository.to_string(),
                secret: place.password.secret.to_string(),
                used_by: used_by(&|instance| {
                    instance
                        .backup
                        .as_ref()
                        .is_some_and(|plan| plan.to == *name)
                }),
            })
            .collect(),
        relays: model
            .relays
            .iter()
            .map(|(name, relay)| Relay {
                name: name.to_string(),
                anchor: anchor("relay", name),
                server: relay.server.to_string(),
                user: relay.user.to_string(),
                secret: relay.password.secret.to_string(),
                used_by: used_by(&|instance| instance.mail.relay.as_ref() == Some(name)),
            })
            .collect(),
        buckets: model
            .buckets
            .iter()
            .map(|(name, bucket)| Bucket {
                name: name.to_string(),
                anchor: anchor("bucket", name),
                endpoint: bucket.endpoint.to_string(),
                there: bucket.bucket.to_string(),
                alias: bucket.alias.as_ref().map(ToString::to_string),
                secrets: vec![
                    bucket.access_key.secret.to_string(),
                    bucket.secret_key.secret.to_string(),
                ],
                used_by: used_by(&|instance| instance.media.bucket.as_ref() == Some(name)),
            })
            .collect(),
    }
}
