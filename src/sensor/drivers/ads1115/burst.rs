//! What a burst of samples amounts to.

use std::f64::consts::TAU;

/// The mean; 0 without samples.
pub(super) fn mean(samples: &[f64]) -> f64 {
    if samples.is_empty() { 0.0 } else { samples.iter().sum::<f64>() / samples.len() as f64 }
}

/// The root mean square of what alternates; the bias that a clamp is held at does not count.
///
/// The burst's ends count less than its middle (a Hann window), so that it does not matter
/// whether it holds whole waves: 50 Hz and 60 Hz alike, and Linux may be late.
pub(super) fn rms(samples: &[f64]) -> f64 {
    let weights = || (0..samples.len()).map(|i| weight(i, samples.len()));
    let total: f64 = weights().sum();
    if total <= 0.0 {
        return 0.0;
    }
    let weighted = |value: &dyn Fn(f64) -> f64| {
        weights().zip(samples).map(|(weight, sample)| weight * value(*sample)).sum::<f64>() / total
    };
    let bias = weighted(&|sample| sample);
    weighted(&|sample| (sample - bias).powi(2)).sqrt()
}

fn weight(index: usize, count: usize) -> f64 {
    1.0 - (TAU * (index as f64 + 0.5) / count as f64).cos()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sine_is_found_whatever_its_phase_and_frequency(
            amplitude in 0.001..2.0f64,
            bias in -2.0..2.0f64,
            phase in 0.0..TAU,
            hertz in 45.0..65.0f64,
            step_us in 1100.0..2000.0f64,
        ) {
            let wave = |i: usize| (TAU * hertz * i as f64 * step_us * 1e-6 + phase).sin();
            let samples: Vec<_> = (0..172).map(|i| bias + amplitude * wave(i)).collect();
            let expected = amplitude / 2f64.sqrt();
            prop_assert!((rms(&samples) - expected).abs() < 0.005 * expected);
        }
    }

    #[test]
    fn nothing_and_a_steady_voltage_alternate_by_nothing() {
        assert_eq!((rms(&[]), mean(&[])), (0.0, 0.0));
        assert!(rms(&[1.65; 172]) < 1e-12);
        assert_eq!(mean(&[1.0, 2.0]), 1.5);
    }
}
