//! A private authority, a server's certificate for `localhost`, a client's, and one of a stranger.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub struct Pki(PathBuf);

impl Pki {
    pub fn make(folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        let pki = Pki(folder.to_owned());
        let authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";
        pki.authority("ca", "cacert.pem", authority);
        pki.signed("server", "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth");
        pki.signed("client", "extendedKeyUsage=clientAuth");
        pki
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The same authority, and a client's certificate that is not of it.
    pub fn stranger(&self) -> PathBuf {
        let other = Pki::make(&self.path("stranger"));
        fs::copy(self.path("cacert.pem"), other.path("cacert.pem")).expect("copied");
        other.0
    }

    fn authority(&self, name: &str, certificate: &str, extensions: &str) {
        let extensions: Vec<&str> = extensions.lines().flat_map(|line| ["-addext", line]).collect();
        let key = format!("{name}key.pem");
        let fixed = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"];
        let names = ["-subj", "/CN=authority", "-keyout", &key, "-out", certificate];
        self.openssl(&[&fixed[..], &names, &extensions].concat());
    }

    fn signed(&self, name: &str, extensions: &str) {
        let file = |ending: &str| format!("{name}{ending}");
        let (key, request, certificate) = (file("key.pem"), file(".csr"), file("cert.pem"));
        let subject = format!("/CN={name}");
        let asked = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", &subject];
        self.openssl(&[&asked[..], &["-keyout", &key, "-out", &request]].concat());
        fs::write(self.path("extensions"), extensions).expect("written");
        let signed = ["x509", "-req", "-days", "30", "-CA", "cacert.pem", "-CAkey", "cakey.pem"];
        let names =
            ["-CAcreateserial", "-extfile", "extensions", "-in", &request, "-out", &certificate];
        self.openssl(&[&signed[..], &names].concat());
        // libvirt's guide makes keys in the older format.
        self.openssl(&["rsa", "-traditional", "-in", &key, "-out", &key]);
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .expect("openssl can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {said}");
    }
}
