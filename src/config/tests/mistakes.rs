//! Every diagnostic of the site file, as it is shown where there is no terminal.

use insta::assert_snapshot;

use super::{read, rendered};

fn said_about(text: &str) -> String {
    match read(text) {
        Ok((_, found)) | Err(found) => rendered(&found),
    }
}

macro_rules! said {
    ($($name:ident: $text:expr;)*) => {
        $(#[test]
        fn $name() {
            assert_snapshot!(said_about($text));
        })*
    };
}

said! {
    all_mistakes_of_one_file_at_once: r#"
scrpts = "scripts"
[site]
timezone = "Europe/Berln"
[[sensor]]
name = "closet/temperature"
driver = "mcp9808"
every = "10 parsecs"
[hosts.plex]
kind = "ssh"
on = "big-irn"
[hosts.big-iron]
kind = "ssh"
"#;
    what_is_not_toml_hides_nothing_else: "[site]\nname = \"closet\ntimezone = \"Berlin\"\nlatitude = = 7\n";
    a_key_twice: "scripts = \"a\"\nscripts = \"b\"\n";
    a_virtual_machine_nowhere: "[hosts.plex]\nkind = \"libvirt\"\ndomain = \"plex\"\nallow_destroy = true\n[hosts.tv]\nkind = \"libvirt\"\nuri = \"qemu+shh://big-iron/system\"\nforce_after = \"soon\"\n";
    keys_of_virtual_machines: "[hosts.nas]\nkind = \"ssh\"\nuri = \"qemu:///system\"\nforce_after = \"1m\"\n[hosts.worker]\nkind = \"placed\"\ndomain = \"worker\"\n";
    templates: "[templates.a]\nkind = \"libvrt\"\n[templates.b]\nkind = \"libvirt\"\nmemory = \"64K\"\nvcpus = 0\nnetwork = \"default\"\nbridge = \"br0\"\n[templates.c]\nkind = \"libvirt\"\nuri = \"qemu:///system\"\nvolume = { pool = \"default\", form = \"x\" }\ncpus = 2\n";
    templates_of_ec2: "[aws]\nregion = \"Frankfurt\"\naccess_key = { secret = \"id\" }\nendpoint = \"http://10.0.0.1/\"\nevery = \"1ms\"\n[templates.a]\nkind = \"ec2\"\n[templates.b]\nkind = \"ec2\"\nregion = \"eu-central-1\"\ninstance_type = \"t4g.nano\"\nimage = \"ami-1\"\nspot = false\nmax_price = 0\npublic_address = true\nready = \"shh\"\ndisk = \"99999TiB\"\ntags = { Name = \"x\", n = 1 }\ncost = \"ec3\"\n";
    a_spot_machine_that_may_be_too_dear: "[templates.a]\nkind = \"ec2\"\nregion = \"eu-central-1\"\ninstance_type = \"t4g.nano\"\nimage = \"ami-1\"\nmax_price = 0.01\n";
    templates_that_inherit: "[templates.a]\ninherits = \"b\"\nkind = \"ec2\"\n[templates.b]\ninherits = \"a\"\n[templates.c]\nkind = \"libvirt\"\ninherits = \"bass\"\nuri = \"qemu:///system\"\nvolume = { from = \"x\" }\n[templates.base]\nvcpu = 2\n[templates.d]\ninherits = \"base\"\nkind = \"libvirt\"\nuri = \"qemu:///system\"\nvolume = { from = \"x\" }\n[templates.nobodys]\nvcpus = 2\n";
    costs: "[cost.a]\nkind = \"tarif\"\n[cost.b]\nkind = \"ec2-spot\"\nzones = [\"us-east-1a\"]\nregion = \"eu-central-1\"\n[cost.c]\nkind = \"tariff-hours\"\nhours = { \"25:00\" = 0.3 }\n[cost.d]\nkind = \"tariff-hours\"\n[cost.e]\nkind = \"sensor\"\nsensor = \"solar/powr\"\n[cost.f]\nkind = \"sensor\"\nsensor = \"solar/power\"\nprice = 0.3\n[cost.g]\nkind = \"http\"\nurl = \"http://api.lan/x\"\npointer = \"price\"\ntoken = { secret = \"t\" }\n[cost.h]\nkind = \"tariff\"\nprice = 0.3\nwatts = 0\nevery = \"1ms\"\nprise = 1\n[[sensor]]\nname = \"solar/power\"\ndriver = \"file\"\n";
    a_section_of_a_later_version: "[weather]\nurl = \"https://weather.lan\"\n";
    a_broker_that_cannot_be_reached_so: "[mqtt]\nurl = \"mqtt://broker.lan/x\"\nversion = \"4\"\nca = \"ca.pem\"\nprefix = \"a/+/b\"\npassword = { secret = \"x\" }\nkeep_readings = 0\n";
    a_cluster_that_is_reached_in_two_ways: "[mqtt]\nurl = [\"mqtt://a.lan\", \"mqtts://b.lan\"]\n";
    a_cluster_without_nodes: "[mqtt]\nurl = []\n";
    a_cluster_with_a_slip: "[mqtt]\nurl = [\"mqtt://a.lan\", \"http://b.lan\"]\n";
    answers_with_a_token_over_plain_http: "[notify]\nurl = \"https://ntfy.lan/a\"\nanswers = \"http://ntfy.lan/b\"\ntoken = { secret = \"x\" }\n";
    a_password_over_plain_mqtt: "[mqtt]\nurl = \"mqtt://broker.lan\"\nuser = \"pi\"\npassword = { secret = \"broker\" }\n";
    a_section_that_is_no_table: "mail = \"me@example.org\"\n[sensor]\nname = \"a\"\n";
    wrong_types: "scripts = 1\n[site]\nlatitude = \"north\"\nlongitude = 400\n[limits]\ndepth = 1.5\nparallel_hosts = 0\nrun_time = 30\n";
    half_a_place: "[site]\nlatitude = 52.5\n";
    durations: "[history]\nkeep = \"\"\nflush = \"0s\"\n[limits]\nrun_time = \"999w\"\n";
    sizes: "[history]\nmax_size = \"64KB\"\n[limits]\nsize = \"huge\"\n";
    a_sensor_without_anything: "[[sensor]]\n";
    sensor_names: "[[sensor]]\nname = \"Closet Temperature\"\ndriver = \"file\"\n[[sensor]]\nname = \"a/+/b\"\ndriver = \"file\"\n";
    two_sensors_of_one_name: "[[sensor]]\nname = \"a\"\ndriver = \"file\"\n[[sensor]]\nname = \"a\"\ndriver = \"file\"\n";
    a_sensor_that_is_always_stale: "[[sensor]]\nname = \"a\"\ndriver = \"file\"\nevery = \"1h\"\nmax_age = \"1m\"\n";
    sensor_values: "[[sensor]]\nname = \"a\"\ndriver = \"file\"\nrange = [110, -20]\nsmooth = \"avg 5\"\nscale = 0\nbig = 99999999999999999999\n";
    filters_of_a_sensor: "[[sensor]]\nname = \"a\"\ndriver = \"file\"\ncalibrate = [[1, 2]]\nmedian = 1\nscale = 2\nmultiply = 3\nslope_limit = \"fast\"\nround = 20\ndelta = 0\nheartbeat = \"1s\"\n[[sensor]]\nname = \"b\"\ndriver = \"file\"\ncalibrate = [[1, 2], [1, 3]]\nmedian = 5\nsmooth = \"mean 5\"\n[[sensor]]\nname = \"c\"\ndriver = \"file\"\ncalibrate = [1, 2]\nrund = 1\n";
    kinds_of_host: "[hosts.plex]\nkind = \"libvirt\"\n[hosts.a]\nkind = \"phisical\"\n[hosts.b]\n";
    hosts_in_circles: "[hosts.a]\nkind = \"ssh\"\non = \"b\"\n[hosts.b]\nkind = \"ssh\"\non = \"a\"\nssh = { jump = \"b\" }\n";
    addresses: "[hosts.a]\nkind = \"physical\"\naddress = \"ops@10.0.0.1\"\nmac = \"52:54:00:12:34\"\n";
    networks_that_cannot_be_looked_at: "[scan]\nports = \"1-1024,ssh\"\nrate = 0\ntimeout = \"2m\"\n[networks.lan]\ncidr = \"10.0.0.0/8\"\n[networks.wan]\ncidr = \"8.8.8.0/24\"\nports = \"0\"\n[networks.\"my lan\"]\ncidr = \"home\"\n[networks.x]\n";
    how_hosts_are_woken_and_spared: "[switching]\nmin_on = 5\nswitches_per_hour = 1000\n[hosts.a]\nkind = \"ssh\"\nwake = { port = 0, password = \"00:11:22:33:44:55\", wire = \"eth0\" }\nmin_off = \"soon\"\n";
    a_host_that_stays_off: "[hosts.a]\nkind = \"physical\"\n";
    this_board_twice: "[hosts.pi]\nkind = \"self\"\nmac = \"52:54:00:12:34:56\"\n[hosts.me]\nkind = \"self\"\n";
    names_of_hosts_and_tags: "[hosts.\"big iron\"]\nkind = \"ssh\"\ntags = [\"a b\"]\n";
    a_password_in_the_file: "[mail]\nurl = \"smtps://mail.example.org\"\nuser = \"pi\"\npassword = \"hunter2\"\nfrom = \"a@example.org\"\nto = [\"b@example.org\"]\n";
    a_password_in_an_address: "[notify]\nurl = \"https://pi:hunter2@ntfy.sh/x\"\n";
    secret_names: "[notify]\nurl = \"https://ntfy.sh/x\"\ntoken = { secret = \"../ntfy\" }\n";
    a_password_over_plain_smtp: "[mail]\nurl = \"smtp://mail.example.org:25?tls=none\"\nuser = \"pi\"\npassword = { secret = \"mail\" }\nfrom = \"a@example.org\"\nto = [\"b@example.org\"]\n";
    mail_that_goes_nowhere: "[mail]\nurl = \"https://mail.example.org\"\npassword = { secret = \"mail\" }\nfrom = \"closet\"\nto = []\n";
    a_token_over_plain_http: "[notify]\nurl = \"http://ntfy.lan/x\"\ntoken = { secret = \"ntfy\" }\n";
    a_socket_path_that_is_too_long: &format!("[control]\nsocket = \"/{}\"\n", "deep/".repeat(24));
}

#[test]
fn a_secret_in_the_file_is_never_shown() {
    for text in [
        "[mail]\npassword = \"hunter2\"\n",
        "[notify]\ntoken = \"hunter2\"\nurl = 7\n",
        "[hosts.a]\nssh = { passphrase = \"hunter2\" }\n",
        "[hosts.a]\nwake = { password = \"hunter2\" }\n",
        "[[sensor]]\ndriver = \"http\"\nheaders = { token = \"hunter2\" }\n",
        "[notify]\nurl = \"https://u:hunter2@h/\"\n",
        "[mail]\npassword = \"hunter2\ntoken = = 1\n",
        "[mail]\nurl = \"smtp://u:hunter2@h\nfoo\n",
        "[mail]\npassword = hunter2\n",
        "[mail]\npassword = \"hunter2\" x\n",
        "[mail]\npassword = \"\"\"\nhunter2\nuser = 1\n",
        "[mail\npassword: hunter2\n",
        "[mail]\npassword = \"a\"\npassword = \"hunter2\"\n",
    ] {
        let said = said_about(text);
        assert!(!said.is_empty() && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let found = super::Site::load(std::path::Path::new("/nonexistent/watchpost.toml"))
        .expect_err("there is none");
    assert_eq!(found[0].place(), None);
    assert!(rendered(&found).contains("--config"), "{}", rendered(&found));
}

/// What drivers and boards add to it.
#[test]
fn later_checks_point_into_the_file() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its fields are asked for")]
    struct Chip {
        bus: String,
        address: u8,
    }
    let text = "[board]\nprofile = \"rpi5\"\n[[sensor]]\nname = \"a\"\ndriver = \"mcp9880\"\n\
                adress = 0x18\nbus = 1\n";
    let site = super::good(text);
    let sensor = &site.sensors[0];
    let mistakes = sensor.options.read::<Chip>().expect_err("mistakes");
    let mut found = vec![
        site.unknown_board("rpi5", &["rpi", "generic-linux"]),
        site.unknown_driver(sensor, &["file", "mcp9808"]),
    ];
    found.extend(site.driver_mistakes(sensor, mistakes));
    let own = crate::config::OptionMistakes::new("every", "the chip needs 15 s");
    found.extend(site.driver_mistakes(sensor, own));
    assert_snapshot!(rendered(&found));
}
