//! Everything that is tested through coop's public interface, as one binary.

mod cli;
mod fleets;
mod injection;
mod mutation;
mod reference;
mod support;
