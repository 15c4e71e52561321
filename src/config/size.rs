//! Sizes as people write them: `512MB`.

/// Bytes of `512MB`, `64 KiB`, `1GB`. A kilobyte is 1024 bytes here, with and without the `i`.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let shift = match text[digits..].trim_start().to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        _ => return None,
    };
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(parse_size("512MB"), Some(512 << 20));
        assert_eq!(parse_size(" 64 KiB "), Some(64 << 10));
        assert_eq!(parse_size("17"), Some(17));
        for nonsense in ["", "MB", "-1MB", "1.5GB", "12 parsecs", "0MB", "99999999999999GB"] {
            assert_eq!(parse_size(nonsense), None, "{nonsense}");
        }
    }
}
