//! Flake references, lock files, and fetching into a cache.
