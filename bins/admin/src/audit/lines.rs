//! Standard output, line by line, for a reader who may be slow or go away.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::oneshot;

/// How long a line that is being written may take once the program is to end.
const LAST_LINE: Duration = Duration::from_secs(1);

type Page = (Vec<String>, oneshot::Sender<io::Result<()>>);

/// Writes lines in a thread of its own, so that a reader who reads nothing keeps no signal waiting.
pub struct Lines {
    pages: mpsc::Sender<Page>,
    is_over: Arc<AtomicBool>,
}

impl Lines {
    pub fn to_standard_output() -> Self {
        let (pages, given) = mpsc::channel::<Page>();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        thread::spawn(move || {
            for (page, written) in given {
                // The reply has no reader if the program is about to end.
                let _ = written.send(write(&page, &ends));
            }
        });
        Self { pages, is_over }
    }

    /// Writes each line, with its line end, in one piece. They are read when this is over.
    pub async fn write(&self, lines: Vec<String>) -> io::Result<()> {
        let (written, answer) = oneshot::channel();
        let gone = || io::Error::other("the thread that writes has ended");
        self.pages.send((lines, written)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Lets the line that is being written come to its end, and no other begin.
    pub async fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        // A reader who reads nothing at all is not waited for any longer.
        let _ = tokio::time::timeout(LAST_LINE, self.write(Vec::new())).await;
    }
}

fn write(lines: &[String], is_over: &AtomicBool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in lines {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        output.write_all(line.as_bytes())?;
        output.flush()?;
    }
    Ok(())
}

/// Whether nobody can read standard output any more. Without this, a program that waits for events
/// would notice only when it writes the next one.
pub fn is_abandoned() -> bool {
    let output = io::stdout();
    let mut polled = [PollFd::new(&output, PollFlags::empty())];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut polled, Some(&at_once)).is_ok()
        && polled[0]
            .revents()
            .intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL)
}
