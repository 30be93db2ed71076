//! Calendar expressions as systemd.time(7) defines them: whether one is well-formed.
//!
//! When one is due is systemd's business. Time zones and seconds' fractions are not taken.

const SHORTHANDS: &[&str] = &[
    "minutely",
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "semiannually",
    "yearly",
    "annually",
];
const DAYS: &[(&str, &str)] = &[
    ("mon", "monday"),
    ("tue", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
];

/// Checks an expression such as `Mon..Fri *-*-1..7 04:00`.
///
/// # Errors
/// One sentence on what is wrong.
pub(super) fn check(text: &str) -> Result<(), String> {
    if SHORTHANDS.contains(&text.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if words.last() == Some(&"UTC") {
        words.pop();
    }
    if words.is_empty() {
        return Err("an empty calendar expression is never due".into());
    }
    let mut rest = words.as_slice();
    if let Some((first, tail)) = rest.split_first()
        && first.starts_with(|mark: char| mark.is_ascii_alphabetic())
    {
        weekdays(first)?;
        rest = tail;
    }
    if let Some((first, tail)) = rest.split_first()
        && !first.contains(':')
    {
        date(first)?;
        rest = tail;
    }
    if let Some((first, tail)) = rest.split_first() {
        time(first)?;
        rest = tail;
    }
    match rest.first() {
        None => Ok(()),
        Some(extra) => Err(format!("`{extra}` is more than weekday, date and time")),
    }
}

fn weekdays(text: &str) -> Result<(), String> {
    let number = |day: &str| {
        let day = day.to_ascii_lowercase();
        DAYS.iter()
            .position(|(short, long)| day == *short || day == *long)
    };
    let good = |range: &str| match range.split_once("..") {
        Some((from, to)) => matches!((number(from), number(to)), (Some(a), Some(b)) if a <= b),
        None => number(range).is_some(),
    };
    if text.trim_end_matches(',').split(',').all(good) {
        return Ok(());
    }
    Err(format!(
        "`{text}` is not a day of the week, nor a list or range of them"
    ))
}

fn date(text: &str) -> Result<(), String> {
    // `~` before the day counts from the end of the month.
    let parts: Vec<&str> = text.split(['-', '~']).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] => (Some(*year), *month, *day),
        [month, day] => (None, *month, *day),
        _ => return Err(format!("`{text}` is not a date like *-*-01")),
    };
    if let Some(year) = year {
        field(year, "year", 1970, 2199)?;
    }
    field(month, "month", 1, 12)?;
    field(day, "day", 1, 31)
}

fn time(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [hour, minute] | [hour, minute, _] => {
            field(hour, "hour", 0, 23)?;
            field(minute, "minute", 0, 59)?;
            parts
                .get(2)
                .map_or(Ok(()), |second| field(second, "second", 0, 59))
        }
        _ => Err(format!("`{text}` is not a time like 04:00")),
    }
}

/// `*`, numbers, ranges `a..b`, steps `/n`, and lists of these.
fn field(text: &str, unit: &str, least: u32, most: u32) -> Result<(), String> {
    let number = |text: &str| -> Result<u32, String> {
        let digits =
            !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(value) if digits && (least..=most).contains(&value) => Ok(value),
            _ => Err(format!("`{text}` is not a {unit} ({least} to {most})")),
        }
    };
    for item in text.split(',') {
        let (range, step) = item
            .split_once('/')
            .map_or((item, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step
            && !step
                .parse::<u32>()
                .is_ok_and(|step| (1..=most).contains(&step))
        {
            return Err(format!("`{step}` is not a step of {unit}s"));
        }
        if range == "*" {
            continue;
        }
        match range.split_once("..") {
            Some((from, to)) => {
                if number(from)? > number(to)? {
                    return Err(format!("the range `{range}` runs backwards"));
                }
            }
            None => {
                number(range)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn takes_what_systemd_takes() {
        for text in [
            "daily",
            "Weekly",
            "02:15",
            "Sun 04:00",
            "Mon..Fri 09:00:30",
            "Sat,Sun *-*-* 10:00",
            "*-*-01 03:00",
            "*-*~01 03:00",
            "2026-10-03",
            "Mon,Wed..Fri 04:00",
            "*:0/15",
            "*-01/3-01 04:00 UTC",
            "Sunday 4:00",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn refuses_what_systemd_refuses() {
        for text in [
            "",
            "noon",
            "25:00",
            "04:60",
            "Sonntag 04:00",
            "*-13-01",
            "*-*-32",
            "04:00 04:00",
            "10..5:00",
            "*:*/0",
            "4",
            "every day",
            "04.00",
            "Fri..Mon 04:00",
            "*-*-~1 03:00",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
