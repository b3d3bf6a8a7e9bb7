//! The file in which the world is kept from one start to the next, and its directory.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokio::sync::{Mutex, MutexGuard};

use crate::world::WorldError;

/// Name of the world's file.
const WORLD: &str = "world.json";
/// Name of the world's file while it is written.
const PART: &str = "world.json.part";
/// File that a process locks while it uses the directory.
const LOCK: &str = "lock";

/// The file, in a directory that this process holds.
#[derive(Debug)]
pub struct WorldFile {
    directory: PathBuf,
    /// Held by who keeps a world: an older one must not take a newer one's place.
    turn: Mutex<()>,
    /// Held until this is dropped, or the process ends in whatever way.
    _lock: File,
}

/// The directory is of no use.
#[derive(Debug, thiserror::Error)]
pub enum WorldFileError {
    /// Another process keeps its world there.
    #[error("{0} is in use by another local mode. Stop it, or choose another directory by --data")]
    InUse(PathBuf),
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] io::Error),
    /// What stands there is not taken, or the world of this process cannot be written.
    #[error("{0}: {1}. Choose another directory by --data, or move the file away to begin anew")]
    World(PathBuf, #[source] WorldError),
}

impl WorldFile {
    /// Makes the directory if need be, and holds it.
    pub fn open(directory: &Path) -> Result<Self, WorldFileError> {
        let failed = |error| WorldFileError::File(directory.to_owned(), error);
        fs::create_dir_all(directory).map_err(failed)?;
        let lock = File::create(directory.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {
                Ok(Self { directory: directory.to_owned(), turn: Mutex::default(), _lock: lock })
            }
            Err(TryLockError::WouldBlock) => Err(WorldFileError::InUse(directory.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The world that was kept; none at the first start.
    pub fn kept(&self) -> Result<Option<String>, WorldFileError> {
        let path = self.path();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(WorldFileError::File(path, error)),
        }
    }

    /// Waits until nobody else keeps a world.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Keeps a world: beside what was kept, and then in its place.
    pub fn keep(&self, text: &str) -> Result<(), WorldFileError> {
        let path = self.path();
        let part = self.directory.join(PART);
        let written = File::create(&part).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        let written = written.and_then(|()| fs::rename(&part, &path));
        written.map_err(|error| WorldFileError::File(path, error))
    }

    /// The world's file.
    pub fn path(&self) -> PathBuf {
        self.directory.join(WORLD)
    }
}
