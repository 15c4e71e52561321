//! STARTTLS and AUTH, and nothing over an open line.

use std::{fs, os::unix::fs::PermissionsExt};

use super::{
    agent::Site,
    office::{Office, header, make_certificate},
    patience::until,
};

const SCRIPT: &str = "watch(\"alarm\", every(\"1s\"), || { \
                      if sensor(\"closet/heat\") > 70.0 { run(email(\"too hot\")) } });";

fn site(office: &Office, password: &str, more: &str) -> Site {
    let site = Site::new("");
    let ca = office.path("ca.pem");
    let login = "user = \"pi\"\npassword = { secret = \"mail\" }\n";
    let more = more.replace("CA", &ca.display().to_string());
    site.configure(
        &(office.section(&format!("{login}{more}")) + &site.sensor("closet/heat", "heat")),
    );
    site.write("heat", "71.5");
    fs::create_dir(site.path("secrets")).expect("a folder");
    fs::write(site.path("secrets/mail"), password).expect("a secret");
    fs::set_permissions(site.path("secrets/mail"), fs::Permissions::from_mode(0o600))
        .expect("permissions");
    site.script("alarm", SCRIPT);
    site
}

#[test]
fn a_mail_comes_over_starttls_with_a_password_and_shows_the_curve() {
    let office = Office::guarded();
    let site = site(&office, "hunter2", "ca = 'CA'\n");
    let _agent = site.start();
    // The first may go before there is a second reading to draw a line to.
    let mail = until(
        || office.mails().into_iter().find(|mail| mail.contains("image/png")),
        || format!("no mail has a curve: {:#?}", office.mails()),
    );
    assert_eq!(header(&mail, "Subject"), "too hot");
    assert!(header(&mail, "Message-ID").starts_with("<alarm=2Ealarm="), "{mail}");
    for kind in ["text/plain", "text/html", "image/png"] {
        assert!(mail.contains(&format!("Content-Type: {kind}")), "no {kind} in {mail}");
    }
    let unfolded = mail.replace("=\r\n", "").replace("=\n", "");
    assert!(unfolded.contains("closet/heat: 71.5 to 71.5"), "{mail}");
}

#[test]
fn a_wrong_password_and_a_server_that_nobody_vouches_for_are_told() {
    let office = Office::guarded();
    let other = tempfile::tempdir().expect("a temporary folder");
    make_certificate(other.path());
    let foreign = format!("ca = '{}'\n", other.path().join("ca.pem").display());
    for (password, more, told) in [
        ("wrong", "ca = 'CA'\n", "check `[mail] user` and its password"),
        ("hunter2", "", "a password is never sent over such a line"),
        ("hunter2", foreign.as_str(), "certificate verify failed"),
    ] {
        let site = site(&office, password, more);
        let agent = site.start();
        agent.says(told);
        assert!(office.mails().is_empty());
        assert!(!agent.log().contains("hunter2"));
    }
}
