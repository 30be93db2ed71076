//! What a catalogue holds: options, their types, and how they hang together. Facts only; everything
//! refers to everything by number, so that a catalogue is read and written as it is.

use serde::{Deserialize, Serialize};

/// A type, by its number.
pub(super) type TypeId = u32;
/// A set of options, by its number.
pub(super) type SetId = u32;
/// A name or a text, by its number.
pub(super) type WordId = u32;

/// Where a catalogue comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The NixOS release with what nixpkgs adds to it: `26.11pre-git`.
    pub release: String,
    /// The revision of nixpkgs, where it has one.
    pub revision: Option<String>,
    /// The hash of nixpkgs' files, as a lock file has it.
    pub nar_hash: String,
}

/// The tables of a catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tables {
    /// Every name and text, once.
    pub(super) words: Vec<String>,
    pub(super) types: Vec<Type>,
    /// Entries in the order of their names' text.
    pub(super) sets: Vec<Vec<(WordId, Entry)>>,
    /// The set of all options of a host.
    pub(super) root: SetId,
}

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Entry {
    /// Further names.
    Group(SetId),
    /// An option.
    Option(Opt),
    /// Another name of an option or a group.
    Alias {
        /// The path, from the set that the alias is found in by its own path.
        to: Vec<WordId>,
        /// Whether it is the former name, of which NixOS warns.
        is_former: bool,
    },
    /// An option that is no more, with nixpkgs' own words.
    Removed(WordId),
    /// An option that gave way to another of a different type: its path, where it is known.
    Changed(Option<WordId>),
}

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Opt {
    pub(super) of_type: TypeId,
    /// Whether setting it is refused: it is read-only and has its value already.
    pub(super) is_read_only: bool,
    pub(super) is_internal: bool,
    pub(super) has_default: bool,
}

/// The type of an option, as far as a value written in TOML can be right or wrong about it.
/// Sources: nixpkgs' `lib/types.nix` and `nixos/modules/virtualisation/nixos-containers.nix`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Type {
    /// Nothing is known that would be wrong.
    Anything,
    Boolean,
    /// Both bounds belong to it.
    Integer {
        least: Option<i64>,
        most: Option<i64>,
    },
    Float,
    Text(Text),
    /// A file name, which begins with a slash or must not; or either.
    Path {
        is_absolute: Option<bool>,
    },
    Package,
    /// What TOML cannot say.
    Function,
    /// One of some words and numbers.
    Choice(Vec<Word>),
    List {
        element: TypeId,
        is_filled: bool,
    },
    /// `attrsOf`
    Table {
        element: TypeId,
    },
    /// `attrs`
    Attributes,
    Submodule {
        set: SetId,
        /// What is taken under names that are not in the set.
        others: Others,
        /// Whether a value may be a whole module, with `imports` and `config`.
        is_module: bool,
    },
    /// A table with just one of the names.
    Tagged {
        set: SetId,
    },
    Nullable(TypeId),
    /// Either of these; the one to recommend first.
    OneOf(Vec<TypeId>),
    /// A whole NixOS: the options of the root.
    System,
}

/// Names that a submodule does not declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Others {
    /// There are none.
    Refused,
    /// Not known to be refused.
    Taken,
    /// The whole of them has this type (`freeformType`).
    Of(TypeId),
}

/// Texts that are told apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Text {
    Any,
    NotEmpty,
    OneLine,
    /// One without colons and line breaks, as `/etc/passwd` has them.
    Field,
    /// A POSIX extended regular expression that the whole text matches.
    Matching(WordId),
}

/// A value among those of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Word {
    Text(WordId),
    Integer(i64),
    Boolean(bool),
}

impl Tables {
    /// A word's text; empty where a damaged file has no such word.
    pub(super) fn word(&self, word: WordId) -> &str {
        self.words.get(word as usize).map_or("", String::as_str)
    }

    pub(super) fn kind(&self, of_type: TypeId) -> &Type {
        self.types.get(of_type as usize).unwrap_or(&Type::Anything)
    }

    pub(super) fn entries(&self, set: SetId) -> &[(WordId, Entry)] {
        self.sets.get(set as usize).map_or(&[], Vec::as_slice)
    }

    /// What stands under a name.
    pub(super) fn find(&self, set: SetId, name: &str) -> Option<&Entry> {
        let entries = self.entries(set);
        let at = entries
            .binary_search_by(|(word, _)| self.word(*word).cmp(name))
            .ok()?;
        Some(&entries[at].1)
    }
}
