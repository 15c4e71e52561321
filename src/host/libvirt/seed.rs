//! What tells a new machine its name and its owner's keys: a NoCloud seed for cloud-init
//! (<https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html>), as an ISO 9660
//! image with the label CIDATA.

use serde_json::json;

/// What a new machine learns.
#[derive(Clone, Debug)]
pub struct Seed<'s> {
    pub host: &'s str,
    /// Another one makes cloud-init begin anew.
    pub instance: &'s str,
    /// Who logs in.
    pub user: &'s str,
    /// Lines of authorized_keys.
    pub authorized_keys: &'s [String],
    /// Its own key, so that it is known before it is met: OpenSSH's private format, and the line of
    /// the public part.
    pub host_key: (&'s str, &'s str),
}

impl Seed<'_> {
    /// The image's bytes.
    pub fn image(&self) -> Vec<u8> {
        let meta = json!({ "instance-id": self.instance, "local-hostname": self.host });
        let (user_data, meta_data) = (self.user_data(), meta.to_string());
        iso9660(
            "CIDATA",
            &[("META-DATA", meta_data.as_bytes()), ("USER-DATA", user_data.as_bytes())],
        )
    }

    /// What cloud-init is to do. JSON is YAML, and needs no quoting of our own.
    pub fn user_data(&self) -> String {
        let (private, public) = self.host_key;
        let mut user = json!({ "name": self.user, "ssh_authorized_keys": self.authorized_keys });
        if self.user != "root" {
            user["shell"] = json!("/bin/sh");
            user["lock_passwd"] = json!(true);
            user["sudo"] = json!("ALL=(ALL) NOPASSWD:ALL");
        }
        let config = json!({
            "hostname": self.host,
            "preserve_hostname": false,
            "users": [user],
            "disable_root": self.user != "root",
            "ssh_pwauth": false,
            "ssh_deletekeys": true,
            "ssh_keys": { "ed25519_private": private, "ed25519_public": public },
        });
        format!("#cloud-config\n{config:#}\n")
    }
}

const SECTOR: usize = 2048;
/// Of the root folder; before it stand 16 empty sectors, two volume descriptors and two path tables.
const ROOT: usize = 20;
const FIRST_FILE: usize = ROOT + 1;

/// A read-only image with some files in its root (ECMA-119), without any extension: Linux shows
/// their names in lower case.
fn iso9660(label: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let sectors = |length: usize| length.div_ceil(SECTOR);
    let total = FIRST_FILE + files.iter().map(|(_, bytes)| sectors(bytes.len())).sum::<usize>();
    let mut image = vec![0; total * SECTOR];
    let mut put = |sector: usize, bytes: &[u8]| {
        image[sector * SECTOR..][..bytes.len()].copy_from_slice(bytes);
    };
    put(16, &descriptor(label, total));
    put(17, b"\xffCD001\x01");
    put(18, &path_table(u32::to_le_bytes, u16::to_le_bytes));
    put(19, &path_table(u32::to_be_bytes, u16::to_be_bytes));
    let mut folder =
        [record(b"\0", ROOT, SECTOR, true), record(b"\x01", ROOT, SECTOR, true)].concat();
    let mut place = FIRST_FILE;
    for (name, bytes) in files {
        folder.extend(record(format!("{name}.;1").as_bytes(), place, bytes.len(), false));
        put(place, bytes);
        place += sectors(bytes.len());
    }
    put(ROOT, &folder);
    image
}

/// The primary volume descriptor (8.4).
fn descriptor(label: &str, total: usize) -> Vec<u8> {
    let mut bytes = vec![b' '; SECTOR];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, b"\x01CD001\x01\0");
    put(40, label.as_bytes());
    put(72, &[0; 8]);
    put(80, &both32(total));
    put(88, &[0; 32]);
    // One volume of a set of one; sectors of 2048 bytes; path tables of 10 bytes.
    put(120, &both16(1));
    put(124, &both16(1));
    put(128, &both16(SECTOR as u16));
    put(132, &both32(10));
    put(140, &18_u32.to_le_bytes());
    put(144, &0_u32.to_le_bytes());
    put(148, &19_u32.to_be_bytes());
    put(152, &0_u32.to_be_bytes());
    put(156, &record(b"\0", ROOT, SECTOR, true));
    // No dates, one version of the structure, nothing of an application's.
    for date in [813, 830, 847, 864] {
        put(date, b"0000000000000000\0");
    }
    put(881, b"\x01\0");
    put(883, &[0; SECTOR - 883]);
    bytes
}

/// The root's entry alone (9.4).
fn path_table(word: impl Fn(u32) -> [u8; 4], half: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    [&[1, 0][..], &word(ROOT as u32), &half(1), &[0, 0]].concat()
}

/// A directory record (9.1).
fn record(name: &[u8], sector: usize, length: usize, is_folder: bool) -> Vec<u8> {
    let size = (33 + name.len()).next_multiple_of(2);
    let mut bytes = vec![size as u8, 0];
    bytes.extend(both32(sector));
    bytes.extend(both32(length));
    // 1 January 1970: the same seed is the same image.
    bytes.extend([70, 1, 1, 0, 0, 0, 0]);
    bytes.extend([u8::from(is_folder) << 1, 0, 0]);
    bytes.extend(both16(1));
    bytes.push(name.len() as u8);
    bytes.extend_from_slice(name);
    bytes.resize(size, 0);
    bytes
}

/// Numbers stand there twice, once for each order of bytes (7.3.3).
fn both32(number: usize) -> [u8; 8] {
    let number = u32::try_from(number).expect("a seed is small");
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn both16(number: u16) -> [u8; 4] {
    let mut bytes = [0; 4];
    bytes[..2].copy_from_slice(&number.to_le_bytes());
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn image(user: &str) -> Vec<u8> {
        let keys = ["ssh-ed25519 AAAA \"owner\"".to_owned()];
        let (private, public) = ("-----BEGIN…\n", "ssh-ed25519 AAAB");
        let seed = Seed {
            host: "worker-1",
            instance: "i-1",
            user,
            authorized_keys: &keys,
            host_key: (private, public),
        };
        seed.image()
    }

    /// What another program finds in the image.
    fn extract(image: &[u8], name: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seed.iso");
        std::fs::write(&path, image).expect("written");
        let output = Command::new("isoinfo")
            .args(["-x", &format!("/{name}.;1"), "-i"])
            .arg(&path)
            .output()
            .expect("isoinfo: `apt-get install genisoimage`");
        String::from_utf8(output.stdout).expect("text")
    }

    #[test]
    fn another_program_reads_the_image() {
        let image = image("ops");
        assert_eq!(image.len() % SECTOR, 0);
        let meta: serde_json::Value =
            serde_json::from_str(&extract(&image, "META-DATA")).expect("JSON");
        assert_eq!(meta, json!({ "instance-id": "i-1", "local-hostname": "worker-1" }));
        insta::assert_snapshot!(extract(&image, "USER-DATA"));
    }

    #[test]
    fn root_needs_no_sudo() {
        let user_data = extract(&image("root"), "USER-DATA");
        let config: serde_json::Value =
            serde_json::from_str(user_data.trim_start_matches("#cloud-config")).expect("JSON");
        assert_eq!(config["disable_root"], json!(false));
        assert_eq!(config["users"][0].get("sudo"), None);
    }
}
