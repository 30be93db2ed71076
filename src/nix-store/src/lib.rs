//! Hashes, store paths, NAR and derivations: the pure part of Nix. Nothing here evaluates or does I/O.
