//! The running agent, from its first reading to its last word.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, mpsc, watch},
    task::JoinHandle,
};

use super::{
    Outfit, Parts, StartError,
    broker::{self, Broker},
    desk::AgentDesk,
    heartbeat::Heartbeat,
    progress::{Progress, feed_watchdog},
    recorder, safe_mode,
    signals::Signals,
    supervisor::Supervisor,
    taken_back,
};
use crate::{
    clock::TimeSync,
    config::Site,
    control::Server,
    cost,
    journal::{Entry, Event, Journal, Sink},
    mail::{AnswerReader, Courier},
    script::{actor::Station, folder::Scripts},
    sensor::{Fault, SensorTable},
    store::{Store, StoreError},
    tasks::{self, Tasks},
    wemo::{self, House},
};

/// How often the scripts' folder is looked at.
const LOOK_AT_SCRIPTS: Duration = Duration::from_secs(1);
/// Scripts begin once every sensor has spoken, or after this time.
const FIRST_READINGS: Duration = Duration::from_secs(5);
/// Five seconds in all.
const STORE_TRIES: u32 = 50;
const STORE_TRY_AGAIN: Duration = Duration::from_millis(100);
/// What runs at the end may take so long; what is left then is in the store, and goes on at the
/// next start.
const DRAIN: Duration = Duration::from_secs(20);

/// Meters are read once more at the end.
const LAST_COUNTS: Duration = Duration::from_secs(2);

/// Why the agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Stopped,
    /// Somebody asked for everything to be read anew.
    Reload,
}

/// What is known of an agent once it runs.
pub struct Running {
    pub sensors: SensorTable,
    pub socket: std::path::PathBuf,
}

/// Runs the agent until a signal ends it. `began` is called once it runs.
///
/// # Errors
/// When it cannot start; nothing has been touched then.
pub async fn serve(
    outfit: &Outfit,
    signals: &mut Signals,
    supervisor: &Arc<Supervisor>,
    mut sinks: Vec<Sink>,
    began: impl FnOnce(Running),
) -> Result<Ending, StartError> {
    let server = match outfit.is_dry_run() {
        // A dry run beside the real agent answers nobody.
        true => None,
        false => Some(Server::bind(&outfit.site.socket).await?),
    };
    let store = open_store(outfit).await?;
    let (entries, to_keep) = mpsc::unbounded_channel();
    sinks.push(Box::new(move |entry: &Entry| {
        // At the very end nobody keeps entries any more.
        let _ = entries.send(entry.clone());
    }));
    if let (Some(bus), Some(mqtt)) = (&outfit.bus, &outfit.site.mqtt) {
        sinks.push(broker::results(bus.clone(), mqtt, &outfit.site.name));
    }
    let parts =
        Parts::assemble(outfit.materials(store.clone(), sinks)?).map_err(StartError::Site)?;
    let Parts { site, sensors, mut samplers, mut station, outputs, trusted } = parts;
    let around = station.around.clone();
    let (clock, journal) = (around.clock.clone(), around.journal.clone());

    // Only where somebody starts the agent again and again there can be a crash loop.
    let crash_loop = match supervisor.is_there() {
        true => safe_mode::crash_loop(&store, clock.now()).await,
        false => None,
    };
    station.safe_mode = crash_loop.is_some();
    recorder::recall(&site, &sensors, &store, clock.now()).await;
    recorder::resume(&mut samplers, &store).await;
    let mut tasks = Tasks::default();
    // Both go on until all others are silent, so that the last words are kept as well.
    let (close, closing) = watch::channel(false);
    let keeper = tasks::spawn(keep_journal(to_keep, store.clone(), closing.clone()));
    let recorder = tasks::spawn(recorder::record(
        sensors.subscribe_all(),
        store.clone(),
        journal.clone(),
        closing.clone(),
    ));
    let (stop, stopping) = watch::channel(false);
    if !outfit.is_dry_run() {
        // Before anything else: a crash may have left them anywhere.
        match station.safe_mode {
            true => outputs.start_safe(&journal).await,
            false => outputs.start(&journal).await,
        }
        let (enforced, journal) = (outputs.clone(), journal.clone());
        tasks.spawn(async move { enforced.enforce(&journal).await });
    }
    let (counts, counted) = mpsc::unbounded_channel();
    let counter = tasks::spawn(recorder::keep_counts(counted, store.clone(), clock.clone()));
    let mut sampling = Tasks::default();
    for mut sampler in samplers {
        sampler.send_counts(counts.clone());
        sampling.spawn(sampler.run(stopping.clone()));
    }
    drop(counts);
    tasks.spawn(recorder::watch_ages(sensors.clone(), clock.clone()));
    tasks.spawn(recorder::trim(
        store.clone(),
        clock.clone(),
        site.history.clone(),
        station.trusted.clone(),
    ));
    let is_simulated = outfit.closet().is_some();
    let trust = recorder::trust_the_clock(store.clone(), clock.clone(), journal.clone(), trusted);
    let told = journal.clone();
    tasks.spawn(async move {
        if !is_simulated {
            recorder::await_time_sync(TimeSync::of_this_machine(), &told).await;
        }
        trust.await;
    });
    if outfit.closet().is_none() && !outfit.is_dry_run() {
        let courier = Courier::of(&site, store.clone(), clock.clone(), outfit.secrets.clone());
        match courier {
            Ok(courier) => drop(tasks.spawn(courier.run())),
            Err(error) => tracing::error!("messages cannot be sent: {error}"),
        }
        if let Some(notify) = site.notify.clone() {
            let (secrets, questions) = (outfit.secrets.clone(), outfit.questions.clone());
            match AnswerReader::new(notify, secrets, questions, clock.clone()) {
                Ok(reader) => drop(tasks.spawn(reader.run())),
                Err(error) => tracing::error!("answers cannot be read: {error}"),
            }
        }
    }
    if outfit.closet().is_none() {
        let costs = around.costs.clone();
        tasks.spawn(cost::keep(costs, clock.clone(), outfit.secrets.clone()));
    }
    if !outfit.is_dry_run() {
        let executor = station.executor.clone();
        tasks.spawn(async move { executor.keep_finishing_moves().await });
    }
    if let Some(machines) = outfit.ec2_machines().filter(|machines| machines.are_there()) {
        let interruptions = around.interruptions.clone();
        taken_back::restore(&interruptions, &store).await;
        tasks.spawn(taken_back::keep(interruptions.subscribe(), store.clone(), journal.clone()));
        tasks.spawn(machines.watch(outfit.news.clone(), interruptions));
    }
    if let Some(machines) = outfit.machines() {
        tasks.spawn(machines.watch(outfit.news.clone()));
    }
    station.executor.recall_hosts().await?;
    tasks.spawn(station.executor.clone().look_after_hosts());
    let executor = station.executor.clone();
    tasks.spawn(async move { executor.remember_hosts().await });
    if !outfit.is_dry_run() {
        let executor = station.executor.clone();
        tasks.spawn(async move { executor.keep_reminding().await });
    }
    if supervisor.is_there() {
        tasks.spawn(safe_mode::outlive(store.clone()));
    }
    let broker = Broker::of(outfit, &station);
    let mut last = vec![recorder, keeper, counter];
    if let Some(broker) = &broker {
        last.push(broker.connect(outfit, &mut tasks, &stopping, closing).await?);
    }
    began(Running { sensors: sensors.clone(), socket: site.socket.clone() });
    wait_for_first_readings(&sensors).await;

    if let Some(lives) = crash_loop {
        safe_mode::tell(&station, lives).await;
    }
    let status = if station.safe_mode { safe_mode::IN_SHORT } else { "watching" };
    let shown = show_switches(outfit, &site, &station, &stopping);
    let mut scripts =
        Scripts::new(site.scripts.clone(), station.clone(), site.limits.clone(), false);
    scripts.refresh().await;
    let scripts = Arc::new(Mutex::new(scripts));
    let (reload, reloading) = watch::channel(false);
    let (house, showing) = shown.unzip();
    let desk = AgentDesk::new(site.clone(), station, scripts.clone(), reload, house);
    let desk = Arc::new(desk);
    if let Some(broker) = broker {
        broker.obey(desk.clone(), &mut tasks);
    }
    let progress = Progress { scripts: scripts.clone(), store: store.clone() };
    tasks.spawn(feed_watchdog(supervisor.clone(), progress.clone()));
    if let Some(settings) = site.heartbeat.clone()
        && outfit.closet().is_none()
        && !outfit.is_dry_run()
    {
        let (secrets, clock) = (outfit.secrets.clone(), clock.clone());
        let heartbeat = Heartbeat { settings, secrets, progress, clock };
        tasks.spawn(heartbeat.run());
    }
    let serving = server.map(|server| {
        let mut stopping = stopping.clone();
        tasks::spawn(server.serve(desk, async move {
            // A dropped sender is an end, too.
            let _ = stopping.wait_for(|stop| *stop).await;
        }))
    });
    supervisor.ready(status);
    let ending = until_told(signals, &scripts, reloading).await;

    if ending == Ending::Stopped {
        supervisor.stopping();
    }
    drain(signals, &scripts, &journal).await;
    let _ = stop.send(true);
    if let Some(serving) = serving
        && tokio::time::timeout(Duration::from_secs(2), serving).await.is_err()
    {
        tracing::warn!("an answer on the control socket was cut off");
    }
    if let Some(showing) = showing
        && tokio::time::timeout(Duration::from_secs(2), showing).await.is_err()
    {
        tracing::warn!("the devices ended without saying goodbye");
    }
    let sampled = async { while sampling.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST_COUNTS, sampled).await.is_err() {
        sampling.shutdown().await;
    }
    tasks.shutdown().await;
    if !outfit.is_dry_run() {
        outputs.stop().await;
    }
    drop((around, sensors, journal));
    let _ = close.send(true);
    for task in last {
        if let Err(error) = task.await {
            tracing::error!("what happened last could not be kept: {error}");
        }
    }
    if let Err(error) = store.close().await {
        tracing::error!("the state could not be closed in order: {error}");
    }
    Ok(ending)
}

/// The WeMo devices, where the site file wants them. A dry run shows none: it would switch nothing.
/// Neither does safe mode.
fn show_switches(
    outfit: &Outfit,
    site: &Site,
    station: &Station,
    stopping: &watch::Receiver<bool>,
) -> Option<(Arc<House>, JoinHandle<()>)> {
    let is_hidden = outfit.is_dry_run() || station.safe_mode;
    let settings = site.alexa.clone().filter(|_| !is_hidden)?;
    let around = &station.around;
    let board = station.switches.clone();
    let house = Arc::new(House::new(settings, board, around.store.clone(), around.clock.clone()));
    let running = tasks::spawn(wemo::run(house.clone(), stopping.clone()));
    Some((house, running))
}

/// Opens the state, which a verb of the command line may have for a moment.
async fn open_store(outfit: &Outfit) -> Result<Store, StoreError> {
    let mut patience = STORE_TRIES;
    loop {
        match outfit.open_store() {
            Err(StoreError::InUse { .. }) if patience > 0 => patience -= 1,
            opened => return opened,
        }
        tokio::time::sleep(STORE_TRY_AGAIN).await;
    }
}

/// Looks at the scripts' folder every second, until a signal or the desk says otherwise.
async fn until_told(
    signals: &mut Signals,
    scripts: &Mutex<Scripts>,
    mut reload: watch::Receiver<bool>,
) -> Ending {
    let mut look = tokio::time::interval(LOOK_AT_SCRIPTS);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            ending = signals.next() => return ending,
            Ok(_) = reload.wait_for(|reload| *reload) => return Ending::Reload,
            _ = look.tick() => scripts.lock().await.refresh().await,
        }
    }
}

/// Begins nothing new and waits for what runs; a second signal waits for nothing.
async fn drain(signals: &mut Signals, scripts: &Mutex<Scripts>, journal: &Journal) {
    let stopped = async {
        let mut scripts = scripts.lock().await;
        let running = scripts.watches().await.into_iter().filter(|(_, watch)| watch.running);
        let running: Vec<String> = running.map(|(_, watch)| watch.name).collect();
        if !running.is_empty() {
            let text = format!(
                "ending once {} is done, within {} s; Ctrl-C again ends it at once",
                running.join(", "),
                DRAIN.as_secs()
            );
            journal.note("", Event::Note { text });
        }
        scripts.stop().await;
    };
    tokio::select! {
        biased;
        _ = signals.next() => tracing::warn!("ended at once; what ran goes on at the next start"),
        ended = tokio::time::timeout(DRAIN, stopped) => {
            if ended.is_err() {
                tracing::warn!("what still runs goes on at the next start");
            }
        }
    }
}

async fn wait_for_first_readings(sensors: &SensorTable) {
    let all_spoke = async {
        while sensors.all().iter().any(|sensor| sensor.fault == Some(Fault::Nothing)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // Scripts meet a silent sensor as a fault, like any other.
    let _ = tokio::time::timeout(FIRST_READINGS, all_spoke).await;
}

/// Writes entries down until it is told to close and none is left.
async fn keep_journal(
    mut entries: mpsc::UnboundedReceiver<Entry>,
    store: Store,
    mut closing: watch::Receiver<bool>,
) {
    loop {
        let entry = tokio::select! {
            biased;
            entry = entries.recv() => entry,
            _ = closing.wait_for(|close| *close) => None,
        };
        let Some(entry) = entry else { return };
        if let Err(error) = store.append(&entry).await {
            tracing::error!("the journal could not be kept: {error}");
        }
    }
}
