//! What can be asked of domains, and done to them.

use std::time::Duration;

use super::{
    connection::{Connection, SHORT},
    error::{Error, Result, code},
    rpc::{
        message::{Domain, DomainInfo, DomainState, Interface},
        procedure as call,
        xdr::{Decoder, Encoder},
    },
};

/// Starting a domain builds its network and opens its images first; before one can be defined the
/// daemon may have to find out what its emulator can do.
const START_WITHIN: Duration = Duration::from_secs(120);

/// `VIR_DOMAIN_XML_INACTIVE`: as it will be started next.
const XML_INACTIVE: u32 = 2;
/// Together with the domain: a saved state, the data about snapshots and checkpoints, the firmware's
/// variables, a TPM.
const UNDEFINE_ALL: [u32; 3] = [1 | 2 | 4 | 16 | 32, 1 | 2 | 4, 0];

/// How a domain is asked to shut down (`virDomainShutdownFlagValues`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShutdownBy {
    /// As the driver likes it.
    Any = 0,
    /// The power button.
    Acpi = 1,
    /// The agent inside.
    Agent = 2,
}

/// Where addresses are asked for (`virDomainInterfaceAddressesSource`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSource {
    /// libvirt's own DHCP server.
    Lease = 0,
    /// The agent inside.
    Agent = 1,
    /// The neighbours that the hypervisor's kernel has seen.
    Arp = 2,
}

impl Connection {
    /// Every domain, running or not.
    pub async fn domains(&self) -> Result<Vec<Domain>> {
        let all = Encoder::default().boolean(true).unsigned(0);
        self.call(call::CONNECT_LIST_ALL_DOMAINS, all, SHORT, Domain::read_list).await
    }

    /// The domain of this name; `None` where there is none.
    pub async fn domain(&self, name: &str) -> Result<Option<Domain>> {
        let arguments = Encoder::default().string(name);
        let found = self.call(call::DOMAIN_LOOKUP_BY_NAME, arguments, SHORT, Domain::read).await;
        match found {
            Err(error) if error.code() == Some(code::NO_DOMAIN) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Makes a domain known, or describes one of this name and UUID anew.
    pub async fn define(&self, xml: &str) -> Result<Domain> {
        let arguments = Encoder::default().string(xml).unsigned(0);
        self.call(call::DOMAIN_DEFINE_XML_FLAGS, arguments, START_WITHIN, Domain::read).await
    }

    pub async fn start(&self, domain: &Domain) -> Result<Domain> {
        let arguments = domain.put(Encoder::default()).unsigned(0);
        self.call(call::DOMAIN_CREATE_WITH_FLAGS, arguments, START_WITHIN, Domain::read).await
    }

    pub async fn resume(&self, domain: &Domain) -> Result<()> {
        let arguments = domain.put(Encoder::default());
        self.call(call::DOMAIN_RESUME, arguments, SHORT, |_| Ok(())).await
    }

    /// Asks a domain to shut down, and does not wait for it.
    pub async fn shutdown(&self, domain: &Domain, by: ShutdownBy) -> Result<()> {
        let arguments = domain.put(Encoder::default()).unsigned(by as u32);
        self.call(call::DOMAIN_SHUTDOWN_FLAGS, arguments, SHORT, |_| Ok(())).await
    }

    /// Cuts a domain's power.
    pub async fn destroy(&self, domain: &Domain) -> Result<()> {
        let arguments = domain.put(Encoder::default()).unsigned(0);
        self.call(call::DOMAIN_DESTROY_FLAGS, arguments, SHORT, |_| Ok(())).await
    }

    /// Forgets a domain, with all that libvirt itself keeps of it; its volumes stay.
    pub async fn undefine(&self, domain: &Domain) -> Result<()> {
        // Older daemons and other drivers know fewer of the flags.
        let mut result = Ok(());
        for flags in UNDEFINE_ALL {
            let arguments = domain.put(Encoder::default()).unsigned(flags);
            result = self.call(call::DOMAIN_UNDEFINE_FLAGS, arguments, SHORT, |_| Ok(())).await;
            match &result {
                Err(error) if error.is_unsupported() => {}
                _ => break,
            }
        }
        result
    }

    pub async fn state(&self, domain: &Domain) -> Result<DomainState> {
        let arguments = domain.put(Encoder::default()).unsigned(0);
        let read = |decoder: &mut Decoder<'_>| decoder.int().map(DomainState::from);
        self.call(call::DOMAIN_GET_STATE, arguments, SHORT, read).await
    }

    pub async fn info(&self, domain: &Domain) -> Result<DomainInfo> {
        let arguments = domain.put(Encoder::default());
        self.call(call::DOMAIN_GET_INFO, arguments, SHORT, DomainInfo::read).await
    }

    /// The domain's description as it will be started next.
    pub async fn description(&self, domain: &Domain) -> Result<String> {
        let arguments = domain.put(Encoder::default()).unsigned(XML_INACTIVE);
        self.call(call::DOMAIN_GET_XML_DESC, arguments, SHORT, |it| it.string()).await
    }

    /// Whether the daemon starts it when it itself is started.
    pub async fn autostart(&self, domain: &Domain) -> Result<bool> {
        let arguments = domain.put(Encoder::default());
        self.call(call::DOMAIN_GET_AUTOSTART, arguments, SHORT, |it| it.boolean()).await
    }

    pub async fn set_autostart(&self, domain: &Domain, on: bool) -> Result<()> {
        let arguments = domain.put(Encoder::default()).boolean(on);
        self.call(call::DOMAIN_SET_AUTOSTART, arguments, SHORT, |_| Ok(())).await
    }

    pub async fn interfaces(&self, domain: &Domain, from: AddressSource) -> Result<Vec<Interface>> {
        let arguments = domain.put(Encoder::default()).unsigned(from as u32).unsigned(0);
        self.call(call::DOMAIN_INTERFACE_ADDRESSES, arguments, SHORT, Interface::read_list).await
    }

    /// Where a running domain can be reached: what any of the sources knows, loopback and
    /// link-local addresses left out, IPv4 first.
    ///
    /// # Errors
    /// Only when the connection is of no use any more: a source may be missing.
    pub async fn addresses(&self, domain: &Domain) -> Result<Vec<std::net::IpAddr>> {
        for source in [AddressSource::Agent, AddressSource::Lease, AddressSource::Arp] {
            let interfaces = match self.interfaces(domain, source).await {
                Ok(interfaces) => interfaces,
                Err(error @ Error::Remote(_)) => {
                    tracing::debug!("no addresses of {} from {source:?}: {error}", domain.name);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut found: Vec<std::net::IpAddr> = interfaces
                .iter()
                .flat_map(|interface| &interface.addresses)
                .filter_map(|text| text.parse().ok())
                .filter(is_reachable)
                .collect();
            if !found.is_empty() {
                found.sort_by_key(std::net::IpAddr::is_ipv6);
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }
}

fn is_reachable(address: &std::net::IpAddr) -> bool {
    match address {
        std::net::IpAddr::V4(four) => !four.is_loopback() && !four.is_link_local(),
        std::net::IpAddr::V6(six) => !six.is_loopback() && !six.is_unicast_link_local(),
    }
}
