//! Expressions as far as a generator and a minimiser need them: text around parts.

use std::fmt;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The text before, between and after the parts: one more than there are parts.
    texts: Vec<String>,
    parts: Vec<Expression>,
    /// What stands behind each part.
    behind: &'static str,
    /// Whether parts may be left out, each with the text before it: lists and sets.
    is_sequence: bool,
}

impl Expression {
    /// An expression without parts.
    #[must_use]
    pub fn leaf(text: impl Into<String>) -> Self {
        Self {
            texts: vec![text.into()],
            parts: Vec::new(),
            behind: "",
            is_sequence: false,
        }
    }

    /// An expression from a template in which `#` stands for each part. Missing parts are left out.
    #[must_use]
    pub fn new(template: &str, parts: Vec<Self>) -> Self {
        let texts: Vec<String> = template
            .splitn(parts.len() + 1, '#')
            .map(str::to_owned)
            .collect();
        let count = texts.len() - 1;
        Self {
            texts,
            parts: parts.into_iter().take(count).collect(),
            behind: "",
            is_sequence: false,
        }
    }

    /// `open`, then each item's label and the item itself, then `close`.
    #[must_use]
    pub fn sequence(open: &str, items: Vec<(String, Self)>, close: &str) -> Self {
        let mut texts = Vec::new();
        let mut parts = Vec::new();
        let mut lead = open.to_owned();
        for (label, part) in items {
            texts.push(std::mem::take(&mut lead) + &label);
            parts.push(part);
        }
        texts.push(lead + close);
        Self {
            texts,
            parts,
            behind: "",
            is_sequence: true,
        }
    }

    /// The same for a set: with a semicolon behind each item.
    #[must_use]
    pub fn set(open: &str, items: Vec<(String, Self)>, close: &str) -> Self {
        Self {
            behind: ";",
            ..Self::sequence(open, items, close)
        }
    }

    /// How many characters it has.
    #[must_use]
    pub fn size(&self) -> usize {
        let own: usize = self.texts.iter().map(String::len).sum();
        let behind = self.behind.len() * self.parts.len();
        own + behind + self.parts.iter().map(Self::size).sum::<usize>()
    }

    /// Simpler expressions that have something in common with this one, the simplest first.
    #[must_use]
    pub fn simpler(&self) -> Vec<Self> {
        let leaves = ["1", "null", "\"\"", "[ ]", "{ }", "true", "(x: x)"];
        let mut all: Vec<Self> = Vec::new();
        if !self.parts.is_empty() {
            all.extend(leaves.map(Self::leaf));
            all.extend(self.parts.iter().cloned());
        }
        if self.is_sequence && self.parts.len() > 1 {
            all.extend((0..self.parts.len()).map(|index| self.without(index)));
        }
        for (index, part) in self.parts.iter().enumerate() {
            for simpler in part.simpler() {
                let mut copy = self.clone();
                copy.parts[index] = simpler;
                all.push(copy);
            }
        }
        all.retain(|other| other.size() < self.size());
        all
    }

    /// The sequence without one item. The opening text stays with what is first then.
    fn without(&self, index: usize) -> Self {
        let mut copy = self.clone();
        copy.parts.remove(index);
        let removed = copy.texts.remove(index);
        if index == 0 {
            let open = removed
                .split_at(removed.find(['[', '{']).map_or(0, |at| at + 1))
                .0;
            copy.texts[0].insert_str(0, open);
        }
        copy
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (text, part) in self.texts.iter().zip(&self.parts) {
            write!(formatter, "{text}{part}{}", self.behind)?;
        }
        formatter.write_str(self.texts.last().map_or("", String::as_str))
    }
}
