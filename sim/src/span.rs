//! Times in files: `"150us"`, `"20ms"`, `"3s"`; and what each seed draws between two values.

use crate::random::Random;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A length of virtual time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Span(pub u64);

const UNITS: [(&str, u64); 4] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
];

impl Span {
    /// All are shorter. Far enough from the end of time that sums of them cannot overflow.
    pub(crate) const LIMIT: u64 = 1 << 56;

    /// Reads a time such as `20ms`. The error is a sentence.
    pub fn parse(text: &str) -> Result<Span, String> {
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = UNITS.iter().find(|(name, _)| *name == unit.trim());
        let number: Option<u64> = number.parse().ok();
        number
            .zip(unit)
            .and_then(|(number, (_, factor))| number.checked_mul(*factor))
            .filter(|micros| *micros < Span::LIMIT)
            .map(Span)
            .ok_or_else(|| {
                format!("`{text}` is no time such as \"20ms\"; the units are us, ms, s and m")
            })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, factor): &&(&str, u64)| self.0.is_multiple_of(*factor);
        let (unit, factor) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
        write!(f, "{}{unit}", self.0 / factor)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
        let text = String::deserialize(from)?;
        Span::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// One value, or two of which each seed draws one between them, both included.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected one value such as 3 or \"20ms\", or two in a list: least and greatest"
)]
pub enum Range<T> {
    /// Always this one.
    One(T),
    /// From the first to the second.
    Between([T; 2]),
}

impl<T: Copy> Range<T> {
    /// Least and greatest.
    pub fn ends(&self) -> [T; 2] {
        match *self {
            Range::One(value) => [value, value],
            Range::Between(ends) => ends,
        }
    }
}

impl Range<Span> {
    /// Draws one, in microseconds.
    pub(crate) fn draw(&self, random: &mut Random) -> u64 {
        let [from, to] = self.ends();
        random.between(from.0, to.0)
    }
}

impl Range<u32> {
    /// Draws one.
    pub(crate) fn draw(&self, random: &mut Random) -> u32 {
        let [from, to] = self.ends();
        random.between(u64::from(from), u64::from(to)) as u32
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_read_back_as_they_were_written() {
        for (text, micros) in [
            ("0us", 0),
            ("150us", 150),
            ("20ms", 20_000),
            ("3s", 3_000_000),
            ("2m", 120_000_000),
        ] {
            assert_eq!(Span::parse(text), Ok(Span(micros)));
            assert_eq!(Span::parse(&Span(micros).to_string()), Ok(Span(micros)));
        }
        for text in [
            "",
            "5",
            "ms",
            "-5ms",
            "5 years",
            "99999999999999999999s",
            "18446744073709551s",
        ] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }
}
