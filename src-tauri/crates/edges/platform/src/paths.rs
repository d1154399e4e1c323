//! Where a counter keeps its profile.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Why there is no profile directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Neither `--profile` nor `MOTCUA_PROFILE` was given, and the user has no home directory.
    #[error("no home directory: set HOME, or name the profile with --profile or MOTCUA_PROFILE")]
    NoHome,
    /// A directory could not be made, or its permissions could not be narrowed.
    #[error("profile directory cannot be made")]
    Create(#[source] io::Error),
}

/// The profile directory of one counter and the places in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileDir(PathBuf);

impl ProfileDir {
    /// `flag` (`--profile`), else `MOTCUA_PROFILE`, else `motcua` under the user's data directory
    /// (`XDG_DATA_HOME`, else `~/.local/share`; `LOCALAPPDATA` on Windows). Nothing is made yet.
    ///
    /// # Errors
    /// [`PathError::NoHome`] when none of them says anything.
    pub fn find(flag: Option<PathBuf>) -> Result<Self, PathError> {
        Self::choose(flag, |name| std::env::var_os(name))
    }

    /// This directory.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// The folder for training that lies beside this one, never in it.
    #[must_use]
    pub fn training(&self) -> Self {
        let own = std::fs::canonicalize(&self.0).or_else(|_| std::path::absolute(&self.0));
        let own = plain(&own.unwrap_or_else(|_| self.0.clone()));
        let mut name = own.file_name().map_or_else(|| OsString::from("motcua"), OsString::from);
        name.push("-training");
        Self(own.with_file_name(name))
    }

    /// Settings of this counter.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.0.join("counter.json")
    }

    /// Key and certificate of this machine.
    #[must_use]
    pub fn identity(&self) -> PathBuf {
        self.0.join("device.json")
    }

    /// The vault's directory; the vault makes it.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.0.join("vault")
    }

    /// Logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// Makes the profile and log directories, readable by this user only; one that is there already
    /// is narrowed to that.
    ///
    /// # Errors
    /// [`PathError::Create`].
    pub fn create(&self) -> Result<(), PathError> {
        private_dir(&self.0).and_then(|()| private_dir(&self.logs())).map_err(PathError::Create)
    }

    fn choose(flag: Option<PathBuf>, env: impl Fn(&str) -> Option<OsString>) -> Result<Self, PathError> {
        let named = |name| env(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(path) = flag.filter(|p| !p.as_os_str().is_empty()).or_else(|| named("MOTCUA_PROFILE")) {
            return Ok(Self(path));
        }
        // The XDG specification: a relative path there is invalid and ignored.
        let absolute = |name| named(name).filter(|p: &PathBuf| p.is_absolute());
        let data = if cfg!(windows) {
            absolute("LOCALAPPDATA")
        } else {
            absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))
        };
        Ok(Self(data.ok_or(PathError::NoHome)?.join("motcua")))
    }
}

/// Makes `path` with its parents; `path` itself ends up with mode 0700.
fn private_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// A path without `..`, for one that does not exist yet.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
        plain
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn chosen(flag: Option<&str>, env: &[(&str, &str)]) -> Result<PathBuf, PathError> {
        ProfileDir::choose(flag.map(PathBuf::from), |name| {
            env.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v))
        })
        .map(|p| p.0)
    }

    #[test]
    #[cfg(unix)]
    fn the_flag_wins_over_the_variable_and_the_variable_over_the_default() {
        let env = [("MOTCUA_PROFILE", "/from/env"), ("XDG_DATA_HOME", "/data"), ("HOME", "/home/a")];
        assert_eq!(chosen(Some("/from/flag"), &env).unwrap(), Path::new("/from/flag"));
        assert_eq!(chosen(None, &env).unwrap(), Path::new("/from/env"));
        assert_eq!(chosen(None, &env[1..]).unwrap(), Path::new("/data/motcua"));
        assert_eq!(chosen(None, &env[2..]).unwrap(), Path::new("/home/a/.local/share/motcua"));
    }

    #[test]
    #[cfg(unix)]
    fn the_training_folder_lies_beside_the_real_one() {
        let dir = tempfile::tempdir().unwrap();
        let place = std::fs::canonicalize(dir.path()).unwrap();
        std::fs::create_dir(place.join("motcua")).unwrap();
        for named in ["motcua", "motcua/", "motcua/.", "motcua/../motcua", "motcua/../absent/../motcua"] {
            // The last one cannot be resolved; it still never lies within.
            let training = ProfileDir::at(place.join(named)).training();
            assert!(!training.root().starts_with(place.join("motcua")), "{named}: {training:?}");
        }
        assert_eq!(ProfileDir::at(place.join("motcua")).training().root(), place.join("motcua-training"));
    }

    #[test]
    #[cfg(unix)]
    fn empty_and_relative_variables_count_as_absent() {
        let env = [("MOTCUA_PROFILE", ""), ("XDG_DATA_HOME", "data"), ("HOME", "/home/a")];
        assert_eq!(chosen(None, &env).unwrap(), Path::new("/home/a/.local/share/motcua"));
    }

    #[test]
    fn without_a_home_the_error_says_what_to_do() {
        let error = chosen(None, &[]).unwrap_err();
        assert!(error.to_string().contains("--profile"));
        assert!(matches!(error, PathError::NoHome));
    }

    #[test]
    #[cfg(unix)]
    fn directories_are_for_this_user_only_even_when_they_were_there() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let profile = ProfileDir::at(dir.path().join("deep/motcua"));
        std::fs::create_dir_all(profile.logs()).unwrap();
        profile.create().unwrap();
        for path in [profile.root().to_owned(), profile.logs()] {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
