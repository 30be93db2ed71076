//! Archives: any bytes are an archive or an error, and nothing that is read leads outside.
#![no_main]

use std::convert::Infallible;

use libfuzzer_sys::fuzz_target;
use nix_store::nar::{Visitor, read};

/// Counts bytes, and looks at names.
#[derive(Default)]
struct Check {
    expected: u64,
}

fn check_path(path: &[u8]) {
    for name in path.split(|&byte| byte == b'/') {
        assert!(name != b".." && name != b".", "a path leads outside");
        assert!(!name.contains(&0), "a name ends early");
    }
}

impl Visitor for Check {
    type Error = Infallible;

    fn directory(&mut self, path: &[u8]) -> Result<(), Infallible> {
        assert_eq!(self.expected, 0, "a file is shorter than it says");
        check_path(path);
        Ok(())
    }

    fn file(&mut self, path: &[u8], _: bool, size: u64) -> Result<(), Infallible> {
        assert_eq!(self.expected, 0, "a file is shorter than it says");
        check_path(path);
        self.expected = size;
        Ok(())
    }

    fn contents(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.expected = self
            .expected
            .checked_sub(bytes.len() as u64)
            .expect("a file is no longer than it says");
        Ok(())
    }

    fn symlink(&mut self, path: &[u8], _: &[u8]) -> Result<(), Infallible> {
        assert_eq!(self.expected, 0, "a file is shorter than it says");
        check_path(path);
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut visitor = Check::default();
    if read(&mut &*bytes, &mut visitor).is_ok() {
        assert_eq!(visitor.expected, 0, "a file is shorter than it says");
    }
});
