//! MQTT 5.

use rumqttc::{
    Outgoing, TlsConfiguration, Transport,
    v5::{
        AsyncClient, ConnectionError, Event, EventLoop, MqttOptions,
        mqttbytes::{
            QoS,
            v5::{ConnectReturnCode, LastWill, Packet, PubAckReason, SubscribeReasonCode},
        },
    },
};

use super::{
    CONNECT_WITHIN_S, Client, Happened, How, IN_FLIGHT, KEEP_ALIVE, LARGEST_WANTED, REQUESTS, Wire,
};
use crate::mqtt::Message;

pub fn open(how: &How) -> (Client, Wire) {
    let mut options = MqttOptions::new(&how.client_id, &how.host, how.port);
    let (topic, payload) = &how.will;
    options
        .set_keep_alive(KEEP_ALIVE)
        .set_clean_start(true)
        .set_connection_timeout(CONNECT_WITHIN_S)
        .set_outgoing_inflight_upper_limit(IN_FLIGHT)
        .set_max_packet_size(Some(LARGEST_WANTED))
        .set_last_will(LastWill::new(topic, *payload, QoS::AtLeastOnce, true, None));
    if let Some(connector) = &how.tls {
        let tls = TlsConfiguration::NativeConnector(connector.clone());
        options.set_transport(Transport::tls_with_config(tls));
    }
    if let Some((user, password)) = &how.login {
        options.set_credentials(user, password);
    }
    let (client, wire) = AsyncClient::new(options, REQUESTS);
    (Client::V5(client), Wire::V5(Box::new(wire)))
}

pub async fn next(wire: &mut EventLoop) -> Result<Happened, String> {
    match wire.poll().await {
        Ok(event) => Ok(happened(event)),
        Err(ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        )) => Err("the broker refuses user and password: see [mqtt]".to_owned()),
        Err(ConnectionError::ConnectionRefused(
            ConnectReturnCode::RefusedProtocolVersion
            | ConnectReturnCode::UnsupportedProtocolVersion,
        )) => Err("the broker does not speak MQTT 5: try version = \"3.1.1\" in [mqtt]".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

pub fn happened(event: Event) -> Happened {
    match event {
        Event::Incoming(Packet::ConnAck(_)) => Happened::Connected,
        Event::Incoming(Packet::Publish(publish)) => match std::str::from_utf8(&publish.topic) {
            Ok(topic) => Happened::Came(Message {
                topic: topic.to_owned(),
                payload: publish.payload.into(),
                retained: publish.retain,
            }),
            // The standard forbids it; there is no name to complain by.
            Err(_) => Happened::Other,
        },
        Event::Incoming(Packet::PubAck(ack)) => Happened::Taken(ack.pkid, refusal(ack.reason)),
        Event::Incoming(Packet::SubAck(ack)) => ack
            .return_codes
            .iter()
            .find(|code| !matches!(code, SubscribeReasonCode::Success(_)))
            .map_or(Happened::Other, |code| Happened::NotSubscribed(format!("{code:?}"))),
        Event::Outgoing(Outgoing::Publish(packet)) => Happened::Sent(packet),
        _ => Happened::Other,
    }
}

/// That nobody listens is no refusal: what is retained waits for those who come.
fn refusal(reason: PubAckReason) -> Option<String> {
    match reason {
        PubAckReason::Success | PubAckReason::NoMatchingSubscribers => None,
        other => Some(format!("{other:?}")),
    }
}
