//! Opening the state file: is it whole, is it ours, is it of our time?

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{StoreError, schema};

/// How long a reader outside (`sqlite3`, Grafana) may keep a write waiting, in milliseconds.
const BUSY_MS: i64 = 5_000;
/// The write-ahead log is cut back to this size, in bytes, when it has been taken over.
const WAL_LIMIT: i64 = 4 << 20;
/// Prepared statements that are kept: all that runs of watches need, and some more. To prepare one
/// costs more than to carry it out.
const STATEMENTS: usize = 64;
/// Bytes of a page where there is no disk that would want whole blocks.
const IN_MEMORY_PAGE: i64 = 1024;

/// Opens the file for writing, makes it where there is none, and brings its tables up to date.
pub(super) fn read_write(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        tracing::warn!("{} is empty, so that nothing is known of earlier days", path.display());
    }
    prepare(path, flags).map_err(|error| error.about(path))
}

fn prepare(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
    check(&connection, path)?;
    // Takes effect only in a new file, and only before its first table.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    configure(&connection)?;
    schema::bring_up_to_date(&mut connection)?;
    Ok(connection)
}

/// Opens the file for reading only, beside an agent that may be writing it.
pub(super) fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
        check(&connection, path)?;
        Ok(connection)
    };
    open().map_err(|error: StoreError| error.about(path))
}

/// An empty store that lives only as long as the process.
pub(super) fn in_memory() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    // What a transaction changes is copied for its undoing, page by page; rows are small.
    connection.pragma_update(None, "page_size", IN_MEMORY_PAGE)?;
    configure(&connection)?;
    schema::bring_up_to_date(&mut connection)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// Reads the header and the list of tables, which also finds a file that was cut short.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if tables > 0 && id != schema::APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    if found > schema::version() {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: schema::version() });
    }
    Ok(())
}
