//! What `packaging/Containerfile` says, as far as a container engine acts on it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

/// The user of the bases whose tag is `nonroot`.
const NONROOT: u32 = 65532;

/// What a Containerfile says of its image.
#[derive(Debug, PartialEq, Eq)]
pub struct Image {
    /// What is put into it, in order.
    pub copies: Vec<Copies>,
    pub environment: BTreeMap<String, String>,
    /// The user and group that its programs run as.
    pub user: u32,
    /// The folder that outlives a container.
    pub volume: String,
    pub entrypoint: Vec<String>,
    pub healthcheck: Vec<String>,
}

/// An instruction `COPY` of a Containerfile.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// Files, or one folder whose content is copied, from the root of the archive.
    pub from: Vec<String>,
    /// Where to. It is a folder.
    pub to: String,
    /// The user and group that everything copied belongs to.
    pub owner: u32,
}

impl Image {
    /// Reads a Containerfile of one stage. An instruction that is not known here is an error,
    /// because nothing would act on it.
    pub fn read(containerfile: &str) -> Result<Self> {
        let mut image = Self {
            copies: Vec::new(),
            environment: BTreeMap::new(),
            user: 0,
            volume: String::new(),
            entrypoint: Vec::new(),
            healthcheck: Vec::new(),
        };
        for line in containerfile.replace("\\\n", " ").lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (instruction, rest) = line.split_once(' ').context("an instruction alone")?;
            image.act(instruction, rest.trim())?;
        }
        Ok(image)
    }

    fn act(&mut self, instruction: &str, rest: &str) -> Result<()> {
        match instruction {
            "FROM" if rest.ends_with(":nonroot") => self.user = NONROOT,
            "FROM" => bail!("the user of {rest} is not known here"),
            "COPY" => self.copies.push(Copies::read(rest)?),
            "ENV" => {
                for word in rest.split_whitespace() {
                    let (name, value) = word.split_once('=').context("ENV without =")?;
                    self.environment.insert(name.to_owned(), value.to_owned());
                }
            }
            "VOLUME" => rest.clone_into(&mut self.volume),
            "ENTRYPOINT" => self.entrypoint = serde_json::from_str(rest)?,
            "HEALTHCHECK" => {
                let (_, command) = rest.split_once("CMD ").context("HEALTHCHECK without CMD")?;
                self.healthcheck = serde_json::from_str(command)?;
            }
            // It opens nothing.
            "EXPOSE" => {}
            other => bail!("{other} is not known here"),
        }
        Ok(())
    }
}

impl Copies {
    fn read(rest: &str) -> Result<Self> {
        let mut copies = Self::default();
        let mut words: Vec<_> = rest.split_whitespace().map(str::to_owned).collect();
        while let Some(option) = words.first().filter(|word| word.starts_with("--")) {
            let owner = option
                .strip_prefix("--chown=")
                .and_then(|owner| owner.split(':').next())
                .with_context(|| format!("COPY {option} is not known here"))?;
            copies.owner = owner.parse().context("an owner by name")?;
            words.remove(0);
        }
        copies.to = words.pop().context("COPY without a place")?;
        copies.from = words;
        Ok(copies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_containerfile_is_understood() {
        let image = Image::read(include_str!("../../../../packaging/Containerfile")).unwrap();
        assert_eq!((image.user, image.volume.as_str()), (NONROOT, "/data"));
        assert_eq!(image.entrypoint, ["/usr/local/bin/ats-pat-server"]);
        assert_eq!(
            image.healthcheck,
            ["/usr/local/bin/ats-pat-server", "healthcheck"]
        );
        assert_eq!(image.environment["ATS_PAT_DATA_DIR"], "/data");
        assert_eq!(image.environment["ATS_PAT_LOG_FORMAT"], "json");
        let [programs, data] = image.copies.as_slice() else {
            panic!("{:?}", image.copies);
        };
        assert_eq!(programs.from, ["bin/ats-pat-server", "bin/ats-pat-admin"]);
        assert_eq!(programs.owner, 0);
        // Otherwise an engine makes the volume root's, and the server could not write to it.
        assert_eq!((data.to.as_str(), data.owner), ("/data/", NONROOT));
    }

    #[test]
    fn what_nothing_acts_on_is_refused() {
        for wrong in [
            "FROM debian",
            "RUN make",
            "COPY --link a b",
            "HEALTHCHECK NONE",
        ] {
            assert!(Image::read(wrong).is_err(), "{wrong}");
        }
    }
}
