use std::{net::SocketAddr, sync::Arc};

use proptest::prelude::*;
use tokio::net::TcpListener;

use super::*;
use crate::{hal::Board, sensor::drivers::testing::driver, tasks};

/// A upsd that knows two things about one UPS, and wants a password for a third.
async fn serve(names: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufStream::new(stream);
            let mut line = String::new();
            let mut is_known = false;
            while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
                let answer = match line.trim_end() {
                    "USERNAME \"pi\"" => "OK\n".to_owned(),
                    "PASSWORD \"p\\\"w\"" => {
                        is_known = true;
                        "OK\n".to_owned()
                    }
                    "LIST UPS" => {
                        let list = names.iter().map(|name| format!("UPS {name} \"Closet UPS\"\n"));
                        format!("BEGIN LIST UPS\n{}END LIST UPS\n", list.collect::<String>())
                    }
                    "GET VAR apc battery.charge" => "VAR apc battery.charge \"97.5\"\n".to_owned(),
                    "GET VAR apc ups.status" => "VAR apc ups.status \"OB DISCHRG\"\n".to_owned(),
                    "GET VAR apc ups.load" if is_known => "VAR apc ups.load \"12\"\n".to_owned(),
                    "GET VAR apc ups.load" => "ERR ACCESS-DENIED\n".to_owned(),
                    "GET VAR apc ups.mfr" => "VAR apc ups.mfr \"APC\"\n".to_owned(),
                    "GET VAR apc ups.test" => "ERR DATA-STALE\n".to_owned(),
                    "LOGOUT" => break,
                    other if other.starts_with("GET VAR apc") => {
                        "ERR VAR-NOT-SUPPORTED\n".to_owned()
                    }
                    other if other.starts_with("GET VAR") => "ERR UNKNOWN-UPS\n".to_owned(),
                    other => panic!("the driver says {other}"),
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                line.clear();
            }
        }
    });
    address
}

async fn read(address: SocketAddr, options: &str) -> Result<Value, ReadError> {
    let hal = Hal::real(&Board::named("generic-linux").unwrap())
        .with_secrets(Arc::new(|_: &Secret| Ok("p\"w".to_owned())));
    let options = format!("host = '127.0.0.1'\nport = {}\n{options}", address.port());
    let mut driver = driver(&hal, "nut", &options).unwrap();
    tasks::spawn_blocking(move || driver.read()).await.unwrap()
}

#[tokio::test]
async fn variables_and_flags_of_the_only_ups() {
    let address = serve(&["apc"]).await;
    for (options, value) in [
        ("", Value::Number(97.5)),
        ("ups = 'apc'", Value::Number(97.5)),
        ("var = 'ups.status'\nflag = 'OB'", Value::Switch(true)),
        ("var = 'ups.status'\nflag = 'OL'", Value::Switch(false)),
        ("var = 'ups.load'\nuser = 'pi'\npassword = { secret = 'nut' }", Value::Number(12.0)),
    ] {
        assert_eq!(read(address, options).await, Ok(value), "{options}");
    }
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let address = serve(&["apc", "eaton"]).await;
    for (options, part, is_transient) in [
        ("", "apc, eaton: say which", false),
        ("ups = 'x'", "no UPS of that name", false),
        ("ups = 'apc'\nvar = 'ambient.humidity'", "upsc NAME", false),
        ("ups = 'apc'\nvar = 'ups.load'", "access denied", false),
        ("ups = 'apc'\nvar = 'ups.test'", "check its cable", true),
        ("ups = 'apc'\nvar = 'ups.mfr'", "no number", false),
    ] {
        let error = read(address, options).await.unwrap_err();
        assert!(error.to_string().contains(part), "{options}: {error}");
        assert_eq!(error.is_transient(), is_transient, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_is_another_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hangs = read(address, "timeout = '100ms'").await.unwrap_err();
    assert!(hangs.to_string().contains("within 100ms"), "{hangs}");
    let other = tasks::spawn(async move {
        // The first connection is the one that has been left hanging.
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(b"220 mail.example.org ESMTP\r\n").await;
        }
    });
    let error = read(address, "ups = 'apc'").await.unwrap_err();
    assert!(error.to_string().contains("this is no upsd"), "{error}");
    other.await.unwrap();
}

/// With the dummy UPS of `tests/nut/run`.
#[tokio::test]
#[ignore = "needs Debian's nut-server: tests/nut/run"]
async fn a_real_upsd() {
    let address = std::env::var("WATCHPOST_UPSD").unwrap().parse().unwrap();
    let known = "user = 'pi'\npassword = { secret = 'nut' }";
    for (options, value) in [
        (known, Value::Number(97.5)),
        ("ups = 'closet'\nvar = 'ups.load'", Value::Number(12.0)),
        ("var = 'ups.status'\nflag = 'OB'", Value::Switch(true)),
        ("var = 'ups.status'\nflag = 'OL'", Value::Switch(false)),
    ] {
        assert_eq!(read(address, options).await, Ok(value), "{options}");
    }
    for (options, part) in [
        ("ups = 'x'", "no UPS of that name"),
        ("var = 'ambient.humidity'", "upsc NAME"),
        ("var = 'ups.mfr'", "Dummy \"UPS\""),
    ] {
        let error = read(address, options).await.unwrap_err();
        assert!(error.to_string().contains(part), "{options}: {error}");
    }
}

#[test]
fn units_follow_the_names() {
    for (variable, unit) in [
        ("battery.charge", "%"),
        ("battery.charge.low", "%"),
        ("input.voltage.nominal", "V"),
        ("battery.runtime", "s"),
        ("ups.realpower", "W"),
        ("ups.status", ""),
    ] {
        assert_eq!(unit_of(variable), unit, "{variable}");
    }
}

proptest! {
    #[test]
    fn no_line_panics(line in "\\PC*") {
        let _ = parse(&line);
    }

    #[test]
    fn no_name_can_add_a_command(user in "(?s).*") {
        let line = Question::User(&user).to_string();
        prop_assert!(!line.contains(['\n', '\r']));
    }

    #[test]
    fn what_is_quoted_is_read_back(value in "[ -~]*") {
        let line = format!("VAR apc x {}", Question::User(&value).to_string().split_once(' ').unwrap().1);
        prop_assert_eq!(parse(&line).unwrap(), Answer::Variable(value));
    }
}
