//! A file of rules, read again while it is in use.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use super::Rules;
use crate::Error;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// Larger files are not read.
const LARGEST: u64 = 1 << 20;

/// Rules that follow their file while this lives.
#[derive(Debug)]
pub(crate) struct Watched {
    rules: Rules,
    file: Arc<File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    /// Its text when rules were last taken from it.
    taken: Mutex<String>,
    stop: Mutex<Stop>,
    stopped: Condvar,
}

#[derive(Debug, PartialEq)]
enum Stop {
    NotYet,
    Asked,
}

impl Watched {
    /// Reads the file and starts to watch it.
    pub(crate) fn start(path: PathBuf) -> Result<Self, Error> {
        Self::start_looking(path, INTERVAL)
    }

    fn start_looking(path: PathBuf, every: Duration) -> Result<Self, Error> {
        let text = read(&path)?;
        let rules = parse(&path, &text)?;
        let file = Arc::new(File {
            path,
            taken: Mutex::new(text),
            stop: Mutex::new(Stop::NotYet),
            stopped: Condvar::new(),
        });
        let (watched, followed) = (Arc::clone(&file), rules.clone());
        thread::Builder::new()
            .name("telemetry-sampling".into())
            .spawn(move || watched.follow(&followed, every))
            .map_err(Error::Thread)?;
        Ok(Self { rules, file })
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }

    /// Looks at the file now. Rules that are wrong are not taken.
    pub(crate) fn reload(&self) -> Result<(), Error> {
        self.file.reload(&self.rules).map(|_| ())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        *self.file.stop.lock().unwrap_or_else(PoisonError::into_inner) = Stop::Asked;
        self.file.stopped.notify_all();
    }
}

impl File {
    fn follow(&self, rules: &Rules, every: Duration) {
        let mut told = None;
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        while *stop == Stop::NotYet {
            let waited = self.stopped.wait_timeout(stop, every);
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            stop = guard;
            if !timeout.timed_out() {
                continue;
            }
            drop(stop);
            let reloaded = self.reload(rules);
            if let Ok(Change::Taken) = reloaded {
                tracing::info!("sampling rules are taken from {} anew", self.path.display());
            }
            if let Some(error) = news(&mut told, reloaded.err()) {
                tracing::warn!("the sampling rules stay as they were: {error}");
            }
            stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn reload(&self, rules: &Rules) -> Result<Change, Error> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let text = read(&self.path)?;
        if text == *taken {
            return Ok(Change::None);
        }
        rules.replace(&parse(&self.path, &text)?);
        *taken = text;
        Ok(Change::Taken)
    }
}

/// What is wrong now, unless it is what was told last.
fn news(told: &mut Option<String>, error: Option<Error>) -> Option<String> {
    let wrong = error.map(|error| error.to_string());
    if wrong == *told {
        return None;
    }
    told.clone_from(&wrong);
    wrong
}

enum Change {
    None,
    Taken,
}

fn read(path: &Path) -> Result<String, Error> {
    let wrong = |reason: String| Error::SamplingFile {
        path: Some(path.to_owned()),
        reason,
    };
    let mut text = Vec::new();
    // However large it is said to be, since it may be no usual file.
    let read = fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text));
    match read {
        Ok(size) if size as u64 > LARGEST => Err(wrong(format!("it has more than {LARGEST} bytes"))),
        Ok(_) => String::from_utf8(text).map_err(|error| wrong(error.to_string())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn parse(path: &Path, text: &str) -> Result<Rules, Error> {
    Rules::from_toml(text).map_err(|error| match error {
        Error::SamplingFile { reason, .. } => Error::SamplingFile {
            path: Some(path.to_owned()),
            reason,
        },
        error => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_and_a_wrong_one_is_not_taken() -> Result<(), Box<dyn std::error::Error>> {
        let path = std::env::temp_dir().join(format!("tower-telemetry-rules-{}.toml", std::process::id()));
        fs::write(&path, "otherwise = 0.5")?;
        let watched = Watched::start(path.clone())?;
        let rules = watched.rules().clone();
        assert_eq!(rules.to_string(), "50 % of all others");

        fs::write(&path, "otherwise = 0.25")?;
        watched.reload()?;
        assert_eq!(rules.to_string(), "25 % of all others");

        fs::write(&path, "otherwise = many")?;
        let error = watched.reload().expect_err("wrong").to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert_eq!(rules.to_string(), "25 % of all others");
        assert!(watched.reload().is_err(), "it still is");

        fs::remove_file(&path)?;
        assert!(watched.reload().is_err());
        assert_eq!(rules.to_string(), "25 % of all others");
        assert!(Watched::start(path).is_err(), "at the start it is an error");
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_told_when_it_is_news() {
        let wrong = |reason: &str| {
            let (path, reason) = (None, reason.to_owned());
            Some(Error::SamplingFile { path, reason })
        };
        let mut told = None;
        let mut is_told = |error| news(&mut told, error).is_some();
        let results = [wrong("gone"), wrong("gone"), wrong("broken"), None, wrong("broken")];
        assert_eq!(results.map(&mut is_told), [true, false, true, false, true]);
    }

    #[cfg(unix)]
    #[test]
    fn an_endless_file_is_not_read_to_its_end() {
        let error = Watched::start("/dev/zero".into()).expect_err("endless").to_string();
        assert!(error.contains("more than 1048576 bytes"), "{error}");
    }

    #[test]
    fn a_file_that_changes_is_noticed_without_being_asked() -> Result<(), Box<dyn std::error::Error>> {
        let path = std::env::temp_dir().join(format!("tower-telemetry-followed-{}.toml", std::process::id()));
        fs::write(&path, "otherwise = 0.5")?;
        let watched = Watched::start_looking(path.clone(), Duration::from_millis(1))?;
        let rules = watched.rules().clone();
        fs::write(&path, "otherwise = 0.25")?;
        // Only if it never is, this hangs.
        while rules.to_string() != "25 % of all others" {
            thread::yield_now();
        }
        drop(watched);
        fs::remove_file(path)?;
        Ok(())
    }
}
