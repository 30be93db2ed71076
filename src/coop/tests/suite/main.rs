//! Everything that is tested through coop's public interface, as one binary.

mod cli;
mod downloads;
mod fleets;
mod generate;
mod injection;
mod language;
mod lock;
mod mercurial;
mod mutation;
mod nix_flake;
mod nix_repl;
mod reference;
mod report;
mod shared_values;
mod support;
mod tree;
mod watch;
