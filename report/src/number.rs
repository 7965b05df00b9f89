//! Numbers as the report prints them. Inside the project fractions are fractions; they become per
//! cent here and nowhere else.

/// U+2212, as wide as a plus sign.
pub const MINUS: char = '−';

/// A fraction in per cent with two decimals, without the sign: 0.9173 is `91.73`.
pub fn percent(fraction: f64) -> String {
    decimal(fraction * 100.0, 2)
}

/// A fraction in per cent with as many decimals as asked for.
pub fn percent_to(fraction: f64, decimals: usize) -> String {
    decimal(fraction * 100.0, decimals)
}

/// A difference of fractions in percentage points, always with its sign.
pub fn points(fraction: f64) -> String {
    signed(fraction * 100.0, 2)
}

/// `91.1 to 92.3`, per cent.
pub fn percent_interval(low: f64, high: f64) -> String {
    format!("{} to {}", percent(low), percent(high))
}

/// `−0.12 to +0.94`, percentage points.
pub fn points_interval(low: f64, high: f64) -> String {
    format!("{} to {}", points(low), points(high))
}

/// The cell of a table: what `format` makes of `value`, nothing for nothing.
pub fn cell(value: Option<f64>, format: impl FnOnce(f64) -> String) -> String {
    value.map_or(String::new(), format)
}

/// With a fixed number of decimals; `–` when it is not a number.
pub fn decimal(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.decimals$}", value.abs());
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        format!("{MINUS}{text}")
    } else {
        text
    }
}

/// With a fixed number of decimals and a sign, except for zero.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = decimal(value, decimals);
    if value > 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        format!("+{text}")
    } else {
        text
    }
}

/// `1,685,514`
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A p-value as journals print it: `< 0.001`, `0.012`, `0.35`.
pub fn p_value(p: f64) -> String {
    if !p.is_finite() {
        "–".to_owned()
    } else if p < 0.001 {
        "< 0.001".to_owned()
    } else if p < 0.1 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    }
}

/// A p-value after the letter p: `< 0.001`, `= 0.012`.
pub fn p_equals(p: f64) -> String {
    let text = p_value(p);
    match text.starts_with('<') {
        true => text,
        false => format!("= {text}"),
    }
}

/// Floating-point operations with three digits: `0.574 PFLOP`, `8.05 TFLOP`.
pub fn operations(count: f64) -> String {
    let (value, unit) = match count {
        count if count >= 1e14 => (count / 1e15, "PFLOP"),
        count if count >= 1e11 => (count / 1e12, "TFLOP"),
        count => (count / 1e9, "GFLOP"),
    };
    let decimals = match value {
        value if value < 1.0 => 3,
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{} {unit}", decimal(value, decimals))
}

/// `12.3 s`, `3min 12s`, `2h 5min`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_owned();
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, seconds) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{minutes} min {seconds} s"),
        (_, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_people_read_them() {
        assert_eq!(percent(0.917_3), "91.73");
        assert_eq!(points(-0.0129), "−1.29");
        assert_eq!(points(0.002), "+0.20");
        assert_eq!(points(-0.000_001), "0.00");
        assert_eq!(grouped(1_685_514), "1,685,514");
        assert_eq!(grouped(322), "322");
        assert_eq!(p_value(0.000_4), "< 0.001");
        assert_eq!(p_value(0.012_3), "0.012");
        assert_eq!(p_value(0.346), "0.35");
        assert_eq!(decimal(f64::NAN, 2), "–");
        assert_eq!(operations(5.741e14), "0.574 PFLOP");
        assert_eq!(operations(8.05e12), "8.05 TFLOP");
        assert_eq!(operations(2.7e10), "27.0 GFLOP");
        assert_eq!(duration(4.25), "4.2 s");
        assert_eq!(duration(192.0), "3 min 12 s");
        assert_eq!(duration(7500.0), "2 h 5 min");
    }
}
