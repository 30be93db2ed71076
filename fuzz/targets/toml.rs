//! `builtins.fromTOML`: any bytes are a value or an error, and a value can be written as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    coop_fuzz::call_with_string("text: builtins.toJSON (builtins.fromTOML text)", text);
});
