//! Phrases that more than one part of the page uses.

use serde::Serialize;

use crate::fleet::{BlockSeverity, Day, Ground, Keep, Service, Stage};

/// A number of things, large on the page.
#[derive(Debug, Serialize)]
pub(super) struct Count {
    pub(super) number: usize,
    pub(super) what: &'static str,
}

impl Count {
    pub(super) fn of(number: usize, one: &'static str, many: &'static str) -> Self {
        Self {
            number,
            what: if number == 1 { one } else { many },
        }
    }

    /// Those that there are any of.
    pub(super) fn some(counts: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let counts = counts.into_iter();
        counts.filter(|count| count.number > 0).collect()
    }
}

/// A word that leads to another place on the page, where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Link {
    pub(super) text: String,
    /// The `id` of that place.
    pub(super) anchor: Option<String>,
}

impl Link {
    pub(super) fn to(kind: &str, name: &str) -> Self {
        Self {
            text: name.to_owned(),
            anchor: Some(anchor(kind, name)),
        }
    }

    pub(super) fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            anchor: None,
        }
    }
}

/// The `id` of what is declared under this name.
pub(super) fn anchor(kind: &str, name: &str) -> String {
    format!("{kind}-{name}")
}

/// A service's name as it writes it itself.
pub(super) fn service(service: Service) -> &'static str {
    match service {
        Service::Mastodon => "Mastodon",
        Service::Forgejo => "Forgejo",
        Service::Gitlab => "GitLab",
        Service::Discourse => "Discourse",
        Service::Mattermost => "Mattermost",
        Service::Prosody => "Prosody",
        Service::Gotosocial => "GoToSocial",
    }
}

/// What a stage is called.
pub(super) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Production => "production",
        Stage::Staging => "staging",
        Stage::Development => "development",
    }
}

/// Why a server is blocked, in a word.
pub(super) fn ground(ground: Ground) -> &'static str {
    match ground {
        Ground::Spam => "spam",
        Ground::Abuse => "abuse",
        Ground::Attack => "attack",
        Ground::Illegal => "illegal content",
        Ground::Decision => "members’ decision",
    }
}

/// How much of a server is shut out.
pub(super) fn severity(severity: BlockSeverity) -> &'static str {
    match severity {
        BlockSeverity::Noop => "watched",
        BlockSeverity::Silence => "silenced",
        BlockSeverity::Suspend => "suspended",
    }
}

/// A day as people write it: `3 October 2026`.
pub(super) fn day(day: &Day) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut parts = day.split('-');
    let (year, month, number) = (parts.next(), parts.next(), parts.next());
    let month = month
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    match (year, month, number) {
        (Some(year), Some(month), Some(number)) => {
            format!("{} {month} {year}", number.trim_start_matches('0'))
        }
        _ => day.to_string(),
    }
}

/// When something is done, of a calendar expression: `every day at 02:15`.
pub(super) fn when(calendar: &str) -> String {
    if is_time(calendar) {
        format!("every day at {calendar}")
    } else {
        calendar.to_owned()
    }
}

/// How often something is done, without the hour.
pub(super) fn often(calendar: &str) -> &'static str {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let calendar = calendar.to_ascii_lowercase();
    let first = calendar.split(' ').next().unwrap_or_default();
    match first {
        "hourly" => "every hour",
        "daily" => "every day",
        "weekly" => "every week",
        "monthly" => "every month",
        "quarterly" => "every quarter",
        "yearly" | "annually" => "every year",
        time if is_time(time) => "every day",
        day if DAYS
            .iter()
            .any(|known| day.starts_with(known) && !day.contains([',', '.'])) =>
        {
            "every week"
        }
        _ => "regularly",
    }
}

/// Whether it is nothing but a time of day.
fn is_time(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.len(), 2 | 3)
        && parts
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// How many backups are kept: `the last of 7 days, 4 weeks and 6 months`.
pub(super) fn keep(keep: &Keep) -> String {
    let parts: Vec<String> = [
        (keep.daily, "day", "days"),
        (keep.weekly, "week", "weeks"),
        (keep.monthly, "month", "months"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, many)| format!("{number} {}", if number == 1 { one } else { many }))
    .collect();
    format!("the last of {}", listed(&parts))
}

/// `a, b and c`
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A domain with its middle hidden, as Mastodon shows one that is obfuscated: a quarter at each end
/// and the dots stay (`app/models/domain_block.rb`, `public_domain`).
pub(super) fn obfuscated(domain: &str) -> String {
    let length = domain.chars().count();
    let seen = length / 4;
    domain
        .chars()
        .enumerate()
        .map(|(place, mark)| {
            let is_hidden = place > seen && place < length.saturating_sub(seen) && mark != '.';
            if is_hidden { '*' } else { mark }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_are_said_without_the_hour() {
        for (calendar, wanted) in [
            ("02:15", "every day"),
            ("02:15:30", "every day"),
            ("daily", "every day"),
            ("weekly", "every week"),
            ("monthly", "every month"),
            ("Sun 04:00", "every week"),
            ("Mon..Fri 04:00", "regularly"),
            ("Mon,Thu 04:00", "regularly"),
            ("*-*-01 04:00", "regularly"),
        ] {
            assert_eq!(often(calendar), wanted, "{calendar}");
        }
        assert_eq!(when("02:15"), "every day at 02:15");
        assert_eq!(when("Sun 04:00"), "Sun 04:00");
    }

    #[test]
    fn days_are_said_as_people_say_them() {
        assert_eq!(day(&Day::checked("2026-10-03")), "3 October 2026");
        assert_eq!(day(&Day::checked("2026-13-03")), "2026-13-03");
        assert_eq!(day(&Day::checked("soon")), "soon");
    }

    #[test]
    fn what_is_kept_is_listed() {
        let kept = |daily, weekly, monthly| {
            keep(&Keep {
                daily,
                weekly,
                monthly,
            })
        };
        assert_eq!(kept(7, 4, 6), "the last of 7 days, 4 weeks and 6 months");
        assert_eq!(kept(1, 0, 12), "the last of 1 day and 12 months");
        assert_eq!(kept(0, 0, 0), "the last of nothing");
    }

    #[test]
    fn an_obfuscated_domain_shows_its_ends() {
        // 12 letters: 0 to 3 and 9 to 11 are seen.
        assert_eq!(obfuscated("spam.example"), "spam.****ple");
        // 9 letters: 0 to 2 and 7 to 8.
        assert_eq!(obfuscated("a.example"), "a.e****le");
        assert_eq!(obfuscated(""), "");
    }
}
