//! Computing a hash piece by piece. The digest crates pick the processor's own instructions at run
//! time.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Algorithm, Hash};

#[derive(Clone)]
enum State {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    // Its state is twenty times larger than the others'.
    Blake3(Box<blake3::Hasher>),
}

/// A hash in the making.
#[derive(Clone)]
pub struct Hasher(State);

impl Hasher {
    /// Starts a hash.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Md5 => State::Md5(Md5::new()),
            Algorithm::Sha1 => State::Sha1(Sha1::new()),
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
            Algorithm::Blake3 => State::Blake3(Box::default()),
        })
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::Md5(state) => state.update(data),
            State::Sha1(state) => state.update(data),
            State::Sha256(state) => state.update(data),
            State::Sha512(state) => state.update(data),
            State::Blake3(state) => {
                state.update(data);
            }
        }
    }

    /// The hash of all bytes taken in.
    #[must_use]
    pub fn finish(self) -> Hash {
        let mut buffer = [0; 64];
        let algorithm = match self.0 {
            State::Md5(state) => {
                buffer[..16].copy_from_slice(&state.finalize());
                Algorithm::Md5
            }
            State::Sha1(state) => {
                buffer[..20].copy_from_slice(&state.finalize());
                Algorithm::Sha1
            }
            State::Sha256(state) => {
                buffer[..32].copy_from_slice(&state.finalize());
                Algorithm::Sha256
            }
            State::Sha512(state) => {
                buffer.copy_from_slice(&state.finalize());
                Algorithm::Sha512
            }
            State::Blake3(state) => {
                buffer[..32].copy_from_slice(state.finalize().as_bytes());
                Algorithm::Blake3
            }
        };
        Hash { algorithm, buffer }
    }
}
