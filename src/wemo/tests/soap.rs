use proptest::prelude::*;

use super::*;

const SET: &str = "\"urn:Belkin:service:basicevent:1#SetBinaryState\"";

fn body(arguments: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <s:Body><u:SetBinaryState xmlns:u=\"urn:Belkin:service:basicevent:1\">{arguments}</u:SetBinaryState></s:Body></s:Envelope>"
    )
}

fn set(arguments: &str, dims: bool) -> Result<Wanted, Fault> {
    match read(Some(SET), body(arguments).as_bytes(), dims)? {
        Call::SetBinaryState(wanted) => Ok(wanted),
        other => panic!("{other:?}"),
    }
}

const fn only(on: bool) -> Result<Wanted, Fault> {
    Ok(Wanted { on: Some(on), brightness: None })
}

#[test]
fn p36_the_header_chooses_in_any_letters_and_get_never_switches() {
    let body = body("<BinaryState>1</BinaryState>");
    for header in [
        "urn:belkin:service:BASICEVENT:1#getbinarystate",
        "\"x#GetBinaryState\"",
        "  \"#GetBinaryState\" ",
    ] {
        assert_eq!(
            read(Some(header), body.as_bytes(), false),
            Ok(Call::GetBinaryState),
            "{header}"
        );
    }
    assert!(matches!(
        read(Some("a#SETBINARYSTATE"), body.as_bytes(), false),
        Ok(Call::SetBinaryState(_))
    ));
}

#[test]
fn p40_a_state_may_come_with_fields_and_blanks() {
    assert_eq!(set("<BinaryState>1|1492338954|0|922</BinaryState>", false), only(true));
    assert_eq!(set("<BinaryState> \r\n0\t</BinaryState>", false), only(false));
}

#[test]
fn p41_other_arguments_do_not_matter() {
    let many = "<Duration>x</Duration><BinaryState>1</BinaryState><EndAction/><UDN>&lt;</UDN><brightness>loud</brightness>";
    assert_eq!(set(many, false), only(true));
}

#[test]
fn p43_bad_values_and_unknown_actions_are_faults() {
    for bad in [
        "<BinaryState>2</BinaryState>",
        "<BinaryState></BinaryState>",
        "<BinaryState/>",
        "",
        "<BinaryState>1",
        "<BinaryState>&#49;</BinaryState>",
        "<BinaryState>true</BinaryState>",
    ] {
        assert_eq!(set(bad, false), Err(Fault::InvalidArgs), "{bad}");
    }
    for unknown in [None, Some(""), Some("SetBinaryState"), Some("x#Explode")] {
        assert_eq!(read(unknown, b"", false), Err(Fault::InvalidAction));
    }
    assert!(Fault::InvalidAction.to_xml().contains("<errorCode>401</errorCode>"));
}

#[test]
fn a_dimmer_takes_a_brightness() {
    let dimmed = Ok(Wanted { on: Some(true), brightness: Some(45) });
    assert_eq!(set("<BinaryState>1</BinaryState><brightness>45</brightness>", true), dimmed);
    assert_eq!(
        set("<brightness>45</brightness>", true),
        Ok(Wanted { on: None, brightness: Some(45) })
    );
    for bad in ["101", "-1", "", "loud"] {
        let arguments = format!("<BinaryState>1</BinaryState><brightness>{bad}</brightness>");
        assert_eq!(set(&arguments, true), Err(Fault::InvalidArgs), "{bad}");
    }
}

#[test]
fn p37_an_answer_looks_as_it_was_recorded_from_a_socket() {
    let recorded = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>\r\n\
        <u:SetBinaryStateResponse xmlns:u=\"urn:Belkin:service:basicevent:1\">\r\n<BinaryState>1</BinaryState>\r\n</u:SetBinaryStateResponse>\r\n</s:Body></s:Envelope>";
    assert_eq!(answer("basicevent", "SetBinaryState", &[("BinaryState", "1")]), recorded);
}

#[test]
fn p42_a_name_is_escaped() {
    assert!(
        answer("basicevent", "GetFriendlyName", &[("FriendlyName", "<&>")])
            .contains(">&lt;&amp;&gt;<")
    );
}

proptest! {
    #[test]
    fn any_body_is_survived(action in "[ -~]{0,40}", bytes: Vec<u8>, dims: bool) {
        let _ = read(Some(&action), &bytes, dims);
        let _ = read(Some(SET), &bytes, dims);
    }

    #[test]
    fn any_markup_is_survived(text in "(<[/!?]?[A-Za-z:]{0,5}[>/]?|BinaryState|[01]|&[a-z#0-9]{0,4};|\\]\\]>|<!\\[CDATA\\[|<!--){0,30}") {
        let _ = read(Some(SET), text.as_bytes(), true);
    }
}
