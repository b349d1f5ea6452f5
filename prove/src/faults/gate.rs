//! Random faults of a program's storage, by libfiu. A gate opens and closes while the program runs,
//! and counts the failures. It sees only calls of the C library, and no raw system calls or
//! asynchronous writes.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fastrand::Rng;

const SOURCE: &str = include_str!("gate.c");
/// The shared file: words, then the pattern. `struct gate` of gate.c.
const WORD: usize = 8;
const WORDS: usize = 9;
const PATTERN: u64 = 16 * 8;
const LONGEST_PATTERN: usize = 63;
/// The probability that a write fails while the gate is open for its file. For a sync it is twice
/// as high.
const PROBABILITY: &str = "0.03";
const ENOSPC: u64 = 28;
const EIO: u64 = 5;

/// The failures so far.
#[derive(Clone, Copy, Default)]
pub struct Readings {
    /// Writes that libfiu failed with ENOSPC.
    pub write_enospc: u64,
    /// Writes that libfiu failed with EIO.
    pub write_eio: u64,
    /// Syncs that libfiu failed with ENOSPC.
    pub sync_enospc: u64,
    /// Syncs that libfiu failed with EIO.
    pub sync_eio: u64,
    /// Writes that the full file system refused.
    pub full: u64,
    /// Syncs of data files.
    pub data_syncs: u64,
}

impl Readings {
    /// The number of all failures by libfiu.
    pub fn random(&self) -> u64 {
        self.write_enospc + self.write_eio + self.sync_enospc + self.sync_eio
    }
}

/// The gate of one program and its children.
pub struct Gate {
    file: File,
    path: PathBuf,
    library: PathBuf,
    folder: PathBuf,
    data: String,
}

impl Gate {
    /// Makes one in the folder `place`, for files below `folder`. Files that match `data` are data
    /// files. A pattern is a part of a path, or its end if the pattern ends with `$`.
    pub fn new(place: &Path, folder: &Path, data: &str) -> Result<Self> {
        let path = place.join("gate");
        let file = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)?;
        file.set_len(4096)?;
        // Database servers run under another account.
        file.set_permissions(Permissions::from_mode(0o666))?;
        let (source, library) = (place.join("gate.c"), place.join("gate.so"));
        fs::write(&source, SOURCE)?;
        let compiled = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .status()
            .context("cannot start cc: install build-essential")?;
        if !compiled.success() {
            bail!("{} does not compile", source.display());
        }
        Ok(Self {
            file,
            path,
            library,
            folder: folder.to_owned(),
            data: data.to_owned(),
        })
    }

    /// The environment of a program whose storage must fail.
    pub fn environment(&self) -> Vec<(String, String)> {
        let variables = [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("PROVE_GATE_FILE", self.path.display().to_string()),
            ("PROVE_GATE_FOLDER", self.folder.display().to_string()),
            ("PROVE_GATE_DATA", self.data.clone()),
            ("PROVE_GATE_PROBABILITY", PROBABILITY.to_owned()),
        ];
        variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// From now on, writes and syncs of files that match fail at random, some with ENOSPC and the
    /// others with EIO. With `often`, every second of them fails.
    pub fn open(&self, pattern: &str, often: bool, rng: &mut Rng) -> Result<()> {
        self.close()?;
        if pattern.len() > LONGEST_PATTERN {
            bail!("the pattern {pattern} is too long");
        }
        let mut errors = [ENOSPC, EIO];
        rng.shuffle(&mut errors);
        let [write, sync] = errors;
        self.set(1, write)?;
        self.set(2, sync)?;
        self.set(9, u64::from(often))?;
        let mut bytes = [0; LONGEST_PATTERN + 1];
        bytes[..pattern.len()].copy_from_slice(pattern.as_bytes());
        self.file.write_all_at(&bytes, PATTERN)?;
        self.set(0, 1)
    }

    /// From now on, nothing fails.
    pub fn close(&self) -> Result<()> {
        self.set(0, 0)
    }

    /// The failures so far.
    pub fn readings(&self) -> Result<Readings> {
        let mut bytes = [0; WORDS * WORD];
        self.file.read_exact_at(&mut bytes, 0)?;
        let (words, _) = bytes.as_chunks::<WORD>();
        let word = |index: usize| words.get(index).map_or(0, |word| u64::from_ne_bytes(*word));
        Ok(Readings {
            write_enospc: word(3),
            write_eio: word(4),
            sync_enospc: word(5),
            sync_eio: word(6),
            full: word(7),
            data_syncs: word(8),
        })
    }

    fn set(&self, index: u64, value: u64) -> Result<()> {
        let at = index * WORD as u64;
        Ok(self.file.write_all_at(&value.to_ne_bytes(), at)?)
    }
}
