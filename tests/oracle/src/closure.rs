//! Compares two stores: the one that Nix wrote and the folder that coop wrote, file by file.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// What came of comparing a closure.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClosureReport {
    /// How many .drv files are the same.
    pub derivations: usize,
    /// How many sources, files and trees, are the same.
    pub sources: usize,
    /// How many bytes of regular files were compared.
    pub bytes: u64,
    /// What differs: a path and how.
    pub differences: Vec<String>,
}

/// Compares the paths `closure` in Nix's store with the same names in coop's folder. What coop wrote
/// besides is no difference: it writes all that was put into the store on the way.
///
/// # Errors
///
/// As the system reports them.
pub fn compare_closure(closure: &[PathBuf], coop_store: &Path) -> io::Result<ClosureReport> {
    let mut report = ClosureReport::default();
    for path in closure {
        let Some(name) = path.file_name() else {
            continue;
        };
        let before = report.differences.len();
        compare_trees(path, &coop_store.join(name), &mut report)?;
        if report.differences.len() == before {
            if path.extension().is_some_and(|extension| extension == "drv") {
                report.derivations += 1;
            } else {
                report.sources += 1;
            }
        }
    }
    Ok(report)
}

/// Compares what a NAR would hold: kinds, bytes, the execute bit, link targets, names.
fn compare_trees(nix: &Path, coop: &Path, report: &mut ClosureReport) -> io::Result<()> {
    let left = std::fs::symlink_metadata(nix)?;
    let right = match std::fs::symlink_metadata(coop) {
        Ok(right) => right,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            report
                .differences
                .push(format!("{}: coop has none", nix.display()));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let mut differ = |what: &str| {
        report
            .differences
            .push(format!("{}: {what} differs", nix.display()));
    };
    if left.is_symlink() && right.is_symlink() {
        if std::fs::read_link(nix)? != std::fs::read_link(coop)? {
            differ("the link's target");
        }
    } else if left.is_file() && right.is_file() {
        if (left.permissions().mode() & 0o100) != (right.permissions().mode() & 0o100) {
            differ("the execute bit");
        }
        let text = std::fs::read(nix)?;
        if text != std::fs::read(coop)? {
            differ("the text");
        }
        report.bytes += text.len() as u64;
    } else if left.is_dir() && right.is_dir() {
        let (left, right) = (names(nix)?, names(coop)?);
        if left != right {
            differ("the names in the folder");
        }
        for name in left.intersection(&right) {
            compare_trees(&nix.join(name), &coop.join(name), report)?;
        }
    } else {
        differ("the kind of file");
    }
    Ok(())
}

fn names(directory: &Path) -> io::Result<BTreeSet<std::ffi::OsString>> {
    std::fs::read_dir(directory)?
        .map(|entry| Ok(entry?.file_name()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_bits_links_and_names_count() {
        let directory = tempfile::tempdir().unwrap();
        let nix = directory.path().join("nix");
        let coop = directory.path().join("coop");
        for (store, text, target) in [(&nix, "one", "a"), (&coop, "two", "b")] {
            std::fs::create_dir_all(store.join("tree")).unwrap();
            std::fs::write(store.join("tree/file"), text).unwrap();
            std::fs::write(store.join("same.drv"), "Derive").unwrap();
            std::os::unix::fs::symlink(target, store.join("tree/link")).unwrap();
        }
        std::fs::write(nix.join("tree/more"), "").unwrap();
        let closure = ["tree", "same.drv", "absent"].map(|name| nix.join(name));
        std::fs::write(nix.join("absent"), "").unwrap();
        let report = compare_closure(&closure, &coop).unwrap();
        assert_eq!((report.derivations, report.sources), (1, 0));
        let seen: Vec<&str> = report
            .differences
            .iter()
            .filter_map(|line| line.split_once(": ").map(|(_, what)| what))
            .collect();
        assert_eq!(
            seen,
            [
                "the names in the folder differs",
                "the text differs",
                "the link's target differs",
                "coop has none",
            ]
        );
    }
}
