//! People and tenants, for those who run the fleet.

use serde::Serialize;

use super::words::{Link, anchor};
use crate::fleet::Fleet;

/// People and tenants.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    people: Vec<Person>,
    tenants: Vec<Tenant>,
}

#[derive(Debug, Serialize)]
struct Person {
    name: String,
    anchor: String,
    email: String,
    /// How many SSH keys they have; the keys themselves help nobody on paper.
    keys: usize,
    operates: Vec<Link>,
    owns: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Tenant {
    name: String,
    anchor: String,
    contact: String,
    instances: Vec<Link>,
}

pub(super) fn all(fleet: &Fleet) -> Shown {
    let model = &fleet.model;
    let instances = |wanted: &dyn Fn(&crate::fleet::Instance) -> bool| -> Vec<Link> {
        let instances = model.instances.iter();
        instances
            .filter(|(_, instance)| wanted(instance))
            .map(|(name, _)| Link::to("instance", name))
            .collect()
    };
    Shown {
        people: model
            .people
            .iter()
            .map(|(name, person)| Person {
                name: name.to_string(),
                anchor: anchor("person", name),
                email: person.email.to_string(),
                keys: person.ssh_keys.len(),
                operates: model
                    .hosts
                    .iter()
                    .filter(|(_, host)| host.operators.contains(name))
                    .map(|(host, _)| Link::to("host", host))
                    .collect(),
                owns: instances(&|instance| {
                    instance.is_deployed()
                        && instance.copy_of.is_none()
                        && instance.owner.as_ref() == Some(name)
                }),
            })
            .collect(),
        tenants: model
            .tenants
            .iter()
            .map(|(name, tenant)| Tenant {
                name: tenant.name.to_string(),
                anchor: anchor("tenant", name),
                contact: tenant.contact.to_string(),
                instances: instances(&|instance| instance.tenant.as_ref() == Some(name)),
            })
            .collect(),
    }
}
