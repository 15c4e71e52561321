//! Storage pools and the volumes in them.

use std::time::Duration;

use super::{
    connection::{Connection, SHORT},
    error::{Result, code},
    rpc::{
        message::{StoragePool, StoragePoolInfo, StorageVolume, VolumeInfo},
        procedure as call,
        xdr::Encoder,
    },
};

/// Copying an image onto a slow disk takes its time.
const COPY_WITHIN: Duration = Duration::from_secs(3600);

impl Connection {
    pub async fn pool(&self, name: &str) -> Result<Option<StoragePool>> {
        let arguments = Encoder::default().string(name);
        let found =
            self.call(call::STORAGE_POOL_LOOKUP_BY_NAME, arguments, SHORT, StoragePool::read).await;
        match found {
            Err(error) if error.code() == Some(code::NO_STORAGE_POOL) => Ok(None),
            found => found.map(Some),
        }
    }

    pub async fn pool_info(&self, pool: &StoragePool) -> Result<StoragePoolInfo> {
        let arguments = pool.put(Encoder::default());
        self.call(call::STORAGE_POOL_GET_INFO, arguments, SHORT, StoragePoolInfo::read).await
    }

    /// Has the daemon look for volumes that came by other ways.
    pub async fn refresh_pool(&self, pool: &StoragePool) -> Result<()> {
        let arguments = pool.put(Encoder::default()).unsigned(0);
        self.call(call::STORAGE_POOL_REFRESH, arguments, COPY_WITHIN, |_| Ok(())).await
    }

    pub async fn volume(&self, pool: &StoragePool, name: &str) -> Result<Option<StorageVolume>> {
        let arguments = pool.put(Encoder::default()).string(name);
        let found = self
            .call(call::STORAGE_VOL_LOOKUP_BY_NAME, arguments, SHORT, StorageVolume::read)
            .await;
        match found {
            Err(error) if error.code() == Some(code::NO_STORAGE_VOL) => Ok(None),
            found => found.map(Some),
        }
    }

    /// A new, empty volume.
    pub async fn create_volume(&self, pool: &StoragePool, xml: &str) -> Result<StorageVolume> {
        let arguments = pool.put(Encoder::default()).string(xml).unsigned(0);
        self.call(call::STORAGE_VOL_CREATE_XML, arguments, COPY_WITHIN, StorageVolume::read).await
    }

    /// A new volume with the contents of another.
    pub async fn clone_volume(
        &self,
        pool: &StoragePool,
        xml: &str,
        from: &StorageVolume,
    ) -> Result<StorageVolume> {
        let arguments = from.put(pool.put(Encoder::default()).string(xml)).unsigned(0);
        self.call(call::STORAGE_VOL_CREATE_XML_FROM, arguments, COPY_WITHIN, StorageVolume::read)
            .await
    }

    /// Lets a volume hold this many bytes; it cannot become smaller.
    pub async fn resize_volume(&self, volume: &StorageVolume, capacity: u64) -> Result<()> {
        let arguments = volume.put(Encoder::default()).unsigned_hyper(capacity).unsigned(0);
        self.call(call::STORAGE_VOL_RESIZE, arguments, COPY_WITHIN, |_| Ok(())).await
    }

    pub async fn fill_volume(&self, volume: &StorageVolume, contents: &[u8]) -> Result<()> {
        let length = contents.len() as u64;
        let arguments = volume.put(Encoder::default());
        let arguments = arguments.unsigned_hyper(0).unsigned_hyper(length).unsigned(0);
        self.send(call::STORAGE_VOL_UPLOAD, arguments, contents, COPY_WITHIN).await
    }

    pub async fn delete_volume(&self, volume: &StorageVolume) -> Result<()> {
        let arguments = volume.put(Encoder::default()).unsigned(0);
        self.call(call::STORAGE_VOL_DELETE, arguments, COPY_WITHIN, |_| Ok(())).await
    }

    pub async fn volume_info(&self, volume: &StorageVolume) -> Result<VolumeInfo> {
        let arguments = volume.put(Encoder::default());
        self.call(call::STORAGE_VOL_GET_INFO, arguments, SHORT, VolumeInfo::read).await
    }

    /// Where the volume is on the hypervisor.
    pub async fn volume_path(&self, volume: &StorageVolume) -> Result<String> {
        let arguments = volume.put(Encoder::default());
        self.call(call::STORAGE_VOL_GET_PATH, arguments, SHORT, |it| it.string()).await
    }

    pub async fn volume_description(&self, volume: &StorageVolume) -> Result<String> {
        let arguments = volume.put(Encoder::default()).unsigned(0);
        self.call(call::STORAGE_VOL_GET_XML_DESC, arguments, SHORT, |it| it.string()).await
    }
}
