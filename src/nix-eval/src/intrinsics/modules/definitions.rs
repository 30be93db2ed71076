//! From the definitions of one option to its value (`mergeDefinitions`).

use smallvec::{SmallVec, smallvec};

use super::properties::{Tag, Values};
use crate::eval::{Evaluator, R, Raised};
use crate::heap::{Kind, Value};
use crate::intrinsics::known::merge_definitions as relied;
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, RunPart, Site, done, given};

/// The priority of a definition without one.
pub(in crate::intrinsics) const DEFAULT_PRIORITY: i64 = 100;
/// The priority of an option's default (`mkOptionDefault`).
pub(in crate::intrinsics) const OPTION_DEFAULT_PRIORITY: i64 = 1500;
/// A priority that is lower than that of any definition.
const LOWEST_PRIORITY: i64 = 9999;
/// The order of a definition without one.
pub(in crate::intrinsics) const DEFAULT_ORDER: i64 = 1000;

/// A definition.
#[derive(Clone, Copy)]
pub(in crate::intrinsics) struct Definition {
    /// Where it was made.
    pub(in crate::intrinsics) file: Value,
    /// What was defined.
    pub(in crate::intrinsics) value: Value,
    /// How it is written as a set.
    pub(in crate::intrinsics) form: Form,
}

/// How a definition is written as a set: all are `{ file, value }`, from different places.
#[derive(Clone, Copy)]
pub(in crate::intrinsics) enum Form {
    /// As this set.
    Set(Value),
    /// As the literal of this number of a site.
    Literal(Site, usize),
    /// Not yet: the value is what `mkOptionDefault` was given.
    Default,
    /// As `mergeDefinitions` writes what had properties.
    Discharged,
    /// As the same with the value out of `mkOverride`.
    Stripped,
    /// As either with the value out of `mkOrder`, and with the order.
    Ordered { stripped: bool, priority: Value },
}

/// The definitions that count, in order.
pub(in crate::intrinsics) struct Final {
    pub(in crate::intrinsics) definitions: Definitions,
    /// Their priority: unforced where nothing depended on it.
    pub(super) priority: Value,
    /// Whether this is what was given, untouched.
    pub(in crate::intrinsics) is_untouched: bool,
}

pub(in crate::intrinsics) type Definitions = SmallVec<[Definition; 2]>;

impl Evaluator {
    /// The definitions in a list of sets. All sets are forced before any value.
    pub(in crate::intrinsics) fn definitions(&mut self, list: Value) -> R<Done<Definitions>> {
        let mut definitions = Definitions::new();
        for index in 0..self.heap.list_length(list) {
            definitions.push(done!(self.definition_at(list, index)));
        }
        Ok(Done::Value(definitions))
    }

    /// The definition at an index of a list of sets.
    pub(in crate::intrinsics) fn definition_at(
        &mut self,
        list: Value,
        index: u32,
    ) -> R<Done<Definition>> {
        let set = self.heap.list_item(list, index);
        let set = self.force(set)?;
        if !set.is_attrs() {
            return Ok(Done::Otherwise);
        }
        Ok(Done::Value(Definition {
            file: given!(self.named(set, Name::File)),
            value: given!(self.named(set, Name::Value)),
            form: Form::Set(set),
        }))
    }

    /// Properties taken off, the highest priority chosen, and put in order (`defsFinal`).
    pub(in crate::intrinsics) fn final_definitions(
        &mut self,
        given: &[Definition],
    ) -> R<Done<Final>> {
        let mut found = done!(self.filtered_definitions(given));
        done!(self.sort_filtered(&mut found));
        Ok(Done::Value(found))
    }

    fn sort_filtered(&mut self, found: &mut Final) -> R<Done<()>> {
        if found.is_untouched {
            return Ok(Done::Value(()));
        }
        self.sort_definitions(&mut found.definitions)
    }

    /// The same as [`Self::filtered_definitions`] from a list of sets: each is forced when its turn comes.
    fn filtered_list(&mut self, list: Value) -> R<Done<Final>> {
        let count = self.heap.list_length(list);
        if count == 1 {
            let only = done!(self.definition_at(list, 0));
            return self.filtered_definitions(&[only]);
        }
        let mut definitions = Definitions::new();
        for index in 0..count {
            let one = done!(self.definition_at(list, index));
            done!(self.discharge_definition(one, &mut definitions));
        }
        self.filtered(definitions)
    }

    /// Properties taken off, and the highest priority chosen (`defsFiltered`, unless there is nothing to do).
    pub(super) fn filtered_definitions(&mut self, given: &[Definition]) -> R<Done<Final>> {
        if let [only] = given
            && !matches!(only.form, Form::Default)
        {
            let value = self.with_file(only.file, |evaluator| evaluator.force(only.value))?;
            let is_plain = !value.is_attrs() || self.named(value, Name::Tag).is_none();
            if is_plain {
                return Ok(Done::Value(Final {
                    definitions: smallvec![Definition { value, ..*only }],
                    priority: self.heap.new_int(DEFAULT_PRIORITY),
                    is_untouched: true,
                }));
            }
        }
        let mut definitions = Definitions::new();
        for &one in given {
            done!(self.discharge_definition(one, &mut definitions));
        }
        self.filtered(definitions)
    }

    /// A definition without the properties that `mkMerge` and `mkIf` put around it.
    fn discharge_definition(&mut self, one: Definition, out: &mut Definitions) -> R<Done<()>> {
        if matches!(one.form, Form::Default) {
            out.push(one);
            return Ok(Done::Value(()));
        }
        let mut values = Values::new();
        done!(self.with_file(one.file, |evaluator| {
            evaluator.discharge(one.value, &mut values)
        }));
        for value in values {
            let definition = if self.tag(value)? == Tag::Definition {
                Definition {
                    file: given!(self.named(value, Name::File)),
                    value: given!(self.named(value, Name::Value)),
                    form: Form::Set(value),
                }
            } else {
                Definition {
                    file: one.file,
                    value,
                    form: Form::Discharged,
                }
            };
            out.push(definition);
        }
        Ok(Done::Value(()))
    }

    /// Those of the highest priority among definitions without other properties.
    fn filtered(&mut self, mut definitions: Definitions) -> R<Done<Final>> {
        let priority = done!(self.filter_overrides(&mut definitions));
        Ok(Done::Value(Final {
            definitions,
            priority,
            is_untouched: false,
        }))
    }

    /// Leaves those of the highest priority (`filterOverrides'`); returns that priority.
    fn filter_overrides(&mut self, definitions: &mut Definitions) -> R<Done<Value>> {
        if let [only] = &mut definitions[..] {
            if matches!(only.form, Form::Default) {
                only.form = Form::Stripped;
                return Ok(Done::Value(self.heap.new_int(OPTION_DEFAULT_PRIORITY)));
            }
            only.value = self.force(only.value)?;
            let Tag::Override = self.tag(only.value)? else {
                return Ok(Done::Value(self.heap.new_int(DEFAULT_PRIORITY)));
            };
            let priority = given!(self.named(only.value, Name::Priority));
            done!(self.strip_override(only));
            return Ok(Done::Value(priority));
        }
        let mut highest = LOWEST_PRIORITY;
        let mut priorities: SmallVec<[i64; 4]> = SmallVec::new();
        for definition in definitions.iter_mut() {
            let priority = if matches!(definition.form, Form::Default) {
                OPTION_DEFAULT_PRIORITY
            } else if self.is_override(definition)? {
                let priority = given!(self.named(definition.value, Name::Priority));
                let priority = self.force(priority)?;
                if self.heap.kind(priority) != Kind::Int {
                    return Ok(Done::Otherwise);
                }
                self.heap.int(priority)
            } else {
                DEFAULT_PRIORITY
            };
            highest = highest.min(priority);
            priorities.push(priority);
        }
        let mut priorities = priorities.into_iter();
        definitions.retain(|_| priorities.next() == Some(highest));
        for definition in definitions.iter_mut() {
            if matches!(definition.form, Form::Default) {
                definition.form = Form::Stripped;
            } else if self.is_override(definition)? {
                done!(self.strip_override(definition));
            }
        }
        Ok(Done::Value(self.heap.new_int(highest)))
    }

    fn is_override(&mut self, definition: &mut Definition) -> R<bool> {
        definition.value = self.force(definition.value)?;
        Ok(self.tag(definition.value)? == Tag::Override)
    }

    fn strip_override(&mut self, definition: &mut Definition) -> R<Done<()>> {
        // A set that was given would have to be changed as `//` does.
        if matches!(definition.form, Form::Set(_)) {
            return Ok(Done::Otherwise);
        }
        definition.value = given!(self.named(definition.value, Name::Content));
        definition.form = Form::Stripped;
        Ok(Done::Value(()))
    }

    /// Puts those with an order in it (`sortProperties`). All values are forced after that, but for those that
    /// were taken out of `mkOrder`.
    fn sort_definitions(&mut self, definitions: &mut Definitions) -> R<Done<()>> {
        let mut is_ordered = false;
        for definition in definitions.iter_mut() {
            definition.value = self.force(definition.value)?;
            is_ordered = self.tag(definition.value)? == Tag::Order;
            if is_ordered {
                break;
            }
        }
        if !is_ordered {
            return Ok(Done::Value(()));
        }
        let is_compared = definitions.len() > 1;
        let mut keyed: SmallVec<[(i64, Definition); 4]> = SmallVec::new();
        for &definition in definitions.iter() {
            let mut definition = definition;
            definition.value = self.force(definition.value)?;
            let mut key = DEFAULT_ORDER;
            if self.tag(definition.value)? == Tag::Order {
                let priority = given!(self.named(definition.value, Name::Priority));
                if is_compared {
                    let priority = self.force(priority)?;
                    if self.heap.kind(priority) != Kind::Int {
                        return Ok(Done::Otherwise);
                    }
                    key = self.heap.int(priority);
                }
                let stripped = match definition.form {
                    Form::Discharged => false,
                    Form::Stripped => true,
                    _ => return Ok(Done::Otherwise),
                };
                definition.value = given!(self.named(definition.value, Name::Content));
                definition.form = Form::Ordered { stripped, priority };
            }
            keyed.push((key, definition));
        }
        keyed.sort_by_key(|&(key, _)| key);
        *definitions = keyed
            .into_iter()
            .map(|(_, definition)| definition)
            .collect();
        Ok(Done::Value(()))
    }

    /// Definitions as a list of sets. `site` is one of `mergeDefinitions`.
    pub(in crate::intrinsics) fn definition_list(
        &mut self,
        site: Site,
        definitions: &[Definition],
    ) -> Value {
        let list = self.heap.new_list_of_length(definitions.len() as u32);
        for (index, definition) in definitions.iter().enumerate() {
            let set = self.definition_set(site, definition);
            self.heap.set_list_item(list, index as u32, set);
        }
        list
    }

    fn definition_set(&mut self, site: Site, definition: &Definition) -> Value {
        let Definition { file, value, form } = *definition;
        let header = site.header(&self.heap);
        let heap = &mut self.heap;
        match form {
            Form::Set(set) => set,
            Form::Literal(site, number) => site.literal(heap, number, &[file, value]),
            Form::Discharged => site.literal(heap, FILE_VALUE, &[file, value]),
            Form::Default | Form::Stripped => {
                let filter = header.callee(heap, relied::FILTER_OVERRIDES);
                let shape = site.shape(heap, FILE_VALUE);
                let shape = heap.merged_shape(shape, filter.shape(heap, 0));
                self.file_and_value(shape, file, value)
            }
            Form::Ordered { stripped, priority } => {
                let form = if stripped {
                    Form::Stripped
                } else {
                    Form::Discharged
                };
                let set = self.definition_set(
                    site,
                    &Definition {
                        form,
                        ..*definition
                    },
                );
                let sort = header.callee(&self.heap, relied::SORT_PROPERTIES);
                let order = sort.literal(&mut self.heap, 0, &[value, priority]);
                self.heap.update(set, order)
            }
        }
    }

    fn file_and_value(&mut self, shape: crate::heap::Shape, file: Value, value: Value) -> Value {
        let set = self.heap.new_attrs(shape);
        for (name, value) in [(Name::File, file), (Name::Value, value)] {
            if let Some(index) = self.heap.shape_find(shape, self.known_name(name)) {
                self.heap.set_attr(set, index, value);
            }
        }
        set
    }

    /// The value of an option of this type with these definitions (`mergedValue`).
    pub(in crate::intrinsics) fn merged_value(
        &mut self,
        site: Site,
        loc: Value,
        option_type: Value,
        definitions: &[Definition],
    ) -> R<Done<Value>> {
        let option_type = self.force(option_type)?;
        if !option_type.is_attrs() {
            return Ok(Done::Otherwise);
        }
        if definitions.is_empty() {
            let empty = given!(self.named(option_type, Name::EmptyValue));
            let empty = self.force(empty)?;
            if !empty.is_attrs() {
                return Ok(Done::Otherwise);
            }
            let value = given!(self.named(empty, Name::Value));
            return self.force(value).map(Done::Value);
        }
        let merge = given!(self.named(option_type, Name::Merge));
        let merge = self.force(merge)?;
        if merge.is_attrs()
            && let Some(v2) = self.named(merge, Name::V2)
        {
            return self.merged_v2(site, loc, option_type, v2, definitions);
        }
        for definition in definitions {
            let check = given!(self.named(option_type, Name::Check));
            let checked = self.call(check, &[definition.value], crate::position::Position::NONE)?;
            if checked != Value::TRUE {
                return Ok(Done::Otherwise);
            }
        }
        let list = self.definition_list(site, definitions);
        self.call(merge, &[loc, list], crate::position::Position::NONE)
            .map(Done::Value)
    }

    /// The same where the type says at once what is wrong and what the value is.
    fn merged_v2(
        &mut self,
        site: Site,
        loc: Value,
        option_type: Value,
        v2: Value,
        definitions: &[Definition],
    ) -> R<Done<Value>> {
        let check = given!(self.named(option_type, Name::Check));
        let check = self.force(check)?;
        if !check.is_attrs() {
            return Ok(Done::Otherwise);
        }
        let coherent = given!(self.named(check, Name::IsV2MergeCoherent));
        if self.force(coherent)? != Value::TRUE {
            return Ok(Done::Otherwise);
        }
        let list = self.definition_list(site, definitions);
        let argument = site.literal(&mut self.heap, LOC_DEFS, &[loc, list]);
        let result = self.call(v2, &[argument], crate::position::Position::NONE)?;
        if !result.is_attrs() {
            return Ok(Done::Otherwise);
        }
        let has_meta = self.named(result, Name::ValueMeta).is_some();
        if self.heap.attrs_length(result) != 2 + u32::from(has_meta) {
            return Ok(Done::Otherwise);
        }
        let head_error = given!(self.named(result, Name::HeadError));
        let value = given!(self.named(result, Name::Value));
        if self.force(head_error)? != Value::NULL {
            return Ok(Done::Otherwise);
        }
        self.force(value).map(Done::Value)
    }

    /// Says in an error from which file the definition was.
    fn with_file<T>(&mut self, file: Value, work: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        let depth = self.depth;
        work(self).map_err(|raised| {
            self.depth = depth;
            self.add_context(raised, |evaluator| {
                let file = evaluator.force(file)?;
                let context =
                    "while evaluating the error message passed to builtins.addErrorContext";
                let text = evaluator.text_of(file, context)?;
                let file = String::from_utf8_lossy(&text);
                Ok(format!("while evaluating definitions from `{file}':"))
            })
        })
    }

    /// Adds to an error what was being done, which takes evaluation to say. The depth has to be that of who
    /// adds it.
    #[cold]
    pub(super) fn add_context(
        &mut self,
        raised: Raised,
        text: impl FnOnce(&mut Self) -> R<String>,
    ) -> Raised {
        let error = self.take_error(raised);
        match text(self) {
            Ok(text) => {
                let mut error = error;
                error.add_frame(crate::position::Position::NONE, text);
                self.error = Some(Box::new(error));
                raised
            }
            Err(raised) => raised,
        }
    }
}

/// The literals of the place in `mergeDefinitions`.
const FILE_VALUE: usize = 0;
const LOC_DEFS: usize = 1;
/// The others of that of `defsFinal'`.
const UNTOUCHED: usize = 2;
const FINAL: usize = 3;

/// `defsFinal'` of `mergeDefinitions`.
pub(in crate::intrinsics) fn final_definitions(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let list = evaluator.site_variable(site, 0, env)?;
    if !list.is_list() {
        return Ok(Done::Otherwise);
    }
    if evaluator.heap.list_length(list) == 1 {
        let given = done!(evaluator.definitions(list));
        let only = given[0];
        let value = evaluator.with_file(only.file, |evaluator| evaluator.force(only.value))?;
        if !value.is_attrs() || evaluator.named(value, Name::Tag).is_none() {
            let priority = evaluator.heap.new_int(DEFAULT_PRIORITY);
            let values = [list, priority];
            return Ok(Done::Value(site.literal(
                &mut evaluator.heap,
                UNTOUCHED,
                &values,
            )));
        }
    }
    let holder = evaluator.env_of(env, &[list]);
    let values = evaluator.suspend_part(site, 0, holder);
    let priority = evaluator.suspend_part(site, 1, holder);
    Ok(Done::Value(site.literal(
        &mut evaluator.heap,
        FINAL,
        &[values, priority],
    )))
}

/// `values` of `defsFinal'`, where there was something to do.
fn final_values(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let list = evaluator.heap.env_slot(env, 0);
    if let Done::Value(mut found) = evaluator.filtered_list(list)?
        && let Done::Value(()) = evaluator.sort_filtered(&mut found)?
    {
        return Ok(evaluator.definition_list(site, &found.definitions));
    }
    final_as_written(evaluator, site, env, Name::Values)
}

/// `highestPrio` of `defsFinal'`, where there was something to do.
fn final_priority(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let list = evaluator.heap.env_slot(env, 0);
    if let Done::Value(found) = evaluator.filtered_list(list)? {
        return evaluator.force(found.priority);
    }
    final_as_written(evaluator, site, env, Name::HighestPrio)
}

fn final_as_written(evaluator: &mut Evaluator, site: Site, env: u32, name: Name) -> R<Value> {
    let code = site.original(&evaluator.heap);
    let written = evaluator.eval(code, evaluator.heap.env_up(env))?;
    let name = evaluator.known_name(name);
    let value = evaluator.need_attr(written, name, "while selecting an attribute")?;
    evaluator.force(value)
}

/// The parts of `defsFinal'`.
pub(in crate::intrinsics) const FINAL_PARTS: &[RunPart] = &[final_values, final_priority];

/// `mergedValue` of `mergeDefinitions`.
pub(in crate::intrinsics) fn merged_value(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let list = evaluator.site_variable(site, 0, env)?;
    if !list.is_list() {
        return Ok(Done::Otherwise);
    }
    let definitions = done!(evaluator.definitions(list));
    let option_type = evaluator.site_variable(site, 1, env)?;
    if !definitions.is_empty() {
        let merge = option_type
            .is_attrs()
            .then(|| evaluator.named(option_type, Name::Merge));
        // What such a type says of its value is shared with `checkedAndMerged`.
        let merge = given!(merge.flatten());
        let merge = evaluator.force(merge)?;
        if merge.is_attrs() {
            return Ok(Done::Otherwise);
        }
    }
    let loc = evaluator.suspend(site.variable(&evaluator.heap, 2), env);
    evaluator.merged_value(site, loc, option_type, &definitions)
}
