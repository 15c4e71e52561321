//! A real libvirtd that nobody else notices: its own mount namespace, its own ports, no KVM, no
//! network. It is stopped when it is dropped, with every machine that it has started.

use std::{
    fs,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, getuid},
};
use tempfile::TempDir;

use crate::{
    patience::until,
    pki::Pki,
    sshd::{free_port, program},
};

pub struct Libvirtd {
    folder: TempDir,
    pub tcp_port: u16,
    pub tls_port: u16,
    pub pki: Pki,
    child: Option<Child>,
}

/// Mounts that only the daemon and its machines see. `/run` is kept in the folder, so that its
/// sockets can be reached from outside.
const START: &str = r#"set -e
mount --make-rprivate /
cp /etc/passwd /etc/group .
grep -q ^libvirt-qemu: passwd || echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >> passwd
grep -q ^kvm: group || echo 'kvm:x:64055:' >> group
grep -q ^libvirt-qemu: group || echo 'libvirt-qemu:x:64056:' >> group
for file in passwd group; do mount --bind $file /etc/$file; done
for folder in etc/libvirt var/lib/libvirt var/cache/libvirt var/log/libvirt run; do
  mkdir -p $folder /$folder
  mount --bind $folder /$folder
done
# Without KVM: one that is there and does not work would be preferred.
mkdir -p dev
mount -t tmpfs tmpfs dev
for node in null zero full random urandom tty; do
  touch dev/$node
  mount --bind /dev/$node dev/$node
done
mkdir dev/pts dev/shm
mount --rbind /dev/pts dev/pts
ln -s pts/ptmx dev/ptmx
mount --rbind dev /dev
mkdir -p tiny
mount -t tmpfs -o size=256k tmpfs tiny
exec libvirtd --listen --config libvirtd.conf
"#;

const QEMU: &str = r#"user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"#;

impl Libvirtd {
    pub fn start() -> Self {
        assert!(getuid().is_root(), "libvirtd needs root, and a mount namespace of its own");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pki = Pki::make(&folder.path().join("pki"));
        let (tcp_port, tls_port) = (0, 0);
        let mut daemon = Libvirtd { folder, tcp_port, tls_port, pki, child: None };
        fs::create_dir_all(daemon.path("etc/libvirt")).expect("a folder");
        fs::write(daemon.path("etc/libvirt/qemu.conf"), QEMU).expect("qemu.conf");
        // Another test may take a free port before the daemon does.
        for _ in 0..10 {
            (daemon.tcp_port, daemon.tls_port) = (free_port(), free_port());
            daemon.write_config();
            if daemon.try_launch() {
                return daemon;
            }
        }
        panic!("libvirtd does not start:\n{}", daemon.log());
    }

    fn write_config(&self) {
        let Libvirtd { tcp_port, tls_port, pki, .. } = self;
        let config = format!(
            "listen_tcp = 1\nlisten_tls = 1\nlisten_addr = \"127.0.0.1\"\n\
             tcp_port = \"{tcp_port}\"\ntls_port = \"{tls_port}\"\n\
             auth_tcp = \"none\"\nauth_tls = \"none\"\nauth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\n\
             ca_file = \"{}\"\ncert_file = \"{}\"\nkey_file = \"{}\"\n\
             keepalive_interval = 1\nkeepalive_count = 3\n\
             log_outputs = \"3:file:{}\"\n",
            pki.path("cacert.pem").display(),
            pki.path("servercert.pem").display(),
            pki.path("serverkey.pem").display(),
            self.path("log").display(),
        );
        fs::write(self.path("libvirtd.conf"), config).expect("libvirtd.conf");
    }

    /// False when it ends at once, as it does when a port is taken.
    fn try_launch(&mut self) -> bool {
        let out = fs::File::create(self.path("out")).expect("a file");
        let mut child = Command::new("unshare")
            .args(["-m", "bash", "-c", START])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("a file"))
            .stderr(out)
            .spawn()
            .expect("unshare can be run");
        let socket = self.socket();
        let answers = until(
            || match child.try_wait().expect("it is our child") {
                Some(_) => Some(false),
                None => UnixStream::connect(&socket).is_ok().then_some(true),
            },
            || format!("libvirtd does not answer:\n{}", self.log()),
        );
        self.child = Some(child);
        answers
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.path("run/libvirt/libvirt-sock")
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    fn log(&self) -> String {
        ["out", "log"].map(|name| fs::read_to_string(self.path(name)).unwrap_or_default()).concat()
    }

    /// Over its Unix socket: `qemu`, `/system`.
    pub fn unix(&self, driver: &str, path: &str) -> String {
        format!("{driver}+unix://{path}?socket={}", self.socket().display())
    }

    pub fn qemu(&self) -> String {
        self.unix("qemu", "/system")
    }

    /// Ends the daemon as a crash does; its machines go on.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again, where it was.
    pub fn revive(&mut self) {
        let _ = fs::remove_file(self.socket());
        assert!(self.try_launch(), "libvirtd does not start again:\n{}", self.log());
    }

    pub fn virsh(&self, uri: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new("virsh");
        command.args(["-q", "-c", uri]).args(arguments).env("LC_ALL", "C");
        command.output().expect("virsh can be run")
    }

    /// What virsh says, when all is well.
    pub fn says(&self, uri: &str, arguments: &[&str]) -> String {
        let output = self.virsh(uri, arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        assert!(output.status.success(), "virsh {arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// A machine that boots this sector; it is defined and off.
    pub fn define(&self, name: &str, sector: &[u8]) {
        let image = self.image(name, sector);
        let xml = format!(
            "<domain type='qemu'><name>{name}</name><memory unit='MiB'>16</memory><vcpu>1</vcpu>\
             <os><type arch='x86_64'>hvm</type><boot dev='hd'/></os><features><acpi/></features>\
             <devices><disk type='file' device='disk'><driver name='qemu' type='raw'/>\
             <source file='{}'/><target dev='hda' bus='ide'/></disk></devices></domain>",
            image.display()
        );
        let file = self.path(&format!("{name}.xml"));
        fs::write(&file, xml).expect("written");
        self.says(&self.qemu(), &["define", &file.display().to_string()]);
    }

    /// A disk that boots this sector.
    pub fn image(&self, name: &str, sector: &[u8]) -> PathBuf {
        let path = self.path(&format!("{name}.img"));
        let mut image = vec![0; 1 << 20];
        image[..sector.len()].copy_from_slice(sector);
        image[510..512].copy_from_slice(&[0x55, 0xaa]);
        fs::write(&path, image).expect("written");
        path
    }

    /// A storage pool in a folder of this name.
    pub fn pool(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        fs::create_dir_all(&folder).expect("a folder");
        let target = folder.display().to_string();
        self.says(&self.qemu(), &["pool-create-as", name, "dir", "--target", &target]);
        folder
    }

    /// A `virt-ssh-helper` that sees the daemon's files, in a folder for PATH.
    pub fn helper(&self) -> PathBuf {
        let folder = self.path("bin");
        fs::create_dir_all(&folder).expect("a folder");
        let line = format!(
            "#!/bin/sh\nexec nsenter -m -t {} /usr/bin/virt-ssh-helper \"$@\"\n",
            self.pid()
        );
        program(&folder.join("virt-ssh-helper"), &line);
        folder
    }
}

impl Drop for Libvirtd {
    fn drop(&mut self) {
        self.kill();
        let files = fs::read_dir(self.path("run/libvirt/qemu")).into_iter().flatten().flatten();
        for file in files.filter(|file| file.path().extension().is_some_and(|it| it == "pid")) {
            let id = fs::read_to_string(file.path()).unwrap_or_default();
            if let Some(id) = id.trim().parse().ok().filter(|id| is_ours(*id, self.folder.path())) {
                let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
            }
        }
    }
}

/// Whether a process is a machine of the daemon in this folder.
fn is_ours(id: i32, folder: &Path) -> bool {
    let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).into_owned();
    line.contains("qemu") && line.contains(&folder.display().to_string())
}

/// Boot sectors, in the machine code of a PC that has just been switched on. Both sleep until the
/// timer's interrupt.
///
/// This one obeys the power button: it enables its event (bit 8 at port 0x602), waits until it is
/// told (0x600), and goes to the soft-off state (SLP_EN at 0x604), as SeaBIOS places them on an
/// i440FX (ACPI 4.8.3).
#[rustfmt::skip]
pub const OBEDIENT: &[u8] = &[
    0xfb,                               // sti
    0xba, 0x02, 0x06, 0xb8, 0x00, 0x01, // mov dx, 0x602; mov ax, 0x100
    0xef,                               // out dx, ax
    0xf4,                               // wait: hlt
    0xba, 0x00, 0x06, 0xed,             // mov dx, 0x600; in ax, dx
    0xf6, 0xc4, 0x01, 0x74, 0xf6,       // test ah, 1; jz wait
    0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, // mov dx, 0x604; mov ax, 0x2000
    0xef,                               // out dx, ax
    0xf4, 0xeb, 0xfd,                   // hlt; jmp back to it
];

/// This one hears nothing.
pub const DEAF: &[u8] = &[0xfb, 0xf4, 0xeb, 0xfd];
