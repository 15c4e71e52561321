use std::{fs::File, io::Write, sync::mpsc, thread, time::Duration};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    pty::openpty,
};
use proptest::prelude::*;

use super::{
    frame::{BadFrame, Frames, Outcome},
    *,
};
use crate::{hal::Board, sensor::drivers::testing::driver};

/// What a SmartSolar MPPT 100|20 sends, in the shape of the protocol's own examples.
const MPPT: &[(&str, &str)] = &[
    ("PID", "0xA05F"),
    ("FW", "159"),
    ("SER#", "HQ2129WXYZ0"),
    ("V", "13790"),
    ("I", "-110"),
    ("VPV", "36480"),
    ("PPV", "115"),
    ("CS", "3"),
    ("MPPT", "2"),
    ("OR", "0x00000000"),
    ("ERR", "0"),
    ("LOAD", "ON"),
    ("IL", "---"),
    ("H19", "3213"),
    ("H20", "47"),
    ("HSDS", "45"),
];

fn frame(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (label, value) in fields {
        bytes.extend(format!("\r\n{label}\t{value}").bytes());
    }
    bytes.extend(b"\r\nChecksum\t");
    let sum = bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    bytes.push(sum.wrapping_neg());
    bytes
}

fn parse(bytes: &[u8]) -> Vec<Outcome> {
    let mut frames = Frames::default();
    bytes.iter().filter_map(|byte| frames.push(*byte)).collect()
}

#[test]
fn a_frame_is_read_in_units_of_people() {
    let outcome = parse(&frame(MPPT));
    let fields = outcome[0].as_ref().unwrap();
    assert_eq!(fields.len(), MPPT.len());
    for (label, unit, value) in [
        ("V", "V", Value::Number(13.79)),
        ("I", "A", Value::Number(-0.11)),
        ("PPV", "W", Value::Number(115.0)),
        ("H20", "kWh", Value::Number(0.47)),
        ("LOAD", "", Value::Switch(true)),
    ] {
        let field = field(label).unwrap();
        let read = field.value(&fields[label]).unwrap();
        assert!((read.as_f64() - value.as_f64()).abs() < 1e-9, "{label} {read}");
        assert_eq!(field.unit, unit);
    }
    assert_eq!(field("IL").unwrap().value(&fields["IL"]), None, "--- is no zero");
}

#[test]
fn the_cut_beginning_and_the_other_protocol_do_no_harm() {
    let whole = frame(MPPT);
    let mut bytes = whole[40..].to_vec();
    bytes.extend(b":A4F10000000067\n");
    bytes.extend(&whole);
    let outcomes = parse(&bytes);
    assert_eq!(outcomes[0], Err(BadFrame::Checksum));
    assert_eq!(outcomes[1].as_ref().unwrap()["PPV"], "115");
    assert_eq!(parse(&[b'x'; 3000]), [Err(BadFrame::Endless)]);
}

#[test]
fn a_mistyped_field_is_a_mistake() {
    let hal = Hal::real(&Board::named("generic-linux").unwrap());
    let error = driver(&hal, "vedirect", "device = '/dev/x'\nfield = 'VPVV'").err().unwrap();
    assert!(error.to_string().contains("did you mean `VPV`?"), "{error}");
}

/// A pseudo-terminal with a device at its other end that repeats these bytes.
fn on_a_line(bytes: Vec<u8>, test: impl FnOnce(&str)) {
    let pty = openpty(None, None).unwrap();
    let path = nix::unistd::ttyname(&pty.slave).unwrap();
    // A device does not wait for anybody to read.
    fcntl(&pty.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let (stop, stopped) = mpsc::channel::<()>();
    let device = thread::spawn(move || {
        let mut device = File::from(pty.master);
        let pause = Duration::from_millis(20);
        while stopped.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Timeout) {
            // Nobody listens between two reads; that is the device's life.
            let _ = device.write_all(&bytes);
        }
        device
    });
    test(path.to_str().unwrap());
    drop(stop);
    device.join().unwrap();
    drop(pty.slave);
}

#[test]
fn several_sensors_share_a_line() {
    on_a_line(frame(MPPT), |path| {
        let hal = Hal::real(&Board::named("generic-linux").unwrap());
        let sensor = |field: &str| {
            driver(&hal, "vedirect", &format!("device = '{path}'\nfield = '{field}'")).unwrap()
        };
        let (mut power, mut load, mut soc) = (sensor("PPV"), sensor("LOAD"), sensor("SOC"));
        assert_eq!(power.read(), Ok(Value::Number(115.0)));
        assert_eq!(load.read(), Ok(Value::Switch(true)));
        assert_eq!(power.read(), Ok(Value::Number(115.0)));
        let error = soc.read().unwrap_err();
        assert!(error.to_string().contains("no field SOC"), "{error}");
    });
}

#[test]
fn noise_and_missing_lines_are_told() {
    let hal = Hal::real(&Board::named("generic-linux").unwrap());
    let read = |path: &str| {
        driver(&hal, "vedirect", &format!("device = '{path}'")).unwrap().read().unwrap_err()
    };
    let mut noise = frame(MPPT);
    noise[5] ^= 1;
    on_a_line(noise, |path| {
        let error = read(path);
        assert!(error.to_string().contains("checksum"), "{error}");
    });
    assert!(read("/dev/no-such-line").to_string().contains("is missing"));
    assert!(read("/dev/null").to_string().contains("no serial line"));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        parse(&bytes);
    }

    #[test]
    fn what_is_framed_is_found_after_any_noise(
        noise in proptest::collection::vec(any::<u8>(), 0..200),
        values in proptest::collection::btree_map("[A-Z]{1,8}", "[ -9;-~]{0,32}", 1..10),
    ) {
        let fields: Vec<_> = values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let mut bytes = noise;
        // Noise can end in a message of the other protocol, or spoil the first frame.
        bytes.push(b'\n');
        bytes.extend(frame(&fields));
        bytes.extend(frame(&fields));
        bytes.extend(frame(&fields));
        let last = parse(&bytes).pop().unwrap();
        prop_assert_eq!(last, Ok(values));
    }
}
