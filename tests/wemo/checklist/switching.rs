//! Get and Set.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use super::LAMP;
use crate::{
    client::{BASIC, Client, soap, state},
    house,
};

fn lamp() -> (crate::Agent, Client, u16) {
    let (agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    (agent, client, port)
}

#[test]
fn p36_the_header_chooses_the_action_in_any_case_and_get_never_switches() {
    let (_agent, client, port) = lamp();
    let with_state = client.soap(port, "GetBinaryState", "<BinaryState>1</BinaryState>");
    assert!(!state(&with_state) && !client.is_on(port));
    let request = String::from_utf8(soap("SetBinaryState", "<BinaryState>1</BinaryState>"));
    let odd = request.unwrap().replace(
        &format!("SOAPACTION: \"{BASIC}#SetBinaryState\""),
        &format!("soapaction:\"{}#SETbinarySTATE\"", BASIC.to_lowercase()),
    );
    assert!(state(&client.talk(port, odd.as_bytes())) && client.is_on(port));
}

#[test]
fn p37_set_is_answered_with_the_state() {
    let (_agent, client, port) = lamp();
    for on in [true, false] {
        let state = format!("<BinaryState>{}</BinaryState>", u8::from(on));
        let answer = client.soap(port, "SetBinaryState", &state);
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(
            answer.contains("<u:SetBinaryStateResponse") && answer.contains(&state),
            "{answer}"
        );
    }
}

#[test]
fn p38_the_state_is_known_before_the_first_command() {
    let (_agent, client, port) = lamp();
    assert!(!client.is_on(port));
}

#[test]
fn p39_what_was_set_is_what_is_shown_right_after() {
    let (_agent, client, port) = lamp();
    for on in [true, false, true, true, false] {
        assert_eq!((client.set(port, on), client.is_on(port)), (on, on));
    }
}

#[test]
fn p40_a_state_may_bring_more_fields_and_blanks() {
    let (_agent, client, port) = lamp();
    for (text, on) in [(" 1 ", true), ("0|1492338954|0|0", false), ("\r\n1|\r\n", true)] {
        let arguments = format!("<BinaryState>{text}</BinaryState>");
        assert_eq!(state(&client.soap(port, "SetBinaryState", &arguments)), on, "{text:?}");
        assert_eq!(client.is_on(port), on, "{text:?}");
    }
}

#[test]
fn p41_what_else_is_said_does_not_matter() {
    let (_agent, client, port) = lamp();
    let arguments = "<Duration>7</Duration><BinaryState>1</BinaryState><UDN>x</UDN>";
    assert!(state(&client.soap(port, "SetBinaryState", arguments)) && client.is_on(port));
}

#[test]
fn p42_the_name_can_be_asked_for() {
    let (_agent, client, port) = lamp();
    let answer = client.soap(port, "GetFriendlyName", "");
    assert!(answer.contains("<FriendlyName>lamp</FriendlyName>"), "{answer}");
}

#[test]
fn p43_what_cannot_be_done_is_a_fault_and_never_silence() {
    let (_agent, client, port) = lamp();
    for (action, arguments, code) in [
        ("SetBinaryState", "<BinaryState>7</BinaryState>", 402),
        ("SetBinaryState", "<BinaryState></BinaryState>", 402),
        ("SetBinaryState", "", 402),
        ("SetBinaryState", "<Bin", 402),
        ("Explode", "", 401),
    ] {
        let fault = client.soap(port, action, arguments);
        assert!(fault.starts_with("HTTP/1.1 500") && fault.contains("<s:Fault>"), "{fault}");
        assert!(fault.contains(&format!("<errorCode>{code}</errorCode>")), "{arguments}: {fault}");
    }
    assert!(!client.is_on(port));
}

#[test]
fn p48_a_slow_script_and_slow_clients_delay_nobody() {
    let slow = "wemo(\"slow\", #{ on: || { let x = 0; loop { x += 1; } }, off: || () });";
    let (agent, client) = house(slow);
    agent.write_script(
        "lamp",
        "wemo(\"lamp\", #{ on: || { print(\"the lamp is lit\") }, off: || () });",
    );
    let (slow, lamp) = (client.port_of("slow"), client.port_of("lamp"));
    let idle: Vec<_> = (0..50).filter_map(|_| client.connect(lamp)).collect();
    for stream in &idle {
        (&*stream).write_all(b"POST /upnp/control/basicevent1 HTTP/1.1\r\nContent-Le").unwrap();
    }
    assert!(client.set(slow, true) && client.is_on(slow));
    assert!(client.set(lamp, true) && client.is_on(lamp));
    agent.says("the lamp is lit");
    assert!(client.is_on(slow), "it still loops, and another script's deed is done");
    let began = Instant::now();
    assert!(client.set(slow, false) != client.set(slow, true) && client.is_on(lamp));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    client.set(slow, false);
    client.becomes(slow, false);
    assert!(client.is_on(lamp), "the limit ended the loop, and the truth came out");
}

#[test]
fn p48_an_answer_takes_a_millisecond_or_two_whatever_the_script_does() {
    let script = "for n in 0..20 { wemo(`lamp ${n}`, #{ on: || { let x = 0; loop { x += 1; } }, off: || () }); }";
    let (_agent, client) = house(script);
    let ports: Vec<u16> = (0..20).map(|n| client.port_of(&format!("lamp {n}"))).collect();
    let mut took: Vec<Duration> = (0..200)
        .map(|n| {
            let began = Instant::now();
            let on = (n / ports.len()).is_multiple_of(2);
            assert_eq!(client.set(ports[n % ports.len()], on), on);
            began.elapsed()
        })
        .collect();
    took.sort();
    // A connection and all: the machine's other work makes some of them longer.
    assert!(took[took.len() / 4] <= Duration::from_millis(2), "{took:?}");
}
