//! Reading an archive as a stream: each part is handed to a visitor as it comes.

use std::io::{self, Read};

use bstr::{BString, ByteSlice};

use super::{MAGIC, MAX_DEPTH};

/// Longest keyword, file name and link target that Nix reads.
const MAX_TAG: u64 = 32;
const MAX_NAME: u64 = 255;
const MAX_TARGET: u64 = 4095;

/// Receives the parts of an archive, parents first. Paths are relative to the archived object, as
/// in [`FileTree`](super::FileTree), and hold no component that leads out of it.
pub trait Visitor {
    /// What can go wrong.
    type Error;

    /// A directory begins.
    ///
    /// # Errors
    ///
    /// The caller's.
    fn directory(&mut self, path: &[u8]) -> Result<(), Self::Error>;

    /// A regular file of `size` bytes begins.
    ///
    /// # Errors
    ///
    /// The caller's.
    fn file(&mut self, path: &[u8], executable: bool, size: u64) -> Result<(), Self::Error>;

    /// The next bytes of the file that began last.
    ///
    /// # Errors
    ///
    /// The caller's.
    fn contents(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// A symbolic link.
    ///
    /// # Errors
    ///
    /// The caller's.
    fn symlink(&mut self, path: &[u8], target: &[u8]) -> Result<(), Self::Error>;
}

/// Why an archive could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E> {
    /// From the visitor.
    #[error(transparent)]
    Visitor(E),
    /// From the source; an end that comes too early is one of these.
    #[error("cannot read archive: {0}")]
    Source(#[from] io::Error),
    /// Bytes that are no archive.
    #[error("bad archive: {0}")]
    Bad(BString),
}

/// Reads one archive from `source` and nothing after it.
///
/// # Errors
///
/// [`ReadError`]; what the visitor has got by then is not the whole.
pub fn read<V: Visitor>(source: &mut dyn Read, visitor: &mut V) -> Result<(), ReadError<V::Error>> {
    let mut reader = Reader { source };
    match reader.string(MAGIC.len() as u64) {
        Ok(magic) if magic == MAGIC => {}
        Err(Failure::Source(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return Err(ReadError::Source(error));
        }
        _ => return Err(bad("input doesn't look like a Nix archive")),
    }
    node(&mut reader, visitor, &mut Vec::new(), 0)
}

enum Failure {
    Source(io::Error),
    Bad(BString),
}

impl<E> From<Failure> for ReadError<E> {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Source(error) => Self::Source(error),
            Failure::Bad(text) => Self::Bad(text),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Source(error)
    }
}

fn bad<E>(text: impl Into<BString>) -> ReadError<E> {
    ReadError::Bad(text.into())
}

fn quoting(before: &str, text: &[u8], after: &str) -> BString {
    format!("{before}'{}'{after}", text.as_bstr()).into()
}

struct Reader<'source> {
    source: &'source mut dyn Read,
}

impl Reader<'_> {
    fn number(&mut self) -> Result<u64, Failure> {
        let mut bytes = [0; 8];
        self.source.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn padding(&mut self, size: u64) -> Result<(), Failure> {
        let mut bytes = [0; 8];
        let missing = ((8 - size % 8) % 8) as usize;
        self.source.read_exact(&mut bytes[..missing])?;
        if bytes == [0; 8] {
            Ok(())
        } else {
            Err(Failure::Bad("non-zero padding".into()))
        }
    }

    fn string(&mut self, longest: u64) -> Result<Vec<u8>, Failure> {
        let size = self.number()?;
        if size > longest {
            let text = format!("a string of {size} bytes where at most {longest} may be");
            return Err(Failure::Bad(text.into()));
        }
        let mut text = vec![0; size as usize];
        self.source.read_exact(&mut text)?;
        self.padding(size)?;
        Ok(text)
    }

    fn expect(&mut self, expected: &str) -> Result<(), Failure> {
        let tag = self.string(MAX_TAG)?;
        if tag == expected.as_bytes() {
            return Ok(());
        }
        Err(Failure::Bad(quoting(
            &format!("expected tag '{expected}', got "),
            &tag,
            "",
        )))
    }
}

fn node<V: Visitor>(
    reader: &mut Reader<'_>,
    visitor: &mut V,
    path: &mut Vec<u8>,
    depth: usize,
) -> Result<(), ReadError<V::Error>> {
    if depth >= MAX_DEPTH {
        return Err(bad(format!(
            "NAR directory nesting exceeds maximum depth of {MAX_DEPTH}"
        )));
    }
    reader.expect("(")?;
    reader.expect("type")?;
    let kind = reader.string(MAX_TAG)?;
    match kind.as_slice() {
        b"regular" => file(reader, visitor, path),
        b"directory" => directory(reader, visitor, path, depth),
        b"symlink" => {
            reader.expect("target")?;
            let target = reader.string(MAX_TARGET)?;
            if target.is_empty() || target.contains(&0) {
                return Err(bad("NAR contains invalid symlink target"));
            }
            visitor.symlink(path, &target).map_err(ReadError::Visitor)?;
            Ok(reader.expect(")")?)
        }
        other => Err(ReadError::Bad(quoting("unknown file type ", other, ""))),
    }
}

fn file<V: Visitor>(
    reader: &mut Reader<'_>,
    visitor: &mut V,
    path: &[u8],
) -> Result<(), ReadError<V::Error>> {
    let mut tag = reader.string(MAX_TAG)?;
    let executable = tag == b"executable";
    if executable {
        if !reader.string(MAX_TAG)?.is_empty() {
            return Err(bad("executable marker has non-empty value"));
        }
        tag = reader.string(MAX_TAG)?;
    }
    if tag != b"contents" {
        return Err(ReadError::Bad(quoting(
            "expected tag 'contents', got ",
            &tag,
            "",
        )));
    }
    let size = reader.number()?;
    visitor
        .file(path, executable, size)
        .map_err(ReadError::Visitor)?;
    let mut buffer = vec![0; size.min(64 * 1024) as usize];
    let mut left = size;
    while left > 0 {
        let piece = &mut buffer[..left.min(64 * 1024) as usize];
        reader.source.read_exact(piece)?;
        left -= piece.len() as u64;
        visitor.contents(piece).map_err(ReadError::Visitor)?;
    }
    reader.padding(size)?;
    Ok(reader.expect(")")?)
}

fn directory<V: Visitor>(
    reader: &mut Reader<'_>,
    visitor: &mut V,
    path: &mut Vec<u8>,
    depth: usize,
) -> Result<(), ReadError<V::Error>> {
    visitor.directory(path).map_err(ReadError::Visitor)?;
    let mut previous = Vec::new();
    loop {
        let tag = reader.string(MAX_TAG)?;
        match tag.as_slice() {
            b")" => return Ok(()),
            b"entry" => {}
            other => {
                return Err(ReadError::Bad(quoting(
                    "expected tag 'entry' or ')', got ",
                    other,
                    "",
                )));
            }
        }
        reader.expect("(")?;
        reader.expect("name")?;
        let name = reader.string(MAX_NAME)?;
        let leads_out = matches!(name.as_slice(), b"" | b"." | b"..");
        if leads_out || name.contains(&b'/') || name.contains(&0) {
            return Err(ReadError::Bad(quoting(
                "NAR contains invalid file name ",
                &name,
                "",
            )));
        }
        if name <= previous {
            return Err(bad("NAR directory is not sorted"));
        }
        reader.expect("node")?;
        let parent = path.len();
        if parent > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(&name);
        node(reader, visitor, path, depth + 1)?;
        path.truncate(parent);
        reader.expect(")")?;
        previous = name;
    }
}
