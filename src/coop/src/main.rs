//! The `coop` command: hands the arguments to the library and exits with its verdict.

use std::process::ExitCode;

fn main() -> ExitCode {
    coop::cli::main()
}
