//! What may be edited, as bytes: part of an evaluation that hibernates.

use super::{Editable, LiteralFile};
use crate::heap::Value;
use crate::saved::bytes::{Reader, Writer};
use crate::syntax::literals::Literal;

/// How deep lists of literals go, at most: deeper than any file's.
const DEEPEST: u32 = 100_000;

impl Editable {
    /// Writes all of it.
    pub(crate) fn put(&self, out: &mut Writer) {
        out.bytes(&self.shown);
        out.bytes(&self.real);
        out.number(self.wanted.len());
        for (at, text) in &self.wanted {
            out.bytes(at);
            out.bytes(text);
        }
        out.number(self.files.len());
        for (at, file) in &self.files {
            out.bytes(at);
            put_file(out, file);
        }
        for paths in [&self.steady, &self.code, &self.data] {
            out.number(paths.len());
            for path in paths {
                out.bytes(path);
            }
        }
        out.word(u32::from(self.is_place_told));
        out.word(self.groups);
        out.word(self.own);
    }

    /// What [`Self::put`] wrote.
    pub(crate) fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            shown: from.bytes()?,
            real: from.bytes()?,
            wanted: many(from, |from| Some((from.bytes()?, from.bytes()?)))?,
            files: many(from, |from| Some((from.bytes()?, take_file(from)?)))?,
            steady: many(from, take_path)?,
            code: many(from, take_path)?,
            data: many(from, take_path)?,
            is_place_told: from.word()? != 0,
            groups: from.word()?,
            own: from.word()?,
        })
    }
}

fn take_path(from: &mut Reader<'_>) -> Option<Vec<u8>> {
    from.bytes()
}

fn put_file(out: &mut Writer, file: &LiteralFile) {
    out.bytes(&file.rest);
    out.number(file.literals.len());
    for literal in &file.literals {
        put_literal(out, literal);
    }
    let cells: Vec<u32> = file.cells.iter().map(|cell| cell.to_word()).collect();
    out.words(&cells);
    out.words(&file.marks);
}

fn take_file(from: &mut Reader<'_>) -> Option<LiteralFile> {
    let rest = from.bytes()?;
    let literals: Vec<Literal> = many(from, |from| take_literal(from, 0))?;
    let (cells, marks) = (from.words()?, from.words()?);
    let is_sound = cells.len() == literals.len() && marks.len() == literals.len();
    is_sound.then(|| LiteralFile {
        rest,
        literals,
        cells: cells.into_iter().map(Value::from_word).collect(),
        marks,
    })
}

fn put_literal(out: &mut Writer, literal: &Literal) {
    match literal {
        Literal::Int(value) => {
            out.word(0);
            out.0.extend(value.to_le_bytes());
        }
        Literal::Float(bits) => {
            out.word(1);
            out.0.extend(bits.to_le_bytes());
        }
        Literal::String(text) => {
            out.word(2);
            out.bytes(text);
        }
        Literal::Bool(false) => out.word(3),
        Literal::Bool(true) => out.word(4),
        Literal::Null => out.word(5),
        Literal::List(items) => {
            out.word(6);
            out.number(items.len());
            for item in items {
                put_literal(out, item);
            }
        }
    }
}

fn take_literal(from: &mut Reader<'_>, depth: u32) -> Option<Literal> {
    if depth > DEEPEST {
        return None;
    }
    Some(match from.word()? {
        0 => Literal::Int(i64::from_le_bytes(from.take()?)),
        1 => Literal::Float(u64::from_le_bytes(from.take()?)),
        2 => Literal::String(from.bytes()?.into()),
        3 => Literal::Bool(false),
        4 => Literal::Bool(true),
        5 => Literal::Null,
        6 => Literal::List(many(from, |from| take_literal(from, depth + 1))?),
        _ => return None,
    })
}

fn many<T, C: FromIterator<T>>(
    from: &mut Reader<'_>,
    take: impl Fn(&mut Reader<'_>) -> Option<T>,
) -> Option<C> {
    let count = from.count(1)?;
    (0..count).map(|_| take(from)).collect()
}
