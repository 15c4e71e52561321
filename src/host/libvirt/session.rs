//! The first words with a daemon, and what can be asked of it as a whole.

use std::time::Duration;

use super::{
    connection::{Connection, SHORT, Stream},
    error::{Error, Result, code},
    rpc::{message::AuthType, procedure as call, xdr::Encoder},
};

/// `VIR_DRV_FEATURE_PROGRAM_KEEPALIVE`.
const FEATURE_KEEPALIVE: i32 = 10;
/// `VIR_DOMAIN_EVENT_ID_LIFECYCLE`.
const EVENT_LIFECYCLE: i32 = 0;

impl Connection {
    /// Greets a daemon and has it open `driver_uri`.
    ///
    /// # Errors
    /// No answer `within` this time, a daemon that asks for what is not spoken here, or libvirt's
    /// own error.
    pub async fn open(
        stream: impl Stream + 'static,
        driver_uri: &str,
        within: Duration,
    ) -> Result<Self> {
        let connection = Connection::new(stream);
        let within = within.min(SHORT);
        let nothing = Encoder::default;
        let ways = connection.call(call::AUTH_LIST, nothing(), within, AuthType::read_list).await?;
        match ways.first() {
            None | Some(AuthType::None) => {}
            Some(AuthType::Polkit) => {
                let asked = connection.call(call::AUTH_POLKIT, nothing(), within, |_| Ok(())).await;
                asked.map_err(of_polkit)?;
            }
            Some(AuthType::Sasl) => return Err(Error::NotSpoken(SASL.to_owned())),
            Some(AuthType::Other(number)) => {
                let what = format!("it asks for the unknown way {number} to log in");
                return Err(Error::NotSpoken(what));
            }
        }
        let arguments = nothing().optional_string(Some(driver_uri)).unsigned(0);
        connection.call(call::CONNECT_OPEN, arguments, within, |_| Ok(())).await?;
        let feature = nothing().int(FEATURE_KEEPALIVE);
        let asked = connection
            .call(call::CONNECT_SUPPORTS_FEATURE, feature, within, |it| it.boolean())
            .await?;
        if asked {
            connection.keep_alive();
        }
        Ok(connection)
    }

    /// Has the daemon tell of every domain's starts and ends, see [`Connection::events`].
    pub async fn listen(&self) -> Result<()> {
        let arguments = Encoder::default().int(EVENT_LIFECYCLE).boolean(false);
        let register = call::CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY;
        self.call(register, arguments, SHORT, |_| Ok(())).await
    }

    /// What the hypervisor can do, as XML.
    pub async fn capabilities(&self) -> Result<String> {
        let nothing = Encoder::default();
        self.call(call::CONNECT_GET_CAPABILITIES, nothing, SHORT, |it| it.string()).await
    }
}

const SASL: &str = "it asks for SASL, which is not spoken here: use qemu+ssh://, or \
                    auth_unix_rw, auth_tcp or auth_tls = \"none\" in its libvirtd.conf where only \
                    the right people get that far";

/// Without a desktop there is no agent that could ask anybody.
fn of_polkit(error: Error) -> Error {
    use code::{AUTH_CANCELLED, AUTH_FAILED, AUTH_UNAVAILABLE};
    match error.code() {
        Some(AUTH_FAILED | AUTH_CANCELLED | AUTH_UNAVAILABLE) => Error::NotSpoken(format!(
            "polkit does not let this user manage libvirt, and there is nobody who could answer \
             it ({error}): put the user into the group `libvirt` there"
        )),
        _ => error,
    }
}
