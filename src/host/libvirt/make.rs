//! Making machines from a template, and deleting them again.
//!
//! The domain comes first, with a mark that says "unfinished" and names its volumes: whoever is
//! killed in the middle leaves something that the next `create` recognises and clears away.

use super::{
    Connection, Error, LibvirtTemplate, Machines,
    describe::{self, Disk, Platform},
    error::Result,
    machines::Found,
    mark::Mark,
    rpc::message::{Domain, DomainState, StoragePool, StorageVolume},
};
use crate::{
    host::Host,
    plan::{Done, Failure, FailureKind},
};

/// Without an answer nobody knows what the daemon has done, or is still about to do.
const UNSURE: &str = " that is known of; the next `create` clears away the rest";

/// A machine on its way: given up, it leaves nothing behind.
pub struct Build {
    connection: Connection,
    uri: String,
    host: String,
    template: LibvirtTemplate,
    platform: Platform,
    disks: Vec<Disk>,
    mark: Mark,
    domain: Option<Domain>,
    volumes: Vec<StorageVolume>,
}

impl Machines {
    /// Begins a machine: its hypervisor is asked whether everything is there, and nothing is done
    /// yet. An unfinished one of an earlier time is cleared away.
    ///
    /// # Errors
    /// Whatever is missing or in the way, in one line.
    pub async fn begin(
        &self,
        host: &Host,
        name: &str,
        template: &LibvirtTemplate,
    ) -> std::result::Result<Build, Failure> {
        if let Some(found) = self.locate(host).await? {
            self.delete(host, &found).await?;
        }
        let uri = template.uri.to_string();
        let failed = |error: Error| error.into_failure(&host.name, &uri);
        let connection = self.daemons.connection(&template.uri).await.map_err(failed)?;
        let platform = connection.capabilities().await.map_err(failed)?;
        let platform = Platform::of_capabilities(&platform).ok_or_else(|| {
            failed(Error::Unfit("it tells of no way to run a machine".to_owned()))
        })?;
        let host = host.name.to_string();
        let mark = Mark {
            site: self.site.to_string(),
            host: host.clone(),
            template: name.to_owned(),
            is_finished: false,
            volumes: Vec::new(),
        };
        let (template, disks, volumes) = (template.clone(), Vec::new(), Vec::new());
        Ok(Build { connection, uri, host, template, platform, disks, mark, domain: None, volumes })
    }

    /// Deletes a machine with its volumes, if it carries our mark.
    ///
    /// # Errors
    /// Like [`Machines::stop`]; a machine that is not ours.
    pub async fn destroy(&self, host: &Host) -> std::result::Result<Done, Failure> {
        let Some(found) = self.locate(host).await? else { return Ok(Done::default()) };
        self.delete(host, &found).await?;
        Ok(Done { output: String::new(), changed: true })
    }

    /// The template's mark tells whether it is ours; everything else is refused.
    async fn delete(&self, host: &Host, found: &Found) -> std::result::Result<(), Failure> {
        let Some(mark) = &found.mark else {
            let message = format!(
                "{}: not destroyed: only machines that `create` made are ever deleted",
                host.name
            );
            return Err(Failure::new(FailureKind::NotConfigured, message));
        };
        let failed = |error| found.failed(host, error);
        let (connection, domain) = (&found.connection, &found.domain);
        if !matches!(found.state(host).await?, DomainState::Off) {
            connection.destroy(domain).await.map_err(failed)?;
        }
        // The volumes first: as long as the domain is there, its mark says which they are.
        for (pool, name) in &mark.volumes {
            let Some(pool) = connection.pool(pool).await.map_err(failed)? else { continue };
            if let Some(volume) = connection.volume(&pool, name).await.map_err(failed)? {
                connection.delete_volume(&volume).await.map_err(failed)?;
            }
        }
        connection.undefine(domain).await.map_err(failed)
    }
}

impl Build {
    /// Defines the machine, copies its image, gives it the `seed`, and starts it.
    ///
    /// # Errors
    /// The first thing that went wrong; everything that was made until then is gone again.
    pub async fn build(&mut self, seed: &[u8]) -> std::result::Result<(), Failure> {
        let result = self.steps(seed).await;
        match result {
            Ok(()) => Ok(()),
            Err(error) => {
                let is_unsure = error.is_connection();
                let mut failure = self.undo(error.into_failure(&self.host, &self.uri)).await;
                if is_unsure {
                    failure.message.push_str(UNSURE);
                }
                Err(failure)
            }
        }
    }

    async fn steps(&mut self, seed: &[u8]) -> Result<()> {
        let pool = self.pool().await?;
        let image = self.image(&pool).await?;
        let format = self.connection.volume_description(&image).await?;
        let format = describe::volume_format(&format).unwrap_or_else(|| "raw".to_owned());
        let about = self.connection.volume_info(&image).await?;
        let room = self.connection.pool_info(&pool).await?;
        if room.available < about.allocation.saturating_add(seed.len() as u64) {
            let (free, needed) = (room.available >> 20, about.allocation >> 20);
            return Err(Error::Unfit(format!(
                "the storage pool `{}` is full: {free} MiB are free, and the image takes {needed}",
                pool.name
            )));
        }
        let disk = format!("{}.{}", self.host, if format == "raw" { "img" } else { &format });
        let seed_name = format!("{}-seed.iso", self.host);
        for name in [&disk, &seed_name] {
            if self.connection.volume(&pool, name).await?.is_some() {
                return Err(Error::Unfit(format!(
                    "there is a volume `{name}` in the storage pool `{}` already; delete or rename it",
                    pool.name
                )));
            }
        }
        for (name, format, is_read_only) in
            [(&disk, format.as_str(), false), (&seed_name, "raw", true)]
        {
            self.mark.volumes.push((pool.name.clone(), name.clone()));
            self.disks.push(Disk {
                pool: pool.name.clone(),
                volume: name.clone(),
                format: format.to_owned(),
                is_read_only,
            });
        }
        self.define().await?;

        let capacity = self.template.size.unwrap_or(about.capacity).max(about.capacity);
        let copy = describe::volume(&disk, about.capacity, &format);
        let copy = self.connection.clone_volume(&pool, &copy, &image).await?;
        self.volumes.push(copy.clone());
        if capacity > about.capacity {
            self.connection.resize_volume(&copy, capacity).await?;
        }
        let volume = describe::volume(&seed_name, seed.len() as u64, "raw");
        let volume = self.connection.create_volume(&pool, &volume).await?;
        self.volumes.push(volume.clone());
        self.connection.fill_volume(&volume, seed).await?;
        if let Some(domain) = &self.domain {
            self.domain = Some(self.connection.start(domain).await?);
        }
        Ok(())
    }

    /// It has answered: from now on it stays.
    ///
    /// # Errors
    /// When libvirt does not take the word for it; the machine is gone again then.
    pub async fn finish(mut self) -> std::result::Result<(), Failure> {
        self.mark.is_finished = true;
        match self.define().await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.undo(error.into_failure(&self.host, &self.uri)).await),
        }
    }

    /// Takes everything back, and hands the reason on, with what could not be taken back.
    pub async fn undo(&mut self, mut reason: Failure) -> Failure {
        let mut left = Vec::new();
        if let Some(domain) = self.domain.take() {
            // One that was never started is off already.
            let _ = self.connection.destroy(&domain).await;
            if let Err(error) = self.connection.undefine(&domain).await {
                left.push(format!("the domain {} ({error})", domain.name));
            }
        }
        for volume in self.volumes.drain(..).rev() {
            if let Err(error) = self.connection.delete_volume(&volume).await {
                left.push(format!("the volume {} in {} ({error})", volume.name, volume.pool));
            }
        }
        if left.is_empty() {
            reason.message.push_str("; nothing was left behind");
        } else {
            reason.message.push_str(&format!("; left behind: {}", left.join(", ")));
        }
        reason
    }

    async fn define(&mut self) -> Result<()> {
        let uuid = self.domain.as_ref().map(|domain| domain.uuid);
        let Build { template, platform, disks, mark, host, .. } = self;
        let xml = describe::domain(host, uuid, template, platform, disks, mark);
        let domain = self.connection.define(&xml).await?;
        self.domain = Some(domain);
        Ok(())
    }

    async fn pool(&self) -> Result<StoragePool> {
        let name = &self.template.pool;
        self.connection
            .pool(name)
            .await?
            .ok_or_else(|| Error::Unfit(format!("there is no storage pool `{name}`")))
    }

    async fn image(&self, pool: &StoragePool) -> Result<StorageVolume> {
        let name = &self.template.from;
        // Files come and go by other means than libvirt's. It refuses to look while another machine
        // is being made, which is no harm.
        match self.connection.refresh_pool(pool).await {
            Err(error) if error.is_connection() => return Err(error),
            _ => {}
        }
        self.connection.volume(pool, name).await?.ok_or_else(|| {
            let pool = &pool.name;
            Error::Unfit(format!("there is no volume `{name}` in the storage pool `{pool}`"))
        })
    }
}
