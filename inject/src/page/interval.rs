//! Exact intervals for a share that was sampled.
//!
//! Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
//! binomial" (Biometrika, 1934): the shares under which what was found is not in the outer 2.5 % at
//! either side.

/// What each side may miss: 2.5 %, for an interval of 95 %.
const SIDE: f64 = 0.025;
/// Halvings of the interval in which the border is looked for; more than the bits of a double.
const HALVINGS: u32 = 200;
/// The most terms of the continued fraction. About the root of the number of samples is needed.
const TERMS: u32 = 1_000_000;

/// The borders of the share of `found` in `samples`, with 95 % confidence. No samples say nothing:
/// 0 to 1.
pub fn clopper_pearson(found: u64, samples: u64) -> (f64, f64) {
    let found = found.min(samples);
    let (hits, misses) = (found as f64, (samples - found) as f64);
    let low = match found {
        0 => 0.0,
        _ => border(|share| beta(share, hits, misses + 1.0) < SIDE),
    };
    let high = match samples - found {
        0 => 1.0,
        _ => border(|share| beta(share, hits + 1.0, misses) < 1.0 - SIDE),
    };
    (low, high)
}

/// Where a condition that holds from 0 on ceases to hold.
fn border(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// The regularised incomplete beta function.
fn beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = a * x.ln() + b * (-x).ln_1p() + log_gamma(a + b) - log_gamma(a) - log_gamma(b);
    // The fraction converges fast on this side of the mean only.
    if x < (a + 1.0) / (a + b + 2.0) {
        front.exp() * fraction(x, a, b) / a
    } else {
        1.0 - front.exp() * fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, from its head on (Lentz).
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut above = 1.0;
    let mut below = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = below;
    for term in 1..TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut last = 1.0;
        for step in [even, odd] {
            below = 1.0 / away(1.0 + step * below);
            above = away(1.0 + step / above);
            last = above * below;
            value *= last;
        }
        if (last - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function: Stirling's series, after moving up to where it is exact.
fn log_gamma(value: f64) -> f64 {
    let (mut x, mut moved) = (value, 0.0);
    while x < 16.0 {
        moved += x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series =
        (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - moved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        let difference = (found - expected).abs();
        assert!(
            difference <= 1e-9 + 1e-6 * expected,
            "{found}, not {expected}"
        );
    }

    /// The chance of `from..=to` hits, term by term.
    fn chance(samples: u64, share: f64, from: u64, to: u64) -> f64 {
        let mut term = (1.0 - share).powi(samples as i32);
        let mut sum = 0.0;
        for hits in 0..=to {
            if hits >= from {
                sum += term;
            }
            term *= (samples - hits) as f64 / (hits + 1) as f64 * share / (1.0 - share);
        }
        sum
    }

    #[test]
    fn nothing_found_gives_the_closed_form() {
        for samples in [1, 10, 100, 100_000, 100_000_000] {
            let (low, high) = clopper_pearson(0, samples);
            assert_eq!(low, 0.0);
            near(high, -(SIDE.ln() / samples as f64).exp_m1());
            let (low, high) = clopper_pearson(samples, samples);
            assert_eq!(high, 1.0);
            near(low, (SIDE.ln() / samples as f64).exp());
        }
    }

    #[test]
    fn the_borders_leave_a_fortieth_on_each_side() {
        for (found, samples) in [(1, 3), (5, 100), (10, 100), (19, 20), (3, 500), (250, 500)] {
            let (low, high) = clopper_pearson(found, samples);
            assert!(low < found as f64 / samples as f64 && high > found as f64 / samples as f64);
            near(chance(samples, low, found, samples), SIDE);
            near(chance(samples, high, 0, found), SIDE);
        }
    }

    #[test]
    fn the_interval_of_many_samples_is_narrow() {
        let (low, high) = clopper_pearson(500_000_000, 1_000_000_000);
        let normal = 1.959_964 * (0.25 / 1e9_f64).sqrt();
        assert!((high - 0.5 - normal).abs() < 1e-3 * normal, "{high}");
        assert!((0.5 - low - normal).abs() < 1e-3 * normal, "{low}");
    }

    #[test]
    fn no_samples_say_nothing() {
        assert_eq!(clopper_pearson(0, 0), (0.0, 1.0));
        assert_eq!(clopper_pearson(7, 0), (0.0, 1.0));
    }
}
