//! A day of ten sensors, each read every ten seconds: driver, filters, table, history, events,
//! store. Prints how fast this machine does it, what a reading costs, and what is written to disk.
//!
//! ```sh
//! cargo bench --bench readings
//! ```
//!
//! It fails when a day writes more than 20 MB: an SD card is to last for years.

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use watchpost::{
    clock::Clock,
    config::{DriverOptions, FilterSettings, HistorySettings, SensorSettings},
    hal::{Board, Hal, simulated::Mcp9808},
    sensor::{Reads, Sampler, SensorEvent, SensorTable},
    store::Store,
};

const SENSORS: u8 = 8;
/// Two more, on the chip that the board has already.
const ON_THE_BOARD: u8 = 2;
const EVERY: Duration = Duration::from_secs(10);
const TURNS: u32 = 8640;
const MOST_BYTES: u64 = 20_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    if env::var_os("RUNTIME_DIRECTORY").is_none() {
        return as_under_systemd();
    }
    // On the disk of the build folder: memory file systems write nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(a_day(folder.path()))
}

/// Once more, with a folder in memory for what the database has not got yet: the systemd unit has
/// one. Elsewhere that lies beside the database, and half as much again is written.
fn as_under_systemd() -> Result<(), Box<dyn Error>> {
    let memory = tempfile::tempdir_in("/dev/shm")?;
    let mut again = Command::new(env::current_exe()?);
    let ended =
        again.args(env::args_os().skip(1)).env("RUNTIME_DIRECTORY", memory.path()).status()?;
    if ended.success() { Ok(()) } else { Err("the day did not end well".into()) }
}

async fn a_day(folder: &Path) -> Result<(), Box<dyn Error>> {
    let clock = Clock::simulated("2026-06-01T00:00:00Z".parse()?, 1.0);
    let settings: Vec<_> = (0..SENSORS + ON_THE_BOARD).map(thermometer).collect();
    let hal = closet(&clock)?;
    let table = SensorTable::new(&settings, clock.clone());
    let mut events = table.subscribe_all();
    let store = Store::open(&folder.join("watchpost.db"), &HistorySettings::default())?;
    let mut samplers = settings
        .iter()
        .map(|each| Sampler::new(each, &hal, &table, &clock, Reads::Inline))
        .collect::<Result<Vec<_>, _>>()?;

    let (began, cpu, written) = (Instant::now(), cpu_time()?, written_bytes()?);
    let mut readings = Vec::new();
    let mut count = 0u32;
    for _ in 0..TURNS {
        for sampler in &mut samplers {
            sampler.sample().await;
        }
        while let Ok(event) = events.try_recv() {
            match event {
                SensorEvent::Reading(reading) => readings.push(reading),
                SensorEvent::Fault { fault, .. } => return Err(fault.to_string().into()),
            }
        }
        count += readings.len() as u32;
        store.record(&readings).await?;
        readings.clear();
        clock.sleep(EVERY).await;
    }
    store.flush().await?;
    let (elapsed, cpu) = (began.elapsed(), cpu_time()? - cpu);
    let bytes = written_bytes()? - written;

    println!("{count} readings of a day in {elapsed:.2?}");
    println!("{:.0} readings per second", f64::from(count) / elapsed.as_secs_f64());
    println!("{:.1} µs of CPU per reading", cpu.as_secs_f64() * 1e6 / f64::from(count));
    println!("{:.1} MB written to disk a day", bytes as f64 / 1e6);
    if bytes > MOST_BYTES {
        return Err(format!("that is more than {MOST_BYTES} bytes").into());
    }
    Ok(())
}

fn thermometer(index: u8) -> SensorSettings {
    let options: DriverOptions =
        [("address", i64::from(0x18 + index % SENSORS))].into_iter().collect();
    SensorSettings {
        name: format!("closet/temperature-{index}").into(),
        driver: "mcp9808".into(),
        every: EVERY,
        max_age: EVERY * 6,
        range: Some((-20.0, 110.0)),
        smooth: Some("median 5".into()),
        scale: 1.0,
        offset: -0.5,
        filters: FilterSettings {
            calibrate: vec![(0.0, 0.2), (50.0, 49.9)],
            slope_limit: Some(1.0),
            round: Some(2),
            ..FilterSettings::default()
        },
        unit: None,
        options,
    }
}

/// Thermometers in a closet that is warm by day.
fn closet(clock: &Clock) -> Result<Hal, Box<dyn Error>> {
    let now = clock.clone();
    let environment = Arc::new(move |_: &str| {
        let hours = now.monotonic().as_secs_f64() / 3600.0;
        Some(25.0 - 8.0 * (hours * std::f64::consts::TAU / 24.0).cos())
    });
    let hal = Hal::simulated(&Board::named("simulated")?, environment.clone());
    let bus = hal.simulated_i2c("i2c-1").ok_or("the simulated board has no bus")?;
    for index in 0..SENSORS {
        bus.attach(0x18 + index, Mcp9808::new(environment.clone(), "closet/temperature"));
    }
    Ok(hal)
}

/// Of this process and its threads: fields 14 and 15 of proc_pid_stat(5), in hundredths of a
/// second.
fn cpu_time() -> Result<Duration, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no /proc/self/stat as it should be")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.collect::<Result<Vec<_>, _>>()?.iter().sum();
    Ok(Duration::from_millis(10 * ticks))
}

/// What this process has caused to be written, as proc_pid_io(5) counts it.
fn written_bytes() -> Result<u64, Box<dyn Error>> {
    let io = fs::read_to_string("/proc/self/io")?;
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    Ok(line.ok_or("no /proc/self/io as it should be")?.parse()?)
}
