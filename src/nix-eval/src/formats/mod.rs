//! tmp
pub mod float; pub mod json_read; pub mod json_write; pub mod toml; pub mod version;
