//! Files that travel in a backup beside the state: the site file and the scripts, as rows of a table
//! that only backups have. Secrets are never among them.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{StoreError, open};

/// A file in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosed {
    pub kind: EnclosedKind,
    /// The site file's absolute path; a script's path below the scripts' folder.
    pub path: String,
    pub content: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnclosedKind {
    Site,
    Script,
}

impl EnclosedKind {
    fn name(self) -> &'static str {
        match self {
            EnclosedKind::Site => "site",
            EnclosedKind::Script => "script",
        }
    }
}

/// The files of a backup; none in one that was made without.
///
/// # Errors
/// When it is no backup, or a damaged one.
pub fn enclosed(backup: &Path) -> Result<Vec<Enclosed>, StoreError> {
    let unreadable = |source| StoreError::Unreadable { path: backup.to_owned(), source };
    std::fs::File::open(backup).map_err(unreadable)?;
    let connection = open::read_only(backup)?;
    read(&connection).map_err(|error| error.about(backup))
}

fn read(connection: &Connection) -> Result<Vec<Enclosed>, StoreError> {
    if !connection.table_exists(None, "enclosed")? {
        return Ok(Vec::new());
    }
    let mut select =
        connection.prepare("SELECT kind = 'site', path, content FROM enclosed ORDER BY rowid")?;
    let mut rows = select.query([])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        let kind = if row.get(0)? { EnclosedKind::Site } else { EnclosedKind::Script };
        files.push(Enclosed { kind, path: row.get(1)?, content: row.get(2)? });
    }
    Ok(files)
}

pub(super) fn enclose(connection: &Connection, files: &[Enclosed]) -> Result<(), StoreError> {
    connection.execute_batch(
        "CREATE TABLE enclosed (kind TEXT NOT NULL, path TEXT NOT NULL, content BLOB NOT NULL)",
    )?;
    let mut insert = connection.prepare("INSERT INTO enclosed VALUES (?1, ?2, ?3)")?;
    for file in files {
        insert.execute(params![file.kind.name(), file.path, file.content])?;
    }
    Ok(())
}

/// The state that goes back into use has no such table.
pub(super) fn take_out(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.execute_batch("DROP TABLE IF EXISTS enclosed")?)
}
