//! Records what is said on the multicast group, as a file that Wireshark reads.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    net::SocketAddrV4,
    path::Path,
    time::Duration,
};

use tokio::sync::mpsc;

use crate::{
    clock::Clock,
    tasks::Tasks,
    wemo::{
        Group, interfaces,
        ssdp::{GROUP, PORT},
    },
};

/// Packets begin with their IP header.
const LINK_TYPE_RAW: u32 = 101;
const IP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

/// Returns how many datagrams were recorded.
pub async fn record(file: &Path, only: &[String], lasts: Duration) -> io::Result<usize> {
    let clock = Clock::system();
    let mut out = BufWriter::new(File::create(file)?);
    out.write_all(&header())?;
    let (heard, mut hears) = mpsc::channel::<(SocketAddrV4, Vec<u8>)>(256);
    let mut tasks = Tasks::default();
    for interface in interfaces::now(only)? {
        let (group, heard) = (Group::join(interface)?, heard.clone());
        tasks.spawn(async move {
            let mut buffer = vec![0; 2048];
            while let Ok((length, from)) = group.hear(&mut buffer).await {
                if heard.send((from, buffer[..length].to_owned())).await.is_err() {
                    return;
                }
            }
        });
    }
    drop(heard);
    let mut recorded = 0;
    let recording = async {
        while let Some((from, datagram)) = hears.recv().await {
            out.write_all(&packet(clock.now().timestamp_micros(), from, &datagram))?;
            recorded += 1;
        }
        io::Result::Ok(())
    };
    if let Ok(ended) = clock.timeout(lasts, recording).await {
        ended?;
    }
    out.flush()?;
    Ok(recorded)
}

/// The head of a pcap file, in this machine's own byte order as the format wants it.
fn header() -> Vec<u8> {
    let mut bytes = 0xa1b2_c3d4_u32.to_ne_bytes().to_vec();
    bytes.extend(2_u16.to_ne_bytes());
    bytes.extend(4_u16.to_ne_bytes());
    for word in [0, 0, 65_535, LINK_TYPE_RAW] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes
}

/// One datagram with the headers that it had on its way; checksums are left at nothing.
fn packet(micros: i64, from: SocketAddrV4, datagram: &[u8]) -> Vec<u8> {
    let length = IP_HEADER + UDP_HEADER + datagram.len();
    let (seconds, rest) =
        (micros.div_euclid(1_000_000) as u32, micros.rem_euclid(1_000_000) as u32);
    let mut bytes = Vec::with_capacity(16 + length);
    for word in [seconds, rest, length as u32, length as u32] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend([0x45, 0]);
    bytes.extend((length as u16).to_be_bytes());
    bytes.extend([0, 0, 0, 0, 2, 17, 0, 0]);
    bytes.extend(from.ip().octets());
    bytes.extend(GROUP.octets());
    bytes.extend(from.port().to_be_bytes());
    bytes.extend(PORT.to_be_bytes());
    bytes.extend(((UDP_HEADER + datagram.len()) as u16).to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(datagram);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_says_how_long_it_is_and_who_sent_it() {
        let bytes = packet(1_000_001, "10.0.0.2:50000".parse().unwrap(), b"hello");
        assert_eq!(bytes.len(), 16 + IP_HEADER + UDP_HEADER + 5);
        assert_eq!(bytes[8..12], 33_u32.to_ne_bytes());
        assert_eq!(bytes[16 + 12..16 + 16], [10, 0, 0, 2]);
        assert_eq!(bytes[16 + 20..16 + 22], 50_000_u16.to_be_bytes());
        assert_eq!(header().len(), 24);
    }
}
