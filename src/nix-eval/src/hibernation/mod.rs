//! Evaluations that hibernate: all that one knows, as bytes, so that another process can make an edit and go
//! on from there, as it could itself (`eval/edit.rs`). Where the first began with adopted values, that one has to
//! begin with the same; over those it puts what came of the evaluation. Where it began with none, all of it is
//! kept, and that one has to begin with nothing.
//!
//! What is not kept is what can be found out again: plans for merging sets, resolved paths, which functions
//! were linked. Nothing here decides where the bytes are kept, or whether what was read is still the same;
//! who has an evaluation hibernate gives it notes of its own for that.

mod file;
#[cfg(test)]
mod tests;

use std::io;
use std::rc::Rc;

use crate::eval::{Editable, Evaluator, Taint};
use crate::heap::{ALIGNMENT, Value};
use crate::saved::bytes::{Reader, Writer};
use crate::saved::ends_of;
use crate::shared::Tables;
use crate::world::{LockedFlake, Saved};

use file::{HEADER_BYTES, Layout};

/// Bytes of data that are worth keeping for one evaluation.
const MOST_BYTES: usize = 768 << 20;

impl Evaluator {
    /// Whether this evaluation could hibernate: it has to share calls.
    #[must_use]
    pub fn can_hibernate(&self) -> bool {
        self.base().is_some()
    }

    /// Whether it would hibernate whole: it began without adopted values.
    #[must_use]
    pub fn hibernates_whole(&self) -> bool {
        self.can_hibernate() && !self.has_values()
    }

    /// Whether this evaluation began with values that were saved.
    #[must_use]
    pub fn has_values(&self) -> bool {
        self.base().is_some_and(|(_, below)| below.has_values)
    }

    /// Bytes of data that it has beyond what it began with.
    #[must_use]
    pub fn own_bytes(&self) -> usize {
        let adopted = self.base().map_or(0, |(_, below)| below.start.data);
        self.heap.data_bytes().saturating_sub(adopted as usize * 4)
    }

    /// Has `save` write all that this evaluation knows, to go on from `value`; `false` where it cannot
    /// hibernate. `page_map` is Linux's map of this process's pages (`/proc/self/pagemap`).
    ///
    /// # Errors
    /// Those of `save`, and what the system says of memory.
    pub fn hibernate(
        &self,
        value: Value,
        notes: &[u8],
        page_map: &dyn Saved,
        save: impl FnOnce(&[&[u8]]) -> io::Result<()>,
    ) -> io::Result<bool> {
        let was_awoken = self.was_awoken();
        let Some((base, below)) = self.base().filter(|_| !was_awoken) else {
            return Ok(false);
        };
        if self.heap.data_bytes() > MOST_BYTES {
            return Ok(false);
        }
        let (tables, more) = Tables::beyond(self, below);
        let pages = self.heap.layer_pages(page_map)?;
        let mut head = Writer::default();
        head.bytes(notes);
        head.word(value.to_word());
        self.editable.put(&mut head);
        self.taint.put(&mut head);
        for numbers in &pages {
            head.words(numbers);
        }
        head.0.extend(tables.to_bytes());
        let [(data_pages, data), (code_pages, code)] = self.heap.layer_bytes(&pages);
        let page = rustix::param::page_size();
        let layout = Layout::new(
            (base, !below.has_values),
            [head.0.len(), more.len()],
            (page, pages.each_ref().map(Vec::len)),
            [data.len(), code.len()],
            self.heap.ends(),
        );
        let header = layout.header();
        let zeros = vec![0; ALIGNMENT];
        let padded = |bytes: usize, to: usize| &zeros[..bytes.next_multiple_of(to) - bytes];
        let mut parts: Vec<&[u8]> = vec![&header, &head.0, &more];
        parts.push(padded(HEADER_BYTES + head.0.len() + more.len(), ALIGNMENT));
        let runs = data_pages.into_iter().chain(code_pages);
        parts.extend(runs.flat_map(|run| [run, padded(run.len(), page)]));
        let count = pages.iter().map(Vec::len).sum::<usize>();
        parts.push(padded(count * page, ALIGNMENT));
        parts.extend(
            [data, code]
                .into_iter()
                .flat_map(|part| [part, padded(part.len(), ALIGNMENT)]),
        );
        save(&parts)?;
        Ok(true)
    }

    /// Goes on with an evaluation of `flake` that hibernated, from the value that was kept: in an evaluator that
    /// has not evaluated anything yet and has adopted the same values, or, if it hibernated whole
    /// ([`is_whole`]), nothing. Where it is `None` the evaluator is of no use any more.
    pub fn wake(&mut self, saved: Box<dyn Saved>, flake: &LockedFlake) -> Option<Value> {
        let saved: Rc<dyn Saved> = saved.into();
        let layout = Layout::read(&*saved)?;
        let (base, below) = self.base()?;
        let is_same_base = layout.base == base
            && layout.is_whole != below.has_values
            && layout.page == rustix::param::page_size();
        if !is_same_base || below.start != ends_of(self) {
            return None;
        }
        let mut head = vec![0; layout.head];
        saved.read_at(HEADER_BYTES as u64, &mut head).ok()?;
        let mut from = Reader(&head);
        from.bytes()?;
        let value = Value::from_word(from.word()?);
        let editable = Editable::take(&mut from)?;
        let taint = Taint::take(&mut from)?;
        let layers = layout.layers([from.words()?, from.words()?])?;
        let tables = Tables::parse(from.0)?;
        if tables.start != below.start || !layout.is_whole && !self.has_files_beside(&tables) {
            return None;
        }
        self.heap.put_layer(&*saved, &layers, layout.ends()).ok()?;
        self.restore_beyond(tables, &saved, layout.more());
        self.editable = editable;
        self.taint = taint;
        for (node, tree, _) in &flake.trees {
            if flake.hidden_node.as_ref() == Some(node) {
                self.hide(tree);
            }
        }
        Some(value)
    }

    /// Whether the files that were parsed have the places that they had when it hibernated.
    fn has_files_beside(&mut self, tables: &Tables) -> bool {
        if tables.parsed != self.saved_files_identity() {
            self.open_image();
        }
        tables.parsed == self.saved_files_identity()
    }
}

/// Whether it is an evaluation that hibernated whole.
#[must_use]
pub fn is_whole(saved: &dyn Saved) -> bool {
    Layout::read(saved).is_some_and(|layout| layout.is_whole)
}

/// The notes that were given to an evaluation that hibernates.
#[must_use]
pub fn notes_of(saved: &dyn Saved) -> Option<Vec<u8>> {
    let head = Layout::read(saved)?.head;
    let mut length = [0; 4];
    saved.read_at(HEADER_BYTES as u64, &mut length).ok()?;
    let length = u32::from_le_bytes(length) as usize;
    if length > head {
        return None;
    }
    let mut notes = vec![0; length];
    saved.read_at(HEADER_BYTES as u64 + 4, &mut notes).ok()?;
    Some(notes)
}
