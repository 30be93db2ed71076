//! What is read to be hashed.

use crate::eval::{Evaluator, Settings, with_stack};
use crate::position::Origin;
use crate::print;
use crate::testing::Memory;

/// What a program gives where there is a folder of two files, and which files it reads.
fn answer(program: &str) -> (String, Vec<Vec<u8>>) {
    let mut memory = Memory::default();
    for name in ["/folder/a.nix", "/folder/b.nix"] {
        let text = format!("\"{name}\"");
        memory
            .files
            .insert(name.as_bytes().to_vec(), text.into_bytes());
    }
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
    let hash = "builtins.path { path = /folder; }";
    let (expected, read) = answer(hash);
    assert_eq!(read, [a.clone(), b.clone()]);
    let (found, read) = answer(&format!("builtins.seq (import /folder/b.nix) ({hash})"));
    assert_eq!(found, expected);
    assert_eq!(read, [b, a]);
}
