//! An evaluation that hibernated: whatever is in its tables, waking it ends well. What it would evaluate then
//! is believed, where nobody wrote to its file.
#![no_main]

use std::io;
use std::sync::LazyLock;

use coop_fuzz::shelf::{Bytes, Shelf, damaged};
use libfuzzer_sys::fuzz_target;
use nix_eval::hibernation::notes_of;
use nix_eval::position::Origin;
use nix_eval::world::{LockedFlake, Saved};
use nix_eval::{Evaluator, Settings, with_stack};

const PROGRAM: &str = r#"let values = import /tree/values.nix; in map (n: {
    ${values.name} = (derivation { name = "p${toString n}"; system = "s"; builder = "/b"; }).drvPath;
    enable = values.number > 1;
}) [ 1 2 3 ]"#;

const VALUES: &str = "{ name = \"one\"; number = 2; }";

/// A map of pages of which none is the process's own.
struct NoPages;

impl Saved for NoPages {
    fn read_at(&self, _: u64, buffer: &mut [u8]) -> io::Result<()> {
        buffer.fill(0);
        Ok(())
    }

    fn length(&self) -> u64 {
        u64::MAX
    }
}

fn new_evaluator() -> Evaluator {
    let mut shelf = Shelf::default();
    let path = b"/tree/values.nix".to_vec();
    shelf.files.insert(path, VALUES.into());
    let mut evaluator =
        Evaluator::new(Settings::default(), Box::new(shelf)).expect("address space");
    evaluator.start_on_this_stack();
    evaluator.share_calls_alone("");
    evaluator
}

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let hibernate = || {
        let mut evaluator = new_evaluator();
        let wanted = (b"values.nix".to_vec(), VALUES.into());
        evaluator.allow_edits(b"/tree", b"/tree", [wanted], []);
        let value = evaluator.eval_text(PROGRAM.as_bytes(), Origin::String, b"/");
        let value = value.and_then(|value| evaluator.force_deep(value)).ok();
        let mut bytes = Vec::new();
        let save = |parts: &[&[u8]]| {
            bytes = parts.concat();
            Ok(())
        };
        let hibernates = evaluator.hibernate(value.expect("a list"), b"notes", &NoPages, save);
        assert!(hibernates.expect("no pages"));
        bytes
    };
    with_stack(hibernate).expect("a thread").expect("room")
});

fuzz_target!(|input: &[u8]| {
    let bytes = damaged(&WHOLE, input);
    with_stack(|| {
        let _ = notes_of(&Bytes(bytes.clone()));
        let _ = new_evaluator().wake(Box::new(Bytes(bytes)), &no_flake());
    })
    .expect("a thread");
});

fn no_flake() -> LockedFlake {
    LockedFlake {
        program: b"",
        lock: String::new(),
        trees: Vec::new(),
        dirty_node: None,
        hidden_node: None,
    }
}
