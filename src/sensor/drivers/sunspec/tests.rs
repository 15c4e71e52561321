use std::{
    collections::BTreeMap,
    future::{self, Future},
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
};

use proptest::prelude::*;
use tokio::net::TcpListener;
use tokio_modbus::{
    ExceptionCode, Request, Response, SlaveRequest,
    server::{
        Service,
        tcp::{Server, accept_tcp_connection},
    },
};

use super::*;
use crate::{hal::Board, sensor::drivers::testing::driver, tasks};

/// An inverter's holding registers.
#[derive(Clone, Default)]
struct Registers(Arc<BTreeMap<u16, u16>>, Arc<AtomicBool>);

impl Service for Registers {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = future::Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: SlaveRequest<'static>) -> Self::Future {
        future::ready(match request.request {
            Request::ReadHoldingRegisters(start, count) if request.slave == 1 => {
                let registers: Option<Vec<u16>> = (start..start.saturating_add(count))
                    .map(|at| self.0.get(&at).copied())
                    .collect();
                registers
                    .map(Response::ReadHoldingRegisters)
                    .ok_or(ExceptionCode::IllegalDataAddress)
            }
            _ => Err(ExceptionCode::GatewayTargetDevice),
        })
    }
}

/// `SunS`, the common model, then these.
fn chain(models: &[(u16, &[u16])]) -> Registers {
    let mut registers = vec![0x5375, 0x6E53, 1, 66];
    registers.extend([0x2020; 66]);
    for (model, block) in models {
        registers.extend([*model, block.len() as u16]);
        registers.extend(*block);
    }
    registers.extend([0xFFFF, 0]);
    let map = (40_000..).zip(registers).collect();
    Registers(Arc::new(map), Arc::default())
}

/// A three-phase inverter: 4,321 W, 12,345.67 kWh, 230.1 V, 49.98 Hz; its heat sink has no
/// thermometer.
fn block() -> Vec<u16> {
    let mut block = vec![0; 50];
    block[0..5].copy_from_slice(&[188, 63, 63, 62, -1i16 as u16]);
    block[8..12].copy_from_slice(&[2301, 2299, 2310, -1i16 as u16]);
    block[12..16].copy_from_slice(&[4321, 0, 4998, -2i16 as u16]);
    let watt_hours = 1_234_567u32;
    block[22..25].copy_from_slice(&[(watt_hours >> 16) as u16, watt_hours as u16, 1]);
    block[31..37].copy_from_slice(&[-55i16 as u16, 0x8000, 0x8000, 0x8000, -1i16 as u16, 4]);
    block
}

async fn serve(registers: Registers) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks::spawn(async move {
        let server = Server::new(listener);
        let connected = |stream, peer| {
            let registers = registers.clone();
            async move {
                registers.1.store(true, Ordering::Relaxed);
                accept_tcp_connection(stream, peer, |_| Ok(Some(registers.clone())))
            }
        };
        server.serve(&connected, |_broken| {}).await
    });
    address
}

async fn read(address: SocketAddr, options: &str) -> Result<f64, ReadError> {
    let hal = Hal::real(&Board::named("generic-linux").unwrap());
    let options = format!("host = '127.0.0.1'\nport = {}\n{options}", address.port());
    let mut driver = driver(&hal, "sunspec", &options).unwrap();
    tasks::spawn_blocking(move || driver.read().map(Value::as_f64)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_three_phase_inverter_is_read_by_its_scale_factors() {
    let address = serve(chain(&[(160, &[1, 2, 3]), (103, &block())])).await;
    for (point, number) in [
        ("W", 4321.0),
        ("Wh", 12_345_670.0),
        ("V", 230.1),
        ("A", 18.8),
        ("Hz", 49.98),
        ("TmpCab", -5.5),
        ("St", 4.0),
    ] {
        let read = read(address, &format!("point = '{point}'")).await.unwrap();
        assert!((read - number).abs() < 1e-6 * number.abs(), "{point} {read}");
    }
    let error = read(address, "point = 'TmpSnk'").await.unwrap_err();
    assert!(error.to_string().contains("gives no TmpSnk"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_inverter_is_told() {
    for (registers, options, part) in [
        (chain(&[(113, &[0; 60])]), "", "from float to int + SF"),
        (chain(&[]), "", "no inverter model"),
        (chain(&[(103, &[0; 10])]), "", "10 registers long"),
        (Registers::default(), "", "refuses register"),
        (chain(&[(103, &block())]), "unit_id = 9", "check `unit_id`"),
    ] {
        let error = read(serve(registers).await, options).await.unwrap_err();
        assert!(!error.is_transient() && error.to_string().contains(part), "{part}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_and_a_hanging_inverter_are_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let error = read(address, "timeout = '100ms'").await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("within 100ms"), "{error}");
    drop(listener);
    let error = read(address, "").await.unwrap_err();
    assert!(error.to_string().contains("is Modbus TCP switched on"), "{error}");
}

#[test]
fn a_mistyped_point_is_a_mistake() {
    let hal = Hal::real(&Board::named("generic-linux").unwrap());
    let error = driver(&hal, "sunspec", "host = 'x'\npoint = 'TmpCap'").err().unwrap();
    assert!(error.to_string().contains("did you mean `TmpCab`?"), "{error}");
}

proptest! {
    #[test]
    fn no_register_content_panics(block in proptest::collection::vec(any::<u16>(), 0..60)) {
        for name in ["W", "WH", "A", "St", "TmpCab"] {
            if let Ok(number) = point(name).unwrap().value(&block) {
                prop_assert!(number.is_finite());
            }
        }
    }

    #[test]
    fn no_chain_of_models_panics_or_hangs(words in proptest::collection::vec(any::<u16>(), 0..40)) {
        struct Memory(Vec<u16>);
        impl map::Registers for Memory {
            fn read(
                &mut self,
                address: u16,
                count: u16,
            ) -> impl Future<Output = Result<Vec<u16>, ReadError>> + Send {
                let at = |offset: u16| {
                    let place = usize::from(address.wrapping_sub(40_000).wrapping_add(offset));
                    self.0.get(place % self.0.len().max(1)).copied().unwrap_or_default()
                };
                future::ready(Ok((0..count).map(at).collect()))
            }
        }
        let mut memory = Memory([&[0x5375, 0x6E53], &words[..]].concat());
        let survey = wait(Duration::from_secs(5), survey(&mut memory));
        if let Ok(layout) = survey {
            prop_assert!((38..=125).contains(&layout.inverter.length));
        }
    }
}
