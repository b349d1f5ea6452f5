//! Random faults of a program's storage, by libfiu, behind a gate that opens and closes while the program runs and
//! counts what failed.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fastrand::Rng;

const SOURCE: &str = include_str!("gate.c");
/// Where Debian's `fiu-utils` keeps what is preloaded.
const LIBFIU: [&str; 2] = [
    "/usr/lib/fiu/fiu_run_preload.so",
    "/usr/lib/fiu/fiu_posix_preload.so",
];
/// The words of the shared file, and where its pattern begins: `struct gate` of gate.c.
const WORDS: usize = 8;
const WORD: usize = 8;
const PATTERN: usize = 64;
/// How likely a write or a sync fails while the gate is open for its file.
const PROBABILITY: &str = "0.03";
const ENOSPC: u32 = 28;
const EIO: u32 = 5;

/// What failed so far.
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

/// The gate of one program and its children.
pub struct Gate {
    file: File,
    path: PathBuf,
    library: PathBuf,
    folder: PathBuf,
    data: String,
}

impl Gate {
    /// Makes one in the folder `place`, for files below `folder`; those that match `data` are data files. A pattern is
    /// a part of a path, or its end if it ends with `$`.
    pub fn new(place: &Path, folder: &Path, data: &str) -> Result<Self> {
        for library in LIBFIU {
            if !Path::new(library).is_file() {
                bail!("{library} is missing: install fiu-utils");
            }
        }
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

    /// The environment of a program whose storage is to fail. Which error writes and syncs get is drawn for each
    /// start.
    pub fn environment(&self, rng: &mut Rng) -> Vec<(String, String)> {
        let (write, sync) = if rng.bool() {
            (ENOSPC, EIO)
        } else {
            (EIO, ENOSPC)
        };
        let points = [
            ("rw/write", write),
            ("rw/pwrite", write),
            ("rw/writev", write),
            ("rw/pwritev", write),
            ("sync/fsync", sync),
            ("sync/fdatasync", sync),
        ];
        let lines = points.map(|(point, error)| {
            format!(
                "enable_random name=posix/io/{point},probability={PROBABILITY},failinfo={error}\n"
            )
        });
        let preload = format!("{} {}", self.library.display(), LIBFIU.join(" "));
        let variables = [
            ("LD_PRELOAD", preload),
            ("FIU_ENABLE", lines.concat()),
            // Nobody commands libfiu while it runs; the gate does that.
            ("FIU_CTRL_FIFO", String::new()),
            ("PROVE_GATE_FILE", self.path.display().to_string()),
            ("PROVE_GATE_FOLDER", self.folder.display().to_string()),
            ("PROVE_GATE_DATA", self.data.clone()),
        ];
        variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// From now on writes and syncs of files that match fail at random.
    pub fn open(&self, pattern: &str) -> Result<()> {
        self.close()?;
        let mut bytes = [0; 64];
        bytes
            .get_mut(..pattern.len())
            .context("the pattern is too long")?
            .copy_from_slice(pattern.as_bytes());
        self.file.write_all_at(&bytes, PATTERN as u64)?;
        self.set_open(1)
    }

    /// Nothing fails any more.
    pub fn close(&self) -> Result<()> {
        self.set_open(0)
    }

    /// What failed so far.
    pub fn readings(&self) -> Result<Readings> {
        let mut bytes = [0; WORDS * WORD];
        self.file.read_exact_at(&mut bytes, 0)?;
        let (words, _) = bytes.as_chunks::<WORD>();
        let word = |index: usize| words.get(index).map_or(0, |word| u64::from_ne_bytes(*word));
        Ok(Readings {
            write_enospc: word(1),
            write_eio: word(2),
            sync_enospc: word(3),
            sync_eio: word(4),
            full: word(5),
            data_syncs: word(6),
        })
    }

    fn set_open(&self, open: u64) -> Result<()> {
        Ok(self.file.write_all_at(&open.to_ne_bytes(), 0)?)
    }
}
