//! The machine that measures: a description for the table, and its memory made ready.

use std::fs;
use std::process::Command;

use super::{FleetsError, Programs};
use crate::measure::{MeasureError, measure};

/// A process that touches memory leaves this part of what is free to others.
const LEFT: u64 = 4;

/// What decides about figures; nothing that names the machine.
pub(crate) fn describe(programs: &Programs, has_nix: bool) -> Result<Vec<String>, FleetsError> {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = kibibytes("MemTotal").map_or_else(
        || "unknown memory".to_owned(),
        |size| format!("{} GiB of memory", (size + (1 << 19)) >> 20),
    );
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut lines = vec![
        format!("{} processors ({processor}), {memory}", programs.cores),
        format!("{} {}", std::env::consts::OS, kernel.trim()),
        version(&programs.coop)?,
    ];
    if has_nix {
        lines.push(version(&programs.nix)?);
    }
    if let Ok(version) = fs::read_to_string(programs.nixpkgs.join("lib/.version")) {
        lines.push(format!("nixpkgs {}", version.trim()));
    }
    Ok(lines)
}

fn version(program: &std::path::Path) -> Result<String, MeasureError> {
    let (_, printed) = measure(Command::new(program).arg("--version"))?;
    Ok(String::from_utf8_lossy(&printed).trim().to_owned())
}

/// Lets a process of its own touch most of the memory that is free: a virtual machine gets its pages
/// when they are first touched, which would be part of the first figures.
pub(crate) fn make_ready() -> Result<(), FleetsError> {
    let available = kibibytes("MemAvailable").unwrap_or(0) >> 20;
    let gibibytes = available - available.div_ceil(LEFT);
    let own = std::env::current_exe().map_err(|source| FleetsError::Read {
        path: "/proc/self/exe".into(),
        source,
    })?;
    measure(Command::new(own).args(["touch", &gibibytes.to_string()]))?;
    Ok(())
}

/// Touches memory.
pub(crate) fn touch(gibibytes: usize) {
    let mut pages: Vec<Vec<u8>> = Vec::new();
    for _ in 0..gibibytes {
        pages.push(vec![1; 1 << 30]);
    }
    std::hint::black_box(pages);
}

fn kibibytes(name: &str) -> Option<u64> {
    field("/proc/meminfo", name)?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// The value behind `name:` in a file of the kernel's.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    value(&text, name)
}

fn value(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "model\t\t: 8\nmodel name\t: Some CPU @ 2: fast\nmodel name\t: Another\n";
        assert_eq!(
            value(text, "model name").as_deref(),
            Some("Some CPU @ 2: fast")
        );
        assert_eq!(value(text, "name"), None);
    }
}
