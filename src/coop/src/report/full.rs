//! The page for those who run the fleet: everything but secrets' values, which coop does not know.

use serde::Serialize;

use super::drawing::{Drawing, of_fleet};
use super::words::{self, Count};
use super::{Subject, backups, hosts, instances, people, plan, policies, signup};

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    name: String,
    contact: String,
    nixos: String,
    timezone: String,
    today: String,
    day: String,
    counts: Vec<Count>,
    /// Blocks whose day of review is past.
    due: usize,
    drawing: Drawing,
    hosts: Vec<hosts::Shown>,
    instances: Vec<instances::Shown>,
    lists: Vec<signup::List>,
    policies: Vec<policies::Shown>,
    backups: backups::Shown,
    people: people::Shown,
    plan: Option<plan::Shown>,
}

impl Page {
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        let Subject {
            fleet,
            lock,
            today,
            plan,
        } = subject;
        let model = &fleet.model;
        let info = model.fleet.as_ref();
        let text = |of: fn(&crate::fleet::FleetInfo) -> String| info.map(of).unwrap_or_default();
        let deployed = model
            .instances
            .values()
            .filter(|instance| instance.is_deployed())
            .count();
        let policies = policies::all(fleet, today);
        Self {
            name: text(|info| info.name.to_string()),
            contact: text(|info| info.contact.to_string()),
            nixos: text(|info| info.nixos.to_string()),
            timezone: text(|info| info.timezone.to_string()),
            today: today.to_string(),
            day: words::day(today),
            counts: Count::some([
                Count::of(model.hosts.len(), "host", "hosts"),
                Count::of(deployed, "instance", "instances"),
                Count::of(model.instances.len() - deployed, "elsewhere", "elsewhere"),
                Count::of(model.tenants.len(), "tenant", "tenants"),
                Count::of(model.allowlists.len(), "allow list", "allow lists"),
                Count::of(
                    fleet.blocks.values().map(Vec::len).sum(),
                    "blocked server",
                    "blocked servers",
                ),
            ]),
            due: policies.iter().map(|policy| policy.due).sum(),
            drawing: of_fleet(fleet, lock),
            hosts: hosts::all(fleet, lock),
            instances: instances::all(fleet, lock),
            lists: signup::lists(
                fleet,
                model
                    .instances
                    .iter()
                    .filter(|(_, instance)| instance.copy_of.is_none()),
                |_| true,
                |name, _| name.to_string(),
            ),
            policies,
            backups: backups::all(fleet),
            people: people::all(fleet),
            plan: plan.map(plan::Shown::of),
        }
    }
}
