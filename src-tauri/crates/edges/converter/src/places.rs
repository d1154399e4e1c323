//! Where LibreOffice may lie. Not along `PATH`: what is started with a citizen's file is named here.

use std::ffi::OsString;
use std::path::PathBuf;

/// Whole paths on Linux and macOS: the distribution's, the maker's own packages, flat folders of older releases.
const PATHS: &[&str] = &[
    "/usr/lib/libreoffice/program/soffice",
    "/usr/lib64/libreoffice/program/soffice",
    "/usr/bin/soffice",
    "/usr/local/bin/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
];

/// Where the maker's packages lie side by side, and how their folders begin.
const FOLDERS: &[(&str, &str, &str)] = &[("/opt", "libreoffice", "program/soffice")];

/// Variables of Windows that name the folder of programs; the console program comes first, since it can be waited for.
const WINDOWS: &[(&str, &[&str])] = &[
    ("ProgramFiles", &["LibreOffice", "program", "soffice.com"]),
    ("ProgramW6432", &["LibreOffice", "program", "soffice.com"]),
    ("ProgramFiles(x86)", &["LibreOffice", "program", "soffice.com"]),
    ("ProgramFiles", &["LibreOffice", "program", "soffice.exe"]),
];

/// The first LibreOffice of this machine.
pub(crate) fn find() -> Option<PathBuf> {
    candidates(&|name| std::env::var_os(name), &beside).into_iter().find(|path| path.is_file())
}

fn candidates(
    variable: &dyn Fn(&str) -> Option<OsString>,
    folders: &dyn Fn(&str, &str) -> Vec<PathBuf>,
) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = PATHS.iter().map(PathBuf::from).collect();
    for (parent, begin, program) in FOLDERS {
        found.extend(folders(parent, begin).into_iter().map(|folder| folder.join(program)));
    }
    for (name, parts) in WINDOWS {
        if let Some(root) = variable(name) {
            found.push(parts.iter().fold(PathBuf::from(root), |path, part| path.join(part)));
        }
    }
    found
}

/// Folders of that parent whose names begin so, the newest first.
fn beside(parent: &str, begin: &str) -> Vec<PathBuf> {
    let begins = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(begin))
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(begins)
        .collect();
    found.sort();
    found.reverse();
    found
}

/// What is started: the program behind the maker's shell script where it lies beside it, so that the process that is
/// limited, killed and tied to this program is the one that reads the document.
pub(crate) fn engine(program: PathBuf) -> PathBuf {
    if cfg!(unix)
        && let Ok(real) = program.canonicalize()
        && let Some(engine) = real.parent().map(|folder| folder.join("soffice.bin"))
        && engine.is_file()
    {
        return engine;
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_programs_of_windows_are_looked_through() {
        let variable = |name: &str| (name == "ProgramFiles").then(|| OsString::from(r"C:\Program Files"));
        let found = candidates(&variable, &|_, _| vec![]);
        let wanted: PathBuf = [r"C:\Program Files", "LibreOffice", "program", "soffice.com"].iter().collect();
        assert!(found.contains(&wanted), "{found:?}");
    }

    #[test]
    fn the_makers_own_packages_are_found_too() {
        let folders = |parent: &str, begin: &str| vec![PathBuf::from(parent).join(format!("{begin}7.6"))];
        let found = candidates(&|_| None, &folders);
        assert!(found.contains(&PathBuf::from("/opt/libreoffice7.6/program/soffice")), "{found:?}");
        assert!(found.iter().all(|path| path.is_absolute()), "nothing along PATH");
    }
}
