//! What is read to be hashed.

use crate::eval::{Evaluator, Settings, with_stack};
use crate::position::Origin;
use crate::print;
use crate::testing::Memory;

const HASH: &str = "builtins.path { path = /folder; }";

/// A folder of two files.
fn folder() -> Memory {
    let mut memory = Memory::default();
    for name in ["/folder/a.nix", "/folder/b.nix"] {
        let text = format!("\"{name}\"");
        memory
            .files
            .insert(name.as_bytes().to_vec(), text.into_bytes());
    }
    memory
}

/// What a program gives, and which files it reads.
fn answer(memory: &Memory, program: &str) -> (String, Vec<Vec<u8>>) {
    let memory = memory.fresh();
    let world = Box::new(memory.clone());
    let answer = with_stack(|| {
        let mut evaluator = Evaluator::new(Settings::default(), world).unwrap();
        evaluator.start_on_this_stack();
        let value = evaluator
            .eval_text(program.as_bytes(), Origin::String, b"/")
            .unwrap();
        print::nix(&mut evaluator, value).unwrap()
    });
    let answer = String::from_utf8(answer.unwrap().unwrap()).unwrap();
    let read = memory.read.lock().unwrap().clone();
    (answer, read)
}

#[test]
fn what_was_imported_is_not_read_once_more_to_be_hashed() {
    let [a, b] = ["/folder/a.nix", "/folder/b.nix"].map(|name| name.as_bytes().to_vec());
    let (expected, read) = answer(&folder(), HASH);
    assert_eq!(read, [a.clone(), b.clone()]);
    let program = format!("builtins.seq (import /folder/b.nix) ({HASH})");
    let (found, read) = answer(&folder(), &program);
    assert_eq!(found, expected);
    assert_eq!(read, [b, a]);
}

#[test]
fn what_was_imported_is_hashed_as_what_it_is() {
    let both = format!("builtins.seq (import /folder/a.nix + import /folder/b.nix) ({HASH})");
    let plain = folder();
    let mut executable = folder();
    executable.executable.insert(b"/folder/b.nix".to_vec());
    let mut link = folder();
    link.files.remove(&b"/folder/b.nix"[..]);
    link.links
        .insert(b"/folder/b.nix".to_vec(), b"/folder/a.nix".to_vec());
    let hashes = [plain, executable, link].map(|memory| {
        let (expected, _) = answer(&memory, HASH);
        assert_eq!(answer(&memory, &both).0, expected);
        expected
    });
    assert_ne!(hashes[0], hashes[1]);
    assert_ne!(hashes[0], hashes[2]);
}
