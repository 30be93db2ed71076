//! The drawing for those who run the fleet: hosts with their containers, what runs elsewhere, and
//! the relays, backups and buckets that they lean on.

use std::collections::BTreeMap;

use super::super::hosts::carried;
use super::super::words::{self, listed};
use super::{Connection, Drawing, Frame, Kind, Link, Row, Scene, Target};
use crate::fleet::{Fleet, Host, Instance, Name, Stage};
use crate::lock::Lock;

/// More hosts or instances than these are drawn as small boxes, put together by what they lean on.
const HOSTS: usize = 12;
const INSTANCES: usize = 30;

/// The whole fleet.
pub(in super::super) fn of_fleet(fleet: &Fleet, lock: &Lock) -> Drawing {
    let targets = Targets::of(fleet);
    let model = &fleet.model;
    let deployed = model.instances.values().filter(|known| known.is_deployed());
    let is_folded = model.hosts.len() > HOSTS || deployed.count() > INSTANCES;
    let mut frames = if is_folded {
        folded(fleet, &targets)
    } else {
        let hosts = model.hosts.iter();
        hosts
            .map(|(name, host)| of_host(fleet, lock, &targets, name, host))
            .collect()
    };
    let elsewhere = elsewhere(fleet, is_folded);
    if !elsewhere.rows.is_empty() || !elsewhere.cells.is_empty() {
        frames.push(elsewhere);
    }
    let mut connections = Vec::new();
    for name in model.hosts.keys() {
        connections.push(Connection {
            from: "People and other servers".into(),
            what: Kind::Web.words(),
            to: name.to_string(),
        });
        for (instance, known) in carried(fleet, name) {
            connections.push(Connection {
                from: name.to_string(),
                what: "carries, in a container,",
                to: instance.to_string(),
            });
            for link in targets.all_links(fleet, known) {
                connections.push(Connection {
                    from: instance.to_string(),
                    what: link.kind.words(),
                    to: targets.all[link.target].0.title.clone(),
                });
            }
        }
    }
    let scene = Scene {
        title: "The fleet".into(),
        description: format!(
            "{} with the instances they carry in containers, what is run elsewhere, and the mail relays, backups and buckets they use. The table below says the same.",
            plural(model.hosts.len(), "host", "hosts")
        ),
        source: (!model.hosts.is_empty()).then(|| Target {
            title: "People and other servers".into(),
            facts: vec!["HTTPS to nginx".into(), "and on into containers".into()],
        }),
        frames,
        targets: targets.all.into_iter().map(|(target, ..)| target).collect(),
    };
    Drawing::of(scene, connections)
}

/// Relays, backups and buckets that something uses.
struct Targets {
    all: Vec<(Target, Kind, Name)>,
}

impl Targets {
    fn of(fleet: &Fleet) -> Self {
        let model = &fleet.model;
        let used = |uses: &dyn Fn(&Instance) -> bool| {
            model
                .instances
                .values()
                .any(|known| known.is_deployed() && uses(known))
        };
        let mut all = Vec::new();
        for (name, relay) in &model.relays {
            if used(&|instance| instance.mail.relay.as_ref() == Some(name)) {
                let target = Target {
                    title: format!("mail relay {name}"),
                    facts: vec![relay.server.to_string()],
                };
                all.push((target, Kind::Mail, name.clone()));
            }
        }
        for (name, backup) in &model.backups {
            if used(&|instance| {
                let plan = instance.backup.as_ref();
                plan.is_some_and(|plan| plan.to == *name)
                    || original_backup(fleet, instance).as_ref() == Some(name)
            }) {
                let target = Target {
                    title: format!("backups {name}"),
                    facts: vec![backup.repository.to_string()],
                };
                all.push((target, Kind::Backup, name.clone()));
            }
        }
        for (name, bucket) in &model.buckets {
            if used(&|instance| instance.media.bucket.as_ref() == Some(name)) {
                let target = Target {
                    title: format!("bucket {name}"),
                    facts: vec![bucket.bucket.to_string(), bucket.endpoint.to_string()],
                };
                all.push((target, Kind::Media, name.clone()));
            }
        }
        Self { all }
    }

    /// What an instance leans on.
    fn links(&self, instance: &Instance) -> Vec<Link> {
        let is_copy = instance.copy_of.is_some();
        let places = self.all.iter().enumerate();
        places
            .filter(|(_, (_, kind, name))| {
                !is_copy
                    && match kind {
                        Kind::Mail => instance.mail.relay.as_ref() == Some(name),
                        Kind::Backup => {
                            let plan = instance.backup.as_ref();
                            plan.is_some_and(|plan| plan.to == *name)
                        }
                        _ => instance.media.bucket.as_ref() == Some(name),
                    }
            })
            .map(|(target, (_, kind, _))| Link {
                target,
                kind: *kind,
            })
            .collect()
    }

    /// What an instance leans on, the backup that a copy is made of included.
    fn all_links(&self, fleet: &Fleet, instance: &Instance) -> Vec<Link> {
        let mut links = self.links(instance);
        let from = original_backup(fleet, instance);
        links.extend(
            self.all
                .iter()
                .position(|(_, kind, name)| *kind == Kind::Backup && from.as_ref() == Some(name))
                .map(|target| Link {
                    target,
                    kind: Kind::Copy,
                }),
        );
        links
    }
}

/// Where the backups are that a sealed copy is restored from.
fn original_backup(fleet: &Fleet, instance: &Instance) -> Option<Name> {
    let original = fleet.model.instances.get(instance.copy_of.as_ref()?)?;
    Some(original.backup.as_ref()?.to.clone())
}

fn of_host(fleet: &Fleet, lock: &Lock, targets: &Targets, name: &Name, host: &Host) -> Frame {
    let rows = carried(fleet, name).map(|(name, instance)| {
        let container = lock.instances.get(name);
        let mut facts = kind(instance);
        facts.extend(container.map(|settled| format!("container {}", settled.container)));
        Row {
            title: instance.domain.to_string(),
            facts,
            is_production: instance.stage == Stage::Production,
            links: targets.all_links(fleet, instance),
        }
    });
    let mut facts = Vec::new();
    if let Some(memory) = host.ram_gb {
        facts.push(format!("{memory} GB memory"));
    }
    if let Some(disk) = host.disk_gb {
        facts.push(format!("{disk} GB disk"));
    }
    if !host.operators.is_empty() {
        let operators: Vec<String> = host.operators.iter().map(ToString::to_string).collect();
        facts.push(format!("operated by {}", listed(&operators)));
    }
    Frame {
        title: name.to_string(),
        facts,
        rows: rows.collect(),
        ..Frame::default()
    }
}

/// Hosts as small boxes, in one frame for each set of things that they lean on.
fn folded(fleet: &Fleet, targets: &Targets) -> Vec<Frame> {
    let mut groups: BTreeMap<Vec<Link>, (Vec<String>, usize)> = BTreeMap::new();
    for name in fleet.model.hosts.keys() {
        let mut links: Vec<Link> = Vec::new();
        let mut number = 0;
        for (_, instance) in carried(fleet, name) {
            links.extend(targets.all_links(fleet, instance));
            number += 1;
        }
        links.sort_unstable();
        links.dedup();
        let (cells, all) = groups.entry(links).or_default();
        cells.push(format!("{name} · {number}"));
        *all += number;
    }
    let groups = groups.into_iter();
    groups
        .map(|(links, (cells, all))| Frame {
            title: plural(cells.len(), "host", "hosts"),
            facts: vec![
                format!("{} in all", plural(all, "instance", "instances")),
                "a host’s number is how many it carries".into(),
            ],
            cells,
            links,
            ..Frame::default()
        })
        .collect()
}

fn kind(instance: &Instance) -> Vec<String> {
    vec![
        words::service(instance.service).to_owned(),
        words::stage(instance.stage).to_owned(),
    ]
}

fn elsewhere(fleet: &Fleet, is_folded: bool) -> Frame {
    let outside = fleet
        .model
        .instances
        .values()
        .filter(|known| !known.is_deployed());
    let outside: Vec<&Instance> = outside.collect();
    let is_folded = is_folded && outside.len() > HOSTS;
    Frame {
        title: "Run elsewhere".into(),
        facts: vec![
            "known for their lists".into(),
            "coop deploys nothing there".into(),
        ],
        is_outside: true,
        cells: outside
            .iter()
            .filter(|_| is_folded)
            .map(|instance| instance.domain.to_string())
            .collect(),
        rows: outside
            .iter()
            .filter(|_| !is_folded)
            .map(|instance| Row {
                title: instance.domain.to_string(),
                facts: kind(instance),
                is_production: instance.stage == Stage::Production,
                links: Vec::new(),
            })
            .collect(),
        links: Vec::new(),
    }
}

fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
