//! Whose line it was.
