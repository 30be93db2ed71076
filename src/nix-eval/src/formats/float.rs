//! Floats as text, in the three ways that Nix writes them.

use super::grisu;

fn special(value: f64) -> Option<String> {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        Some(format!("{sign}nan"))
    } else if value.is_infinite() {
        Some(format!("{sign}inf"))
    } else {
        None
    }
}

/// Mantissa digits (without a point) and decimal exponent of `{:e}` output.
fn scientific(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn exponent_text(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("e{sign}{:02}", exponent.abs())
}

/// As C's `%g`: six significant digits, no trailing zeros.
#[must_use]
pub fn general(value: f64) -> String {
    if let Some(text) = special(value) {
        return text;
    }
    if value == 0.0 {
        return if value.is_sign_negative() {
            "-0".to_owned()
        } else {
            "0".to_owned()
        };
    }
    let (digits, exponent) = scientific(&format!("{:.5e}", value.abs()));
    let trimmed = digits.trim_end_matches('0');
    let sign = if value < 0.0 { "-" } else { "" };
    if !(-4..6).contains(&exponent) {
        let (first, rest) = trimmed.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{rest}{}", exponent_text(exponent));
    }
    format!("{sign}{}", place_point(trimmed, exponent + 1, ""))
}

/// `digits` with the point after the first `point` of them; `whole` follows where there is no
/// fraction.
fn place_point(digits: &str, point: i32, whole: &str) -> String {
    match usize::try_from(point) {
        Ok(point) if point >= digits.len() => {
            format!("{digits}{}{whole}", "0".repeat(point - digits.len()))
        }
        Ok(point) if point > 0 => format!("{}.{}", &digits[..point], &digits[point..]),
        _ => format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
    }
}

/// As C's `%f`: six digits after the point.
#[must_use]
pub fn fixed(value: f64) -> String {
    special(value).unwrap_or_else(|| format!("{value:.6}"))
}

/// Positions of the decimal point up to which JSON numbers are written without an exponent.
const JSON_PLAIN: std::ops::RangeInclusive<i32> = -3..=15;

/// As JSON: text that reads back as the same float; null for what JSON cannot say.
///
/// The digits are those of the Grisu2 algorithm, which Nix's JSON library (nlohmann) uses. They are
/// not always the shortest: 5e22 is `4.9999999999999996e+22`.
#[must_use]
pub fn json(value: f64) -> String {
    if !value.is_finite() {
        return "null".to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() {
            "-0.0".to_owned()
        } else {
            "0.0".to_owned()
        };
    }
    let (digits, last) = grisu::digits(value.abs());
    let point = digits.len() as i32 + last;
    let sign = if value < 0.0 { "-" } else { "" };
    if JSON_PLAIN.contains(&point) {
        return format!("{sign}{}", place_point(&digits, point, ".0"));
    }
    let (first, rest) = digits.split_at(1);
    let dot = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{dot}{rest}{}", exponent_text(point - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_has_six_digits() {
        for (value, text) in [
            (1.5, "1.5"),
            (1.0, "1"),
            (1_000_000.0, "1e+06"),
            (123_456.0, "123456"),
            (1_234_567.0, "1.23457e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-0.1, "-0.1"),
            (f64::INFINITY, "inf"),
            (100.25, "100.25"),
        ] {
            assert_eq!(general(value), text);
        }
    }

    #[test]
    fn fixed_has_six_places() {
        assert_eq!(fixed(1.5), "1.500000");
        assert_eq!(fixed(1e20), "100000000000000000000.000000");
    }

    #[test]
    fn what_is_not_a_number_keeps_its_sign() {
        for (value, text) in [
            (f64::NAN, "nan"),
            (-f64::NAN, "-nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(general(value), text);
            assert_eq!(fixed(value), text);
            assert_eq!(json(value), "null");
        }
    }

    #[test]
    fn zeros_keep_their_sign() {
        assert_eq!(
            [general(-0.0), fixed(-0.0), json(-0.0)],
            ["-0", "-0.000000", "-0.0"]
        );
        assert_eq!(
            [general(0.0), fixed(0.0), json(0.0)],
            ["0", "0.000000", "0.0"]
        );
    }

    #[test]
    fn json_has_the_digits_of_grisu2() {
        for (value, text) in [
            (1.0, "1.0"),
            (1e16, "1e+16"),
            (1e15, "1e+15"),
            (1e14, "100000000000000.0"),
            (123_456_789_012_345.0, "123456789012345.0"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1.5e300, "1.5e+300"),
            (-2.5, "-2.5"),
            (1e23, "9.999999999999999e+22"),
            (5e22, "4.9999999999999996e+22"),
            (30_794_864.774_968_755, "30794864.774968754"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(json(value), text);
        }
    }
}
