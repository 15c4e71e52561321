//! Hosts: selecting them, acting on them, holding them.

use super::{
    Example::{Handler, Top},
    Form, Kind, ParamType as P, Word,
};

const fn step(params: &'static [super::Param]) -> Form {
    Form { params, returns: P::Pipe }
}

pub(super) static WORDS: [Word; 21] = [
    Word {
        name: "hosts",
        kind: Kind::Select,
        forms: &[
            Form { params: &[("name", P::Text)], returns: P::Hosts },
            Form { params: &[("names", P::Array)], returns: P::Hosts },
        ],
        summary: "The hosts of these names in the site file.",
        example: Top(r#"const CLOSET = hosts(["foo", "bar"]);
watch("evening", every_day(22), stop(CLOSET));"#),
    },
    Word {
        name: "tagged",
        kind: Kind::Select,
        forms: &[Form { params: &[("tag", P::Text)], returns: P::Hosts }],
        summary: "Every host that carries this tag in the site file.",
        example: Top(r#"watch("evening", every_day(22), stop(tagged("media")));"#),
    },
    Word {
        name: "everything",
        kind: Kind::Select,
        forms: &[Form { params: &[], returns: P::Hosts }],
        summary: "Every host of the site file.",
        example: Top(r#"watch("holidays", cron("0 8 1 8 *"), stop(everything()));"#),
    },
    Word {
        name: "is_up",
        kind: Kind::Select,
        forms: &[Form { params: &[("hosts", P::Hosts)], returns: P::Bool }],
        summary: "Asks now whether all of these hosts are up. A host of which it cannot be known \
                  is not up.",
        example: Handler(r#"if !is_up(hosts("plex")) { run(start(hosts("plex"))) }"#),
    },
    Word {
        name: "names",
        kind: Kind::Modifier,
        forms: &[Form { params: &[("hosts", P::Hosts)], returns: P::Array }],
        summary: "The names of hosts, as an array of texts.",
        example: Handler(r#"for name in tagged("media").names() { print(name) }"#),
    },
    Word {
        name: "len",
        kind: Kind::Modifier,
        forms: &[Form { params: &[("hosts", P::Hosts)], returns: P::Whole }],
        summary: "How many hosts these are. Texts, arrays and maps have it too.",
        example: Handler(r#"print(everything().len());"#),
    },
    Word {
        name: "start",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts)]), step(&[])],
        summary: "Starts hosts and waits until they answer; what they run on comes first. A host \
                  that is up already counts as done. Without hosts it takes those of the pipe.",
        example: Handler(r#"run(start(hosts("plex")) | pretty("plex is up"))"#),
    },
    Word {
        name: "stop",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts)])],
        summary: "Shuts hosts down and waits until they are gone; what others run on goes last.",
        example: Handler(r#"run(stop(hosts(["foo", "bar"])) | email("stopped"))"#),
    },
    Word {
        name: "restart",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts)])],
        summary: "Reboots hosts and waits until they have been away and answer again.",
        example: Handler(r#"run(restart(hosts("foo")))"#),
    },
    Word {
        name: "update",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts)])],
        summary: "Brings the software of hosts up to date, with the package manager that is there \
                  or the command of the site file.",
        example: Top(
            r#"watch("updates", weekdays("03:30"), update(tagged("media")) | email("updated"));"#,
        ),
    },
    Word {
        name: "wake",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts)]), step(&[])],
        summary: "Sends the Wake-on-LAN packet to physical hosts, and waits for nothing.",
        example: Handler(r#"run(wake(hosts("big-iron")))"#),
    },
    Word {
        name: "shell",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts), ("command", P::Text)]), step(&[("command", P::Text)])],
        summary: "Runs a command on hosts; any exit code but 0 is a failure. What it printed stands \
                  in the report.",
        example: Handler(r#"run(shell(hosts("foo"), "df -h /") | pretty("disks"))"#),
    },
    Word {
        name: "upload",
        kind: Kind::Verb,
        forms: &[
            step(&[("hosts", P::Hosts), ("from", P::Text), ("to", P::Text)]),
            step(&[("from", P::Text), ("to", P::Text)]),
        ],
        summary: "Copies a file to hosts: from a path below the scripts' folder, to a path there.",
        example: Handler(r#"run(upload(hosts("foo"), "files/motd", "/etc/motd"))"#),
    },
    Word {
        name: "create",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts), ("template", P::Text)])],
        summary: "Makes machines (`kind = \"placed\"`) from a template of the site file, and waits \
                  until they answer. One that is there already is only started; one that cannot be \
                  finished leaves nothing behind.",
        example: Handler(
            r#"run(create(hosts("worker-1"), "kvm-medium") | email("one more worker"))"#,
        ),
    },
    Word {
        name: "destroy",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts)])],
        summary: "Deletes machines that `create` made, with their disks. Needs \
                  `allow_destroy = true` of each.",
        example: Handler(r#"run(destroy(hosts("worker-1")))"#),
    },
    Word {
        name: "open_ports",
        kind: Kind::Verb,
        forms: &[
            step(&[("hosts", P::Hosts)]),
            step(&[("hosts", P::Hosts), ("network", P::Text)]),
            step(&[]),
        ],
        summary: "Looks which TCP ports of the hosts are open; with a network of the site file, these \
                  hosts look around in it with nmap, and the rows are the hosts that they find. A row \
                  has `ports`, each with `port`, `protocol`, `service` and `state` (\"open\", \
                  \"closed\", \"filtered\").",
        example: Handler(
            r#"run(open_ports(hosts("scanner"), "lan")
        | pick(|row| row.ports.some(|p| p.port == 23 && p.state == "open"))
        | email("telnet!"))"#,
        ),
    },
    Word {
        name: "hold_off",
        kind: Kind::Hold,
        forms: &[step(&[("hosts", P::Hosts), ("hold", P::Text)]), step(&[("hold", P::Text)])],
        summary: "Stops hosts, and keeps every other script from starting them until the hold of \
                  this name is released.",
        example: Top(r#"watch("heat", above("closet/temperature", 70.0),
    hold_off(hosts("foo"), "heat"), release("heat"));"#),
    },
    Word {
        name: "hold_on",
        kind: Kind::Hold,
        forms: &[step(&[("hosts", P::Hosts), ("hold", P::Text)]), step(&[("hold", P::Text)])],
        summary: "Starts hosts, and keeps every other script from stopping them until the hold of \
                  this name is released.",
        example: Top(r#"watch("sun", above("solar/power", 8000.0),
    hold_on(hosts("coin-1"), "sun"), release("sun"));"#),
    },
    Word {
        name: "release",
        kind: Kind::Hold,
        forms: &[step(&[("hold", P::Text)])],
        summary: "Ends a hold and undoes what it did: what `hold_off` stopped is started, what \
                  `hold_on` started is stopped.",
        example: Handler(r#"run(release("heat") | pretty("closet is cool again"))"#),
    },
    Word {
        name: "set",
        kind: Kind::Output,
        forms: &[step(&[("output", P::Text), ("level", P::Any)])],
        summary: "Switches an output of the board: true, false, or 0 to 1 for PWM. Refused while an \
                  output that it excludes is on.",
        example: Handler(r#"run(set("water-valve", false) | notify("water is off"))"#),
    },
    Word {
        name: "pulse",
        kind: Kind::Output,
        forms: &[step(&[("output", P::Text), ("length", P::Duration)])],
        summary: "Switches an output on for this long, and then off; the pipe does not wait for it.",
        example: Handler(r#"run(pulse("water-valve", "10s"))"#),
    },
];
