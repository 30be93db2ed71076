//! The `coop` command: hands the arguments to the library and exits with its verdict.

use std::process::ExitCode;

/// The system's allocator gives a second thread memory in steps of a few pages, each a call into the
/// kernel; evaluation runs on a thread of its own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Huge pages take longer to clear than an evaluation gains by them. Without this, nothing fails.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    coop::cli::main()
}
