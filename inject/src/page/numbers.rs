//! Numbers as people read them.

/// A number with commas.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number in the room of five characters: `843`, `84.3k`, `8.43M`.
pub(crate) fn short(number: u64) -> String {
    let units = ["", "k", "M", "G", "T", "P", "E"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = match (unit, value) {
        (0, _) => 0,
        (_, value) if value < 9.995 => 2,
        (_, value) if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$}{}", units[unit])
}

/// A part of a whole; 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// A share in per cent with three digits that count; never `0 %` or `100 %` for what is only near it.
pub(crate) fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if value <= 0.0 {
        return "0 %".to_owned();
    }
    if value >= 99.95 {
        let text = if value >= 100.0 { "100 %" } else { "> 99.9 %" };
        return text.to_owned();
    }
    if value < 1e-9 {
        return "< 0.000000001 %".to_owned();
    }
    let magnitude = value.log10().floor() as i32;
    let digits = (2 - magnitude).clamp(1, 11) as usize;
    let text = format!("{value:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

/// `1 fault`, `2 faults`.
pub fn several(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn short_numbers_keep_three_digits() {
        let shown = [0, 999, 1_000, 9_994, 9_996, 99_960, 999_600, 863_749_222].map(short);
        let expected = [
            "0", "999", "1.00k", "9.99k", "10.0k", "100k", "1.00M", "864M",
        ];
        assert_eq!(shown, expected);
        assert_eq!(short(u64::MAX), "18.4E");
    }

    #[test]
    fn a_share_near_a_border_is_not_shown_as_the_border() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.999_999), "> 99.9 %");
        assert_eq!(percent(1e-12), "< 0.000000001 %");
        assert_eq!(percent(2.556e-5), "0.00256 %");
        assert_eq!(percent(0.5), "50 %");
        assert_eq!(percent(0.4627), "46.3 %");
        assert_eq!(percent(1e-10), "0.00000001 %");
    }

    #[test]
    fn nothing_has_no_parts() {
        assert_eq!(share(0, 0), 0.0);
        assert_eq!(share(1, 4), 0.25);
    }
}
