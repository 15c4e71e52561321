//! Everything that the agent runs as root on a host by default. The scripts that run it and the
//! sudoers file that allows it are both made from this list, so that they cannot disagree.

/// Ways to switch off, best first.
pub const POWER_OFF: &[&str] = &["systemctl poweroff", "shutdown -h now", "poweroff"];

/// Ways to restart, best first.
pub const REBOOT: &[&str] = &["systemctl reboot", "shutdown -r now", "reboot"];

/// How one family of systems updates its packages.
#[derive(Debug)]
pub struct Packager {
    /// It is this family when there is such a program.
    pub program: &'static str,
    /// Run one after the other.
    pub steps: &'static [&'static str],
}

pub const PACKAGERS: &[Packager] = &[
    Packager {
        program: "apt-get",
        steps: &[
            "apt-get -q -y -o DPkg::Lock::Timeout=300 update",
            // An edited configuration file is kept, and nobody is asked about it.
            "apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef \
             -o Dpkg::Options::=--force-confold --with-new-pkgs upgrade",
        ],
    },
    Packager { program: "dnf", steps: &["dnf -y upgrade"] },
    Packager { program: "apk", steps: &["apk update", "apk upgrade"] },
    Packager { program: "pacman", steps: &["pacman -Syu --noconfirm"] },
];

/// `as_root` runs a command as root: directly, or through sudo, which must not ask.
const AS_ROOT: &str = r#"PATH="$PATH:/usr/sbin:/sbin"
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi; }
"#;

/// Tries one command after the other until one works.
pub fn first_that_works(commands: &[&str]) -> String {
    let tries: Vec<String> = commands.iter().map(|command| format!("as_root {command}")).collect();
    format!("{AS_ROOT}{}", tries.join(" || "))
}

/// Recognises the host's package manager and updates everything.
pub fn update() -> String {
    let mut script = AS_ROOT.to_owned();
    for (nth, Packager { program, steps }) in PACKAGERS.iter().enumerate() {
        let word = if nth == 0 { "if" } else { "elif" };
        let steps: Vec<String> = steps.iter().map(|step| format!("as_root {step}")).collect();
        let steps = steps.join(" && ");
        script.push_str(&format!("{word} command -v {program} >/dev/null 2>&1; then {steps}\n"));
    }
    script.push_str("else echo 'neither apt-get, dnf, apk nor pacman is here' >&2; exit 127; fi");
    script
}

/// Whether an update's output says that everything was up to date.
pub fn nothing_to_update(output: &str) -> bool {
    output.lines().any(|line| {
        let line = line.trim();
        line.starts_with("0 upgraded, 0 newly installed, 0 to remove")
            || line == "Nothing to do."
            || line == "there is nothing to do"
    }) || (output.lines().any(|line| line.starts_with("OK: "))
        && !output.lines().any(|line| line.contains(") Upgrading ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_needs_quoting() {
        let plain = |c: char| c.is_ascii_alphanumeric() || " -=:_".contains(c);
        let updates = PACKAGERS.iter().flat_map(|packager| packager.steps);
        for command in POWER_OFF.iter().chain(REBOOT).chain(updates) {
            assert!(command.chars().all(plain), "{command}");
        }
    }

    #[test]
    fn each_family_says_in_its_own_words_that_nothing_was_to_do() {
        let apt = "0 upgraded, 0 newly installed, 0 to remove and 4 not upgraded.\n";
        let pacman = ":: Starting full system upgrade...\n there is nothing to do\n";
        let apk = "fetch APKINDEX\nOK: 24 MiB in 15 packages\n";
        for output in [apt, "Dependencies resolved.\nNothing to do.\nComplete!\n", pacman, apk] {
            assert!(nothing_to_update(output), "{output}");
        }
        let upgraded = "(1/1) Upgrading musl (1.2.4 -> 1.2.5)\nOK: 24 MiB in 15 packages\n";
        for output in ["1 upgraded, 0 newly installed, 0 to remove and 0 not", upgraded, ""] {
            assert!(!nothing_to_update(output), "{output}");
        }
    }
}
