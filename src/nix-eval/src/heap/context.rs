//! String contexts: which store paths a string's text depends on. A context is an interned set of
//! elements, so that a string carries one word and a union that was made before is a table look-up.

use std::rc::Rc;

use rustc_hash::FxHashMap;

/// An interned context.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ContextId(pub u32);

impl ContextId {
    /// No dependencies.
    pub const EMPTY: Self = Self(0);
}

/// One dependency (`NixStringContextElem` in Nix's `context.hh`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContextElement {
    /// A store path as it is.
    Opaque(Rc<[u8]>),
    /// A derivation with its whole closure of derivations and their outputs.
    DrvDeep(Rc<[u8]>),
    /// An output of a derivation.
    Built {
        /// Where the derivation is itself an output: those that lead to it, one of the other, the
        /// first of which is one of `drv`.
        through: Vec<Rc<[u8]>>,
        /// The derivation's store path.
        drv: Rc<[u8]>,
        /// The output's name.
        output: Rc<[u8]>,
    },
}

/// All contexts of an evaluation.
pub struct ContextTable {
    elements: Vec<ContextElement>,
    element_ids: FxHashMap<ContextElement, u32>,
    sets: Vec<Rc<[u32]>>,
    set_ids: FxHashMap<Rc<[u32]>, u32>,
    unions: FxHashMap<(u32, u32), u32>,
}

impl Default for ContextTable {
    fn default() -> Self {
        let empty: Rc<[u32]> = Rc::from([]);
        Self {
            elements: Vec::new(),
            element_ids: FxHashMap::default(),
            sets: vec![empty.clone()],
            set_ids: std::iter::once((empty, 0)).collect(),
            unions: FxHashMap::default(),
        }
    }
}

impl ContextTable {
    /// The context of one element.
    pub fn single(&mut self, element: ContextElement) -> ContextId {
        let id = if let Some(&id) = self.element_ids.get(&element) {
            id
        } else {
            let id = self.elements.len() as u32;
            self.elements.push(element.clone());
            self.element_ids.insert(element, id);
            id
        };
        self.intern(&[id])
    }

    fn intern(&mut self, set: &[u32]) -> ContextId {
        if let Some(&id) = self.set_ids.get(set) {
            return ContextId(id);
        }
        let set: Rc<[u32]> = set.into();
        let id = self.sets.len() as u32;
        self.sets.push(set.clone());
        self.set_ids.insert(set, id);
        ContextId(id)
    }

    /// The context of many elements.
    pub fn collect(&mut self, elements: impl IntoIterator<Item = ContextElement>) -> ContextId {
        elements.into_iter().fold(ContextId::EMPTY, |sum, element| {
            let single = self.single(element);
            self.union(sum, single)
        })
    }

    /// The union of two contexts.
    pub fn union(&mut self, a: ContextId, b: ContextId) -> ContextId {
        if a == b || b == ContextId::EMPTY {
            return a;
        }
        if a == ContextId::EMPTY {
            return b;
        }
        let key = (a.0.min(b.0), a.0.max(b.0));
        if let Some(&known) = self.unions.get(&key) {
            return ContextId(known);
        }
        let mut set: Vec<u32> = self.sets[a.0 as usize]
            .iter()
            .chain(self.sets[b.0 as usize].iter())
            .copied()
            .collect();
        set.sort_unstable();
        set.dedup();
        let id = self.intern(&set);
        self.unions.insert(key, id.0);
        id
    }

    /// The elements of a context, sorted as Nix sorts them.
    #[must_use]
    pub fn elements(&self, id: ContextId) -> Vec<ContextElement> {
        let set = &self.sets[id.0 as usize];
        let mut out: Vec<_> = set
            .iter()
            .map(|&e| self.elements[e as usize].clone())
            .collect();
        out.sort();
        out
    }

    /// All elements and all sets of them, by number.
    pub(crate) fn tables(&self) -> (&[ContextElement], &[Rc<[u32]>]) {
        (&self.elements, &self.sets)
    }

    /// A table with the elements and sets of another one.
    pub(crate) fn restored(elements: Vec<ContextElement>, sets: Vec<Rc<[u32]>>) -> Self {
        let numbered = elements.iter().cloned().zip(0..);
        let set_ids = sets.iter().cloned().zip(0..);
        Self {
            element_ids: numbered.collect(),
            set_ids: set_ids.collect(),
            elements,
            sets,
            unions: FxHashMap::default(),
        }
    }

    /// Adds the elements and sets of another table that comes from this one.
    pub(crate) fn extend(&mut self, elements: Vec<ContextElement>, sets: Vec<Rc<[u32]>>) {
        let first = self.elements.len() as u32;
        self.element_ids
            .extend(elements.iter().cloned().zip(first..));
        self.elements.extend(elements);
        let first = self.sets.len() as u32;
        self.set_ids.extend(sets.iter().cloned().zip(first..));
        self.sets.extend(sets);
    }

    /// How many elements a context has.
    #[must_use]
    pub fn length(&self, id: ContextId) -> usize {
        self.sets[id.0 as usize].len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opaque(path: &str) -> ContextElement {
        ContextElement::Opaque(path.as_bytes().into())
    }

    #[test]
    fn equal_sets_have_one_id() {
        let mut table = ContextTable::default();
        let a = table.single(opaque("a"));
        let b = table.single(opaque("b"));
        let ab = table.union(a, b);
        assert_eq!(table.union(b, a), ab);
        assert_eq!(table.union(ab, a), ab);
        assert_eq!(table.union(ContextId::EMPTY, a), a);
        assert_eq!(table.length(ab), 2);
    }
}
