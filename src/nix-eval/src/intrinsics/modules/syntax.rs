//! Modules in one form, however they were written (`unifyModuleSyntax`).

use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::known::unify as literals;
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, Site, done, given};

/// What a module that says `config` or `options` may say beside them.
const ALLOWED: [Name; 9] = [
    Name::Class,
    Name::ModuleFile,
    Name::Key,
    Name::DisabledModules,
    Name::Imports,
    Name::Options,
    Name::Config,
    Name::Meta,
    Name::FreeformType,
];

/// What is not configuration in a module that says neither.
const NO_CONFIG: [Name; 7] = [
    Name::Class,
    Name::ModuleFile,
    Name::Key,
    Name::DisabledModules,
    Name::Require,
    Name::Imports,
    Name::FreeformType,
];

impl Evaluator {
    /// The module `m`, which was forced, in one form. `file` and `key` are for what it does not say itself.
    pub(super) fn unified(
        &mut self,
        site: Site,
        file: Value,
        key: Value,
        m: Value,
    ) -> R<Done<Value>> {
        if !m.is_attrs() {
            return Ok(Done::Otherwise);
        }
        let declared = self.named(m, Name::Options);
        let configured = self.named(m, Name::Config);
        let is_short = declared.is_none() && configured.is_none();
        let file = self.named(m, Name::ModuleFile).unwrap_or(file);
        let key = self.named(m, Name::Key).unwrap_or(key);
        let class = self.named(m, Name::Class).unwrap_or(Value::NULL);
        let disabled = self.named(m, Name::DisabledModules);
        let disabled = disabled.unwrap_or(self.heap.empty_list());
        let imports = self.named(m, Name::Imports);
        let imports = imports.unwrap_or(self.heap.empty_list());
        let (options, config) = if is_short {
            // Both lists would have to be joined.
            if self.named(m, Name::Require).is_some() {
                return Ok(Done::Otherwise);
            }
            let config = self.without_names(m, &NO_CONFIG);
            let config = given!(self.with_freeform_type(site, m, config));
            (self.heap.empty_attrs(), config)
        } else {
            if !self.has_only(m, &ALLOWED) {
                return Ok(Done::Otherwise);
            }
            let config = configured.unwrap_or(self.heap.empty_attrs());
            let config = done!(self.with_meta(site, m, config));
            let config = given!(self.with_freeform_type(site, m, config));
            let options = declared.unwrap_or(self.heap.empty_attrs());
            (options, config)
        };
        let file = self.text_later(file);
        let key = self.text_later(key);
        let values = [file, class, key, disabled, imports, options, config];
        let literal = if is_short {
            literals::SHORT
        } else {
            literals::LONG
        };
        Ok(Done::Value(site.literal(&mut self.heap, literal, &values)))
    }

    /// `toString` of a value, at once where it is a string.
    fn text_later(&mut self, value: Value) -> Value {
        let known = if value.is_thunk() {
            self.heap.thunk_value(value)
        } else {
            Some(value)
        };
        if let Some(known) = known
            && known.is_string()
        {
            return known;
        }
        let to_string = self.internal_builtin("toString");
        self.heap.new_apply(to_string, value)
    }

    fn has_only(&self, set: Value, names: &[Name]) -> bool {
        let found = names
            .iter()
            .filter(|&&name| self.named(set, name).is_some());
        found.count() == self.heap.attrs_length(set) as usize
    }

    /// `removeAttrs`
    fn without_names(&mut self, set: Value, names: &[Name]) -> Value {
        let mut rest = set;
        for &name in names {
            if self.named(rest, name).is_some() {
                rest = self.without(rest, self.known_name(name));
            }
        }
        rest
    }

    /// A module's configuration together with its `meta`.
    fn with_meta(&mut self, site: Site, m: Value, config: Value) -> R<Done<Value>> {
        let Some(meta) = self.named(m, Name::Meta) else {
            return Ok(Done::Value(config));
        };
        let meta = site.literal(&mut self.heap, literals::META, &[meta]);
        Ok(Done::Value(given!(self.merge_of(site, config, meta))))
    }

    /// A module's configuration together with its `freeformType`.
    fn with_freeform_type(&mut self, site: Site, m: Value, config: Value) -> Option<Value> {
        let Some(freeform) = self.named(m, Name::FreeformType) else {
            return Some(config);
        };
        let heap = &mut self.heap;
        let inner = site.literal(heap, literals::FREEFORM_TYPE, &[freeform]);
        let outer = site.literal(heap, literals::MODULE, &[inner]);
        self.merge_of(site, config, outer)
    }

    /// `mkMerge [ first second ]`
    fn merge_of(&mut self, site: Site, first: Value, second: Value) -> Option<Value> {
        let tag = self.symbols.find(b"merge")?;
        let tag = self.symbol_string(tag);
        let contents = self.heap.new_list(&[first, second]);
        let make = site
            .header(&self.heap)
            .callee(&self.heap, literals::MK_MERGE);
        Some(make.literal(&mut self.heap, 0, &[tag, contents]))
    }
}
