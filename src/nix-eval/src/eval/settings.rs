//! What an evaluation is allowed to do, and the stack it runs on.

use super::Evaluator;
use crate::syntax::lint::Lints;

/// The switches of an evaluation, by Nix's names and with its defaults.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are Nix's own switches, one by one"
)]
pub struct Settings {
    /// `system`: the value of `builtins.currentSystem`.
    pub system: String,
    /// `store`: the directory that store paths start with.
    pub store_dir: String,
    /// `pure-eval`
    pub pure: bool,
    /// Directories that may be read where evaluation is pure or restricted; `None`: all.
    pub allowed_paths: Option<Vec<Vec<u8>>>,
    /// `pipe-operators`
    pub pipe_operators: bool,
    /// `flakes`
    pub flakes: bool,
    /// `fetch-tree`
    pub fetch_tree: bool,
    /// `dynamic-derivations`
    pub dynamic_derivations: bool,
    /// `ca-derivations`
    pub ca_derivations: bool,
    /// `impure-derivations`
    pub impure_derivations: bool,
    /// `parse-toml-timestamps`
    pub parse_toml_timestamps: bool,
    /// `blake3-hashes`
    pub blake3_hashes: bool,
    /// `max-call-depth`
    pub max_call_depth: u32,
    /// Suspend exactly what Nix suspends, because values are shown unforced.
    pub exact_laziness: bool,
    /// Evaluate functions of nixpkgs that are known by code of the evaluator's own.
    pub intrinsics: bool,
    /// `NIX_PATH` and `-I`: prefix and path.
    pub search_path: Vec<(Vec<u8>, Vec<u8>)>,
    /// The home directory, for `~/…`.
    pub home: Option<Vec<u8>>,
    /// `abort-on-warn`
    pub abort_on_warn: bool,
    /// `lint-url-literals` and its kin
    pub lints: Lints,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            system: "x86_64-linux".to_owned(),
            store_dir: "/nix/store".to_owned(),
            pure: false,
            allowed_paths: None,
            pipe_operators: false,
            flakes: false,
            fetch_tree: false,
            dynamic_derivations: false,
            ca_derivations: false,
            impure_derivations: false,
            parse_toml_timestamps: false,
            blake3_hashes: false,
            max_call_depth: 10_000,
            exact_laziness: false,
            intrinsics: true,
            search_path: Vec::new(),
            home: None,
            abort_on_warn: false,
            lints: Lints::default(),
        }
    }
}

/// Stack of the evaluating thread. It is address space, taken as it is used.
const STACK_BYTES: usize = 2 << 30;
/// What is left for calls that do not evaluate when the limit is reached.
const STACK_RESERVE: usize = 4 << 20;

/// Runs `work` on a thread with a stack deep enough for any evaluation that Nix could do, and
/// returns what it returns. A full heap becomes `None`.
///
/// # Errors
/// Where the system refuses the thread.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<Option<T>> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("evaluation".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)?;
        match thread.join() {
            Ok(result) => Ok(Some(result)),
            Err(payload) if payload.is::<crate::heap::HeapFull>() => Ok(None),
            Err(payload) => std::panic::resume_unwind(payload),
        }
    })
}

/// Runs `work` on a thread with such a stack, beside whatever goes on here, which is not told how it
/// ends. A full heap ends it.
///
/// # Errors
/// Where the system refuses the thread.
pub(crate) fn spawn_with_stack(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.stack_size(STACK_BYTES).spawn(work)?;
    Ok(())
}

impl Evaluator {
    /// Tells the evaluator that it runs on a stack made by [`with_stack`], from here on.
    pub fn start_on_this_stack(&mut self) {
        let here = 0u8;
        let address = std::ptr::from_ref(&here) as usize;
        self.stack_limit = address.saturating_sub(STACK_BYTES - STACK_RESERVE);
    }

    /// Whether the stack is nearly used up.
    #[inline]
    pub(crate) fn stack_is_low(&self) -> bool {
        let here = 0u8;
        (std::ptr::from_ref(&here) as usize) < self.stack_limit
    }
}
