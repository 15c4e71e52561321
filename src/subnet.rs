//! Ranges of IPv4 addresses: who is near, and who is not.

use std::{fmt, net::Ipv4Addr, str::FromStr};

/// `192.168.1.0/24`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    address: u32,
    /// Bits that count, 0 to 32.
    length: u8,
}

/// What is written is no range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write an address with the bits that count, such as 192.168.1.0/24")]
pub struct NotASubnet;

impl Subnet {
    /// The range around an address; of a mask with holes the leading ones count.
    pub fn of(address: Ipv4Addr, mask: Ipv4Addr) -> Self {
        let length = mask.to_bits().leading_ones();
        Subnet { address: address.to_bits(), length: u8::try_from(length).unwrap_or(32) }
    }

    /// Bits that count.
    pub fn length(&self) -> u8 {
        self.length
    }

    /// Whether all of it is for private use (RFC 1918), this machine's own (RFC 1122, loopback), or
    /// given out where nobody gives out addresses (RFC 3927).
    pub fn is_private(&self) -> bool {
        let private =
            ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"];
        private.iter().filter_map(|text| text.parse::<Subnet>().ok()).any(|private| {
            self.length >= private.length && private.contains(Ipv4Addr::from_bits(self.address))
        })
    }

    pub fn contains(&self, address: Ipv4Addr) -> bool {
        let shift = 32 - u32::from(self.length);
        let head = |bits: u32| bits.checked_shr(shift).unwrap_or(0);
        head(address.to_bits()) == head(self.address)
    }
}

impl FromStr for Subnet {
    type Err = NotASubnet;

    fn from_str(text: &str) -> Result<Self, NotASubnet> {
        let (address, length) = text.split_once('/').unwrap_or((text, "32"));
        let address: Ipv4Addr = address.parse().map_err(|_| NotASubnet)?;
        let length = length.parse().ok().filter(|length| *length <= 32).ok_or(NotASubnet)?;
        Ok(Subnet { address: address.to_bits(), length })
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from_bits(self.address), self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_inside_or_not() {
        let home: Subnet = "192.168.1.7/24".parse().unwrap();
        assert!(home.contains(Ipv4Addr::new(192, 168, 1, 255)));
        assert!(!home.contains(Ipv4Addr::new(192, 168, 2, 1)));
        let all: Subnet = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(Ipv4Addr::BROADCAST));
        let one: Subnet = "10.0.0.1".parse().unwrap();
        assert!(
            one.contains(Ipv4Addr::new(10, 0, 0, 1)) && !one.contains(Ipv4Addr::new(10, 0, 0, 2))
        );
        assert_eq!(
            Subnet::of(Ipv4Addr::new(10, 1, 2, 3), Ipv4Addr::new(255, 255, 0, 0)).to_string(),
            "10.1.2.3/16"
        );
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "10.0.0", "10.0.0.1/33", "10.0.0.1/", "fe80::/10", "home/8"] {
            assert_eq!(text.parse::<Subnet>(), Err(NotASubnet), "{text}");
        }
    }
}
