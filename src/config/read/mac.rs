//! Hardware addresses: six bytes in hexadecimal.

/// Reads `52:54:00:12:34:56`, with `:` or `-`. An address of a group is no machine's.
pub(super) fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let separator = if text.contains('-') { '-' } else { ':' };
    let bytes: Vec<u8> = text
        .split(separator)
        .map(|pair| {
            let is_hexadecimal = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            let is_byte = pair.len() == 2 && is_hexadecimal;
            is_byte.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
        })
        .collect::<Option<_>>()?;
    let mac: [u8; 6] = bytes.try_into().ok()?;
    let for_a_group = mac[0] & 1 == 1;
    (!for_a_group && mac != [0; 6]).then_some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        let mac = Some([0x52, 0x54, 0, 0x12, 0x34, 0xab]);
        assert_eq!(parse_mac("52:54:00:12:34:ab"), mac);
        assert_eq!(parse_mac("52-54-00-12-34-AB"), mac);
    }

    #[test]
    fn what_no_machine_has_is_refused() {
        for text in [
            "",
            "52:54:00:12:34",
            "52:54:00:12:34:56:78",
            "52:54:00:12:34:5g",
            "52:54:00:12:34:+5",
            "ff:ff:ff:ff:ff:ff",
            "00:00:00:00:00:00",
            "525400123456",
            "52:54-00:12:34:56",
        ] {
            assert_eq!(parse_mac(text), None, "{text}");
        }
    }
}
