//! MQTT 3.1.1.

use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, LastWill, MqttOptions,
    NetworkOptions, Outgoing, Packet, QoS, SubscribeReasonCode, TlsConfiguration, Transport,
};

use super::{
    CONNECT_WITHIN_S, Client, Happened, How, IN_FLIGHT, KEEP_ALIVE, LARGEST_PACKET, REQUESTS, Wire,
};
use crate::mqtt::Message;

pub fn open(how: &How) -> (Client, Wire) {
    let mut options = MqttOptions::new(&how.client_id, &how.host, how.port);
    let largest = LARGEST_PACKET as usize;
    let (topic, payload) = &how.will;
    options
        .set_keep_alive(KEEP_ALIVE)
        .set_clean_session(true)
        .set_inflight(IN_FLIGHT)
        .set_max_packet_size(largest, largest)
        .set_last_will(LastWill::new(topic, *payload, QoS::AtLeastOnce, true));
    if let Some(connector) = &how.tls {
        let tls = TlsConfiguration::NativeConnector(connector.clone());
        options.set_transport(Transport::tls_with_config(tls));
    }
    if let Some((user, password)) = &how.login {
        options.set_credentials(user, password);
    }
    let (client, mut wire) = AsyncClient::new(options, REQUESTS);
    let mut network = NetworkOptions::new();
    network.set_connection_timeout(CONNECT_WITHIN_S).set_tcp_nodelay(true);
    wire.set_network_options(network);
    (Client::V4(client), Wire::V4(Box::new(wire)))
}

pub async fn next(wire: &mut EventLoop) -> Result<Happened, String> {
    match wire.poll().await {
        Ok(event) => Ok(happened(event)),
        Err(ConnectionError::ConnectionRefused(code)) => Err(refusal(code).to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

pub fn happened(event: Event) -> Happened {
    match event {
        Event::Incoming(Packet::ConnAck(_)) => Happened::Connected,
        Event::Incoming(Packet::Publish(publish)) => Happened::Came(Message {
            topic: publish.topic,
            payload: publish.payload.into(),
            retained: publish.retain,
        }),
        Event::Incoming(Packet::PubAck(ack)) => Happened::Taken(ack.pkid, None),
        Event::Incoming(Packet::SubAck(ack))
            if ack.return_codes.contains(&SubscribeReasonCode::Failure) =>
        {
            Happened::NotSubscribed("no reason given".to_owned())
        }
        Event::Outgoing(Outgoing::Publish(packet)) => Happened::Sent(packet),
        _ => Happened::Other,
    }
}

fn refusal(code: ConnectReturnCode) -> &'static str {
    match code {
        ConnectReturnCode::Success => "the broker refuses the connection",
        ConnectReturnCode::RefusedProtocolVersion => {
            "the broker does not speak MQTT 3.1.1: try version = \"5\" in [mqtt]"
        }
        ConnectReturnCode::BadClientId => "the broker refuses the client id",
        ConnectReturnCode::ServiceUnavailable => "the broker is not available",
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
            "the broker refuses user and password: see [mqtt]"
        }
    }
}
