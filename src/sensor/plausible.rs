//! Whether a value may be believed at all.

use super::{Fault, Value};

/// Passes the value on when it is a number inside the range. Contacts have no range.
pub fn plausible(value: Value, range: Option<(f64, f64)>) -> Result<Value, Fault> {
    let Value::Number(number) = value else { return Ok(value) };
    if !number.is_finite() {
        return Err(Fault::Failing {
            message: format!("the device gave {number}, which is no measurement"),
        });
    }
    match range {
        Some((low, high)) if number < low || number > high => {
            Err(Fault::Implausible { value: number, low, high })
        }
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_belong_to_it() {
        let range = Some((-20.0, 110.0));
        for number in [-20.0, 0.0, 110.0] {
            assert_eq!(plausible(Value::Number(number), range), Ok(Value::Number(number)));
        }
        for number in [-20.1, 110.1] {
            let fault = plausible(Value::Number(number), range).unwrap_err();
            assert_eq!(fault, Fault::Implausible { value: number, low: -20.0, high: 110.0 });
        }
    }

    #[test]
    fn what_is_no_number_is_never_believed() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(plausible(Value::Number(number), None), Err(Fault::Failing { .. })));
        }
    }
}
