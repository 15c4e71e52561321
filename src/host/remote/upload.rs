//! Files onto a host.
//!
//! A file goes through the standard input of a small script rather than by SFTP: version 3 of
//! that protocol, the one that is spoken, cannot rename over a file that exists, and many a small
//! host has no SFTP server. The script needs `sh` and coreutils or busybox.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
};

use super::RemoteHosts;
use crate::{
    host::{Host, shell},
    plan::{Done, Failure, FailureKind},
};

/// `$1` destination, `$2` file name (for a destination that is a folder), `$3` size in bytes,
/// `$4` mode. Nobody ever sees half a file: it is renamed when it is whole. Says `unchanged` when
/// the same stood there already.
const RECEIVE: &str = r#"set -eu
case $1 in '~/'*) to=$HOME/${1#'~/'} ;; *) to=$1 ;; esac
case $to in */) to=$to$2 ;; *) if [ -d "$to" ]; then to=$to/$2; fi ;; esac
part=$(dirname -- "$to")/.$(basename -- "$to").watchpost-$$
trap 'rm -f -- "$part"' EXIT
umask 077
cat > "$part"
if [ "$(wc -c < "$part")" -ne "$3" ]; then echo 'the upload broke off' >&2; exit 1; fi
chmod -- "$4" "$part"
if [ -f "$to" ] && cmp -s -- "$part" "$to" && [ -z "$(find "$to" ! -perm "$4")" ]; then
  echo unchanged
else
  mv -f -- "$part" "$to"
fi"#;

impl RemoteHosts {
    pub(super) async fn upload(&self, host: &Host, from: &str, to: &str) -> Result<Done, Failure> {
        let wrong = |text: String| {
            Failure::new(FailureKind::NotConfigured, format!("{}: upload: {text}", host.name))
        };
        let path = confined(&self.scripts, from).map_err(wrong)?;
        let about = fs::metadata(&path).map_err(|e| wrong(format!("{}: {e}", path.display())))?;
        if !about.is_file() {
            return Err(wrong(format!("`{from}` is not a file")));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let size = about.len().to_string();
        let mode = format!("{:04o}", about.permissions().mode() & 0o777);
        let line = shell::script(RECEIVE, &[to, &name, &size, &mode]);
        let outcome = self.run(host, &line, Some(path.clone()), host.command_within).await?;
        let done = outcome.into_done(&host.name, &format!("the upload of {from} to {to}"))?;
        Ok(Done { changed: done.output.trim() != "unchanged", ..done })
    }
}

/// The file that a script means by `from`, if it lies within the scripts' folder, links followed.
fn confined(scripts: &Path, from: &str) -> Result<PathBuf, String> {
    let from = Path::new(from);
    let outside = || format!("`{}` is not within {}", from.display(), scripts.display());
    if !from.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(outside());
    }
    let real = |path: &Path| {
        fs::canonicalize(path).map_err(|error: io::Error| format!("{}: {error}", path.display()))
    };
    let (folder, file) = (real(scripts)?, real(&scripts.join(from))?);
    if file.starts_with(&folder) { Ok(file) } else { Err(outside()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_taken() {
        let home = tempfile::tempdir().expect("a folder");
        let scripts = home.path().join("scripts");
        fs::create_dir_all(scripts.join("files")).expect("folders");
        for file in ["secret", "scripts/files/motd"] {
            fs::write(home.path().join(file), "x").expect("a file");
        }
        std::os::unix::fs::symlink("../secret", scripts.join("link")).expect("a link");
        let inside = confined(&scripts, "files/motd").expect("inside");
        assert!(inside.ends_with("scripts/files/motd"));
        let absolute = home.path().join("secret");
        for outside in
            ["../secret", "files/../../secret", "link", absolute.to_str().expect("UTF-8")]
        {
            let error = confined(&scripts, outside).unwrap_err();
            assert!(error.contains("is not within"), "{outside}: {error}");
        }
        assert!(confined(&scripts, "absent").unwrap_err().contains("No such file"));
    }
}
