//! Moments as text, in UTC.

/// The parts of a moment: year, month, day, hour, minute, second.
fn parts(seconds: u64) -> (u64, u64, u64, u64, u64, u64) {
    // Days since 1 March of the year 0, in eras of 400 years (Howard Hinnant, "date algorithms").
    let shifted = seconds / 86_400 + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (
        year,
        month,
        day,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    )
}

/// Seconds since 1970 as `YYYY-MM-DD`.
#[must_use]
pub fn day(seconds: u64) -> String {
    let (year, month, day, ..) = parts(seconds);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Seconds since 1970 as `YYYY-MM-DD hh:mm:ss`.
#[must_use]
pub fn moment(seconds: u64) -> String {
    let (.., hour, minute, second) = parts(seconds);
    format!("{} {hour:02}:{minute:02}:{second:02}", day(seconds))
}

/// Seconds since 1970 as `YYYYMMDDhhmmss`, the form of `lastModifiedDate` (`primops/fetchTree.cc`).
#[must_use]
pub fn compact(seconds: u64) -> String {
    let (year, month, day, hour, minute, second) = parts(seconds);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::{compact, moment};

    #[test]
    fn moments_are_in_utc() {
        assert_eq!(moment(0), "1970-01-01 00:00:00");
        assert_eq!(moment(951_782_400), "2000-02-29 00:00:00");
        assert_eq!(moment(1_735_689_599), "2024-12-31 23:59:59");
        assert_eq!(compact(951_782_400), "20000229000000");
        assert_eq!(compact(1_735_689_599), "20241231235959");
    }
}
