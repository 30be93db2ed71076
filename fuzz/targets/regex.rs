//! Regular expressions: what stands before the first newline is matched against the rest.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    // Back references and nested repetition take time that doubles with every byte, as in Nix.
    let repeats_repetition = |run: &[u8]| run.iter().all(|mark| b"*+?{}".contains(mark));
    if text.len() > 48 || text.windows(3).any(repeats_repetition) {
        return;
    }
    let program = r#"
        text:
        let
          lines = builtins.filter builtins.isString (builtins.split "\n" text);
          subject = builtins.concatStringsSep "\n" (builtins.tail lines);
        in
        [
          (builtins.match (builtins.head lines) subject)
          (builtins.split (builtins.head lines) subject)
        ]
    "#;
    coop_fuzz::call_with_string(program, text);
});
