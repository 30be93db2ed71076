//! Putting a catalogue together: what is the same is kept once.

use std::collections::HashMap;

use super::model::{Entry, SetId, Tables, Type, TypeId, WordId};

/// A catalogue that is being made.
#[derive(Default)]
pub(super) struct Builder {
    tables: Tables,
    words: HashMap<String, WordId>,
    types: HashMap<Type, TypeId>,
    sets: HashMap<Vec<(WordId, Entry)>, SetId>,
}

impl Builder {
    pub(super) fn word(&mut self, text: &str) -> WordId {
        if let Some(&known) = self.words.get(text) {
            return known;
        }
        let number = self.tables.words.len() as WordId;
        self.tables.words.push(text.to_owned());
        self.words.insert(text.to_owned(), number);
        number
    }

    pub(super) fn of_type(&mut self, of_type: Type) -> TypeId {
        if let Some(&known) = self.types.get(&of_type) {
            return known;
        }
        let number = self.tables.types.len() as TypeId;
        self.tables.types.push(of_type.clone());
        self.types.insert(of_type, number);
        number
    }

    pub(super) fn set(&mut self, mut entries: Vec<(WordId, Entry)>) -> SetId {
        entries
            .sort_by(|(one, _), (other, _)| self.tables.word(*one).cmp(self.tables.word(*other)));
        if let Some(&known) = self.sets.get(&entries) {
            return known;
        }
        let number = self.tables.sets.len() as SetId;
        self.tables.sets.push(entries.clone());
        self.sets.insert(entries, number);
        number
    }

    /// What was put together so far.
    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(super) fn finish(mut self, root: SetId) -> Tables {
        self.tables.root = root;
        self.tables
    }
}
