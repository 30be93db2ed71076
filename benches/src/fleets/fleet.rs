//! The fleet that is measured, as its `coop.toml`, and the edits of it. All of it follows from a seed and
//! the number of hosts; nothing is written here.

use std::fmt::Write as _;

use fastrand::Rng;

/// Every so many hosts there is one with a second instance.
const SECOND: usize = 10;

/// The key of the operator of all hosts.
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHo1bkeyCOSJalb1KRrovHsIAK4h7R22J7/joBDMkzCy";

const HEAD: &str = "\
[fleet]
name = \"Fleet\"
contact = \"support@coop.example\"
nixos = \"26.05\"

[people.ann]
email = \"ann@coop.example\"
ssh_keys = [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHo1bkeyCOSJalb1KRrovHsIAK4h7R22J7/joBDMkzCy\"]

[backups.store]
repository = \"sftp:coop@store.example:/coop\"
password = { secret = \"restic\" }
";

/// A fleet of hosts, each with a Mastodon instance, and some with two.
pub(crate) struct Fleet {
    hosts: Vec<Host>,
}

#[derive(Clone)]
struct Host {
    name: String,
    address: String,
    /// The domains of its allow list.
    domains: Vec<String>,
    keep_days: u8,
    budget_gb: u8,
    memory_gb: u8,
    /// The minute after midnight at which it is saved.
    minute: u16,
    has_second: bool,
}

impl Fleet {
    /// A fleet of so many hosts; the first hosts of a larger one are those of a smaller one.
    pub(crate) fn new(hosts: usize, seed: u64) -> Self {
        Self {
            hosts: (0..hosts).map(|number| Host::new(number, seed)).collect(),
        }
    }

    /// The names of its hosts, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.hosts.iter().map(|host| host.name.as_str()).collect()
    }

    /// The host that edits are about: the one in the middle.
    pub(crate) fn edited(&self) -> &str {
        &self.hosts[self.hosts.len() / 2].name
    }

    /// Its `coop.toml`.
    pub(crate) fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for host in &self.hosts {
            host.write(&mut text);
        }
        text
    }

    /// Its `coop.toml` with another domain in the allow list of one host. `number` names the edit.
    pub(crate) fn with_value(&self, number: usize) -> String {
        self.with_edited(|host| host.domains.push(format!("new{number}.example")))
    }

    /// Its `coop.toml` with another budget for the cache of one host's instances: one of a hundred by `number`.
    pub(crate) fn with_budget(&self, number: usize) -> String {
        self.with_edited(|host| host.budget_gb += 1 + (number % 100) as u8)
    }

    /// Its `coop.toml` with another comment on the key of the operator of all hosts. `number` names the edit.
    pub(crate) fn with_key(&self, number: usize) -> String {
        let key = format!("{KEY} ann{number}");
        self.text().replacen(KEY, &key, 1)
    }

    fn with_edited(&self, edit: impl Fn(&mut Host)) -> String {
        let mut text = HEAD.to_owned();
        for host in &self.hosts {
            if host.name == self.edited() {
                let mut host = host.clone();
                edit(&mut host);
                host.write(&mut text);
            } else {
                host.write(&mut text);
            }
        }
        text
    }

    /// Its `coop.toml` with another instance on one host. `number` names the edit.
    pub(crate) fn with_instance(&self, number: usize) -> String {
        self.and_instance(self.text(), number)
    }

    /// The same, with another domain in that host's allow list.
    pub(crate) fn with_instance_and_value(&self, number: usize) -> String {
        self.and_instance(self.with_value(number), number)
    }

    fn and_instance(&self, mut text: String, number: usize) -> String {
        let host = &self.hosts[self.hosts.len() / 2];
        host.write_instance(&mut text, &format!("new{number}"));
        text
    }
}

impl Host {
    fn new(number: usize, seed: u64) -> Self {
        // Each has a generator of its own, so that it does not depend on the number of hosts.
        let mut random = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        let name = format!("h{number:04}");
        let domains = (0..random.usize(2..=5))
            .map(|domain| format!("{}{domain}.{name}.example", word(&mut random)))
            .collect();
        Self {
            // RFC 2544 keeps these addresses for benchmarks.
            address: format!("198.18.{}.{}", number / 250, number % 250 + 1),
            domains,
            keep_days: random.u8(3..=30),
            budget_gb: random.u8(10..=60),
            memory_gb: random.u8(4..=8),
            minute: random.u16(60..300),
            has_second: number % SECOND == SECOND - 1,
            name,
        }
    }

    fn write(&self, text: &mut String) {
        let Self {
            name,
            address,
            domains,
            ..
        } = self;
        let listed = domains.join("\", \"");
        let _ = write!(
            text,
            "\n[people.{name}]\nemail = \"owner@{}\"\n\
             \n[allowlists.{name}]\ndomains = [\"{listed}\"]\n\
             \n[hosts.{name}]\nipv4 = \"{address}\"\noperators = [\"ann\"]\nram_gb = 64\ndisk_gb = 800\n",
            domains[0],
        );
        self.write_instance(text, "first");
        if self.has_second {
            self.write_instance(text, "second");
        }
    }

    fn write_instance(&self, text: &mut String, which: &str) {
        let Self { name, .. } = self;
        let _ = write!(
            text,
            "\n[instances.{name}-{which}]\nservice = \"mastodon\"\ndomain = \"{which}.{name}.example\"\n\
             host = \"{name}\"\nowner = \"{name}\"\nsignup = {{ join = [\"{name}\"] }}\n\
             cache = {{ keep_days = {}, budget_gb = {} }}\nmemory_gb = {}\n\
             backup = {{ to = \"store\", at = \"{:02}:{:02}\" }}\n",
            self.keep_days,
            self.budget_gb,
            self.memory_gb,
            self.minute / 60,
            self.minute % 60,
        );
    }
}

/// A word of six letters.
fn word(random: &mut Rng) -> String {
    (0..6).map(|_| random.lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of one text that the other does not have.
    fn more<'a>(text: &'a str, than: &str) -> Vec<&'a str> {
        text.lines()
            .filter(|line| !than.lines().any(|other| other == *line))
            .collect()
    }

    #[test]
    fn a_fleet_follows_from_its_seed() {
        assert_eq!(Fleet::new(8, 1).text(), Fleet::new(8, 1).text());
        assert_ne!(Fleet::new(8, 1).text(), Fleet::new(8, 2).text());
    }

    #[test]
    fn a_larger_fleet_begins_with_the_hosts_of_a_smaller_one() {
        let small = Fleet::new(3, 1).text();
        assert!(Fleet::new(12, 1).text().starts_with(&small));
    }

    #[test]
    fn every_tenth_host_has_a_second_instance() {
        let text = Fleet::new(30, 1).text();
        assert_eq!(text.matches("-first]").count(), 30);
        let second: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("-second]"))
            .collect();
        assert_eq!(
            second,
            [
                "[instances.h0009-second]",
                "[instances.h0019-second]",
                "[instances.h0029-second]"
            ]
        );
    }

    #[test]
    fn hosts_have_addresses_and_lists_of_their_own() {
        let text = Fleet::new(300, 1).text();
        for key in ["ipv4 = ", "domains = "] {
            let mut lines: Vec<&str> = text.lines().filter(|line| line.starts_with(key)).collect();
            assert_eq!(lines.len(), 300);
            lines.sort_unstable();
            lines.dedup();
            assert_eq!(lines.len(), 300, "{key}");
        }
    }

    #[test]
    fn a_value_edit_is_one_line_and_a_structural_edit_one_instance() {
        let fleet = Fleet::new(8, 1);
        let value = fleet.with_value(3);
        let text = fleet.text();
        let changed_value = more(&value, &text);
        assert_eq!(changed_value.len(), 1, "{changed_value:?}");
        assert!(
            changed_value[0].contains("\"new3.example\"]"),
            "{changed_value:?}"
        );
        let budget = fleet.with_budget(3);
        let changed = more(&budget, &fleet.text());
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(changed[0].contains("budget_gb"), "{changed:?}");
        assert_ne!(budget, fleet.with_budget(4));
        let structure = fleet.with_instance(3);
        assert_eq!(
            more(&structure, &fleet.text()),
            ["[instances.h0004-new3]", "domain = \"new3.h0004.example\""]
        );
        let both = fleet.with_instance_and_value(3);
        assert_eq!(more(&both, &structure), changed_value);
        let key = fleet.with_key(3);
        let changed = more(&key, &text);
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(changed[0].ends_with(" ann3\"]"), "{changed:?}");
    }
}
