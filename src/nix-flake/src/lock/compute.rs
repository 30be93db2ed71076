//! Computing a lock file: what the old one locks stays, what is new is fetched (`lockFlake` in
//! `libflake/flake.cc`).

use std::collections::{BTreeMap, BTreeSet};

use nix_eval::world::{LockedFlake, Tree};

use super::{Edge, InputPath, LockFile, LockedSource, NodeId, ROOT, diff};
use crate::error::{Error, Result};
use crate::fetch::Fetcher;
use crate::flake::{Flake, Location};
use crate::flake_file::FlakeInput;
use crate::reference::{FlakeRef, indirect, source_folder};
use crate::registry::Lookup;

/// How a flake is locked.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are Nix's own switches, one by one"
)]
pub struct LockOptions {
    /// Inputs to be replaced, by path.
    pub overrides: BTreeMap<InputPath, FlakeRef>,
    /// Inputs to be locked anew.
    pub updates: BTreeSet<InputPath>,
    /// Whether all inputs are locked anew.
    pub recreate: bool,
    /// Whether a changed lock file is written beside the flake.
    pub write: bool,
    /// Whether the lock file may have to be changed.
    pub may_change: bool,
    /// Whether inputs that can change may be fetched.
    pub allow_unlocked: bool,
    /// Whether names may be looked up in registries.
    pub use_registries: bool,
    /// Whether an input that cannot be locked is an error rather than a warning.
    pub fail_on_unlocked: bool,
}

impl Default for LockOptions {
    fn default() -> Self {
        Self {
            overrides: BTreeMap::new(),
            updates: BTreeSet::new(),
            recreate: false,
            write: true,
            may_change: true,
            allow_unlocked: true,
            use_registries: true,
            fail_on_unlocked: false,
        }
    }
}

/// A flake with all of its inputs.
#[derive(Clone)]
pub struct Locked {
    /// The flake.
    pub flake: Flake,
    /// Its lock file, as it now has to be.
    pub lock_file: LockFile,
    /// The trees that were read for it.
    pub places: BTreeMap<NodeId, Location>,
    /// Whether the lock file had to be changed and was not written.
    pub is_dirty: bool,
}

/// The function of the language that makes the value of a flake.
const CALL_FLAKE: &[u8] = include_bytes!("../call-flake.nix");

impl Locked {
    /// As the evaluator takes it.
    #[must_use]
    pub fn to_evaluator(&self) -> LockedFlake {
        let (lock, keys) = self.lock_file.to_text();
        let trees = self.places.iter().map(|(id, location)| {
            let source = self.lock_file.nodes[*id].source.as_ref();
            let input = source.map_or(&self.flake.locked.input, |source| &source.locked.input);
            let tree = Tree {
                attributes: input.attributes.0.clone(),
                ..location.tree.to_tree()
            };
            (keys[id].clone(), tree, location.folder.clone())
        });
        LockedFlake {
            program: CALL_FLAKE,
            trees: trees.collect(),
            dirty_node: self.is_dirty.then(|| keys[&ROOT].clone()),
            hidden_node: None,
            lock,
        }
    }

    /// The same with the path of the flake's own tree hidden.
    pub(crate) fn to_evaluator_hidden(&self) -> LockedFlake {
        let (_, keys) = self.lock_file.to_text();
        LockedFlake {
            hidden_node: keys.get(&ROOT).cloned(),
            ..self.to_evaluator()
        }
    }
}

struct Target {
    input: FlakeInput,
    location: Location,
    parent: Option<InputPath>,
    from_user: bool,
}

struct Computation<'a> {
    fetcher: &'a mut Fetcher,
    options: &'a LockOptions,
    old: LockFile,
    new: LockFile,
    targets: BTreeMap<InputPath, Target>,
    used: BTreeSet<InputPath>,
    seen: BTreeSet<InputPath>,
    places: BTreeMap<NodeId, Location>,
    /// The flakes whose inputs are being locked, to notice circles.
    open: Vec<FlakeRef>,
}

/// Which inputs are locked, where, and from what.
struct Step<'a> {
    inputs: &'a BTreeMap<String, FlakeInput>,
    node: NodeId,
    prefix: &'a InputPath,
    /// The lock file and the node there that locks may be taken from.
    old: Option<(&'a LockFile, NodeId)>,
    /// Where paths to follow in that file start.
    follows_from: &'a InputPath,
    location: &'a Location,
    trust_lock: bool,
}

impl Computation<'_> {
    fn add_targets(&mut self, input: &FlakeInput, path: &InputPath, step: &Step<'_>) {
        for (name, inner) in &input.overrides {
            let mut inner_path = path.clone();
            inner_path.push(name.clone());
            if inner.reference.is_some() || inner.follows.is_some() {
                self.targets
                    .entry(inner_path.clone())
                    .or_insert_with(|| Target {
                        input: inner.clone(),
                        location: step.location.clone(),
                        parent: Some(step.prefix.clone()),
                        from_user: false,
                    });
            }
            self.add_targets(inner, &inner_path, step);
        }
    }

    fn run(&mut self, step: &Step<'_>) -> Result<()> {
        for (name, input) in step.inputs {
            let mut path = step.prefix.clone();
            path.push(name.clone());
            self.add_targets(input, &path, step);
        }
        for path in self.targets.keys() {
            if let Some((name, parent)) = path.split_last()
                && parent == step.prefix.as_slice()
                && !step.inputs.contains_key(name)
            {
                self.fetcher.warnings.push(format!(
                    "input '{}' has an override for a non-existent input '{name}'",
                    step.prefix.join("/")
                ));
            }
        }
        for (name, input) in step.inputs {
            let mut path = step.prefix.clone();
            path.push(name.clone());
            self.input(step, name, input, &path).map_err(|error| {
                error.while_doing(&format!(
                    "while updating the flake input '{}'",
                    path.join("/")
                ))
            })?;
        }
        Ok(())
    }

    fn input(
        &mut self,
        step: &Step<'_>,
        name: &str,
        declared: &FlakeInput,
        path: &InputPath,
    ) -> Result<()> {
        let target = self.targets.get(path);
        let mut input = target.map_or(declared, |target| &target.input).clone();
        let location = target
            .map_or(step.location, |target| &target.location)
            .clone();
        let from_user = target.is_some_and(|target| target.from_user);
        let overrider = match target {
            Some(target) => target.parent.clone(),
            None => Some(step.prefix.clone()),
        };
        if target.is_some() {
            self.used.insert(path.clone());
        }
        // A source that is no flake stays none, whatever replaces it.
        input.is_plain = declared.is_plain;
        if let Some(follows) = input.follows {
            let edge = Edge::Follows(follows);
            self.new.nodes[step.node]
                .inputs
                .insert(name.to_owned(), edge);
            return Ok(());
        }
        let reference = match input.reference.take() {
            Some(reference) => reference,
            None => indirect(name)?,
        };
        let is_relative = reference.input.relative_path().is_some();
        let parent = overrider.filter(|_| is_relative);
        self.seen.insert(path.clone());
        let old = step.old.filter(|_| !self.options.updates.contains(path));
        let old = old.and_then(|(file, node)| match file.nodes[node].inputs.get(name) {
            Some(Edge::Node(id)) => Some((file, *id)),
            _ => None,
        });
        if let Some((file, id)) = old
            && let Some(source) = &file.nodes[id].source
            && source.original.canonicalized() == reference.canonicalized()
            && source.parent == parent
            && !from_user
        {
            return self.keep(step, name, path, (file, id), source, &location);
        }
        let is_allowed = self.options.allow_unlocked || reference.input.is_locked() || is_relative;
        if !is_allowed {
            return Err(Error::rule(format!(
                "cannot update unlocked flake input '{}' in pure mode",
                path.join("/")
            )));
        }
        // What `flake.nix` names stays in the lock file, so that the override lasts.
        let original = match &declared.reference {
            Some(declared) if from_user => declared.clone(),
            _ => reference.clone(),
        };
        let lookup = if from_user {
            Lookup::All
        } else {
            self.lookup()
        };
        if input.is_plain {
            let (place, locked) = self.plain(&reference, &location)?;
            let id = self.add(step.node, name, locked, original, false, parent);
            self.places.insert(id, place);
            return Ok(());
        }
        let (locked, place, inputs) = self.flake(&reference, lookup, path, &location)?;
        let id = self.add(step.node, name, locked, original, true, parent);
        if self.open.contains(&reference) {
            return Err(Error::rule(format!(
                "found circular import of flake '{}'",
                reference.show()
            )));
        }
        self.open.push(reference);
        self.places.insert(id, place.clone());
        let own_lock = self.fetcher.lock_file(&place)?;
        let done = self.run(&Step {
            inputs: &inputs,
            node: id,
            prefix: path,
            old: Some((&own_lock, ROOT)),
            follows_from: path,
            location: &place,
            trust_lock: false,
        });
        self.open.pop();
        done
    }

    fn lookup(&self) -> Lookup {
        if self.options.use_registries {
            Lookup::Limited
        } else {
            Lookup::No
        }
    }

    fn add(
        &mut self,
        node: NodeId,
        name: &str,
        locked: FlakeRef,
        original: FlakeRef,
        is_flake: bool,
        parent: Option<InputPath>,
    ) -> NodeId {
        let id = self.new.add(LockedSource {
            locked,
            original,
            is_flake,
            parent,
        });
        self.new.nodes[node]
            .inputs
            .insert(name.to_owned(), Edge::Node(id));
        id
    }

    /// Takes an input over from the old lock file.
    fn keep(
        &mut self,
        step: &Step<'_>,
        name: &str,
        path: &InputPath,
        (file, old): (&LockFile, NodeId),
        source: &LockedSource,
        location: &Location,
    ) -> Result<()> {
        let id = self.new.add(source.clone());
        self.new.nodes[step.node]
            .inputs
            .insert(name.to_owned(), Edge::Node(id));
        let mut must_fetch = self
            .options
            .updates
            .iter()
            .any(|update| update.len() > path.len() && update.starts_with(path));
        let mut known = BTreeMap::new();
        for (name, edge) in &file.nodes[old].inputs {
            let input = match edge {
                Edge::Node(id) => {
                    let Some(source) = &file.nodes[*id].source else {
                        continue;
                    };
                    FlakeInput {
                        reference: Some(source.original.clone()),
                        is_plain: !source.is_flake,
                        ..FlakeInput::default()
                    }
                }
                Edge::Follows(follows) => {
                    let mut inner = path.clone();
                    inner.push(name.clone());
                    // The flake may have changed its mind, or an override is gone.
                    must_fetch |= !step.trust_lock && !self.targets.contains_key(&inner);
                    let mut target = step.follows_from.clone();
                    target.extend(follows.iter().cloned());
                    FlakeInput {
                        follows: Some(target),
                        ..FlakeInput::default()
                    }
                }
            };
            known.insert(name.clone(), input);
        }
        if !must_fetch {
            return self.run(&Step {
                inputs: &known,
                node: id,
                prefix: path,
                old: Some((file, old)),
                follows_from: step.follows_from,
                location: step.location,
                trust_lock: true,
            });
        }
        let lookup = self.lookup();
        let (_, place, inputs) = self.flake(&source.locked, lookup, path, location)?;
        self.places.insert(id, place.clone());
        self.run(&Step {
            inputs: &inputs,
            node: id,
            prefix: path,
            old: Some((file, old)),
            follows_from: step.follows_from,
            location: &place,
            trust_lock: false,
        })
    }

    /// The flake that an input names, from the flake at `location`.
    fn flake(
        &mut self,
        reference: &FlakeRef,
        lookup: Lookup,
        path: &InputPath,
        location: &Location,
    ) -> Result<(FlakeRef, Location, BTreeMap<String, FlakeInput>)> {
        if let Some(relative) = reference.input.relative_path() {
            let place = location.join(relative);
            let file = self.fetcher.read_flake_file(&place, reference, path)?;
            return Ok((reference.clone(), place, file.inputs));
        }
        let flake = self.fetcher.flake(reference, lookup, path)?;
        Ok((flake.locked, flake.location, flake.file.inputs))
    }

    /// The tree that an input names which is no flake.
    fn plain(&mut self, reference: &FlakeRef, location: &Location) -> Result<(Location, FlakeRef)> {
        if let Some(relative) = reference.input.relative_path() {
            return Ok((location.join(relative), reference.clone()));
        }
        let (input, _) = self.fetcher.look_up(&reference.input, self.lookup())?;
        let tree = self.fetcher.fetch(&input)?;
        let locked = FlakeRef {
            input: tree.locked.clone(),
            subdir: reference.subdir.clone(),
        };
        let place = Location {
            tree,
            folder: String::new(),
        };
        Ok((place, locked))
    }
}

/// Locks a flake with all of its inputs, and writes its lock file where that is wanted.
///
/// # Errors
/// Where something cannot be fetched, is no flake, or may not be changed.
pub fn lock_flake(fetcher: &mut Fetcher, top: &FlakeRef, options: &LockOptions) -> Result<Locked> {
    let lookup = if options.use_registries {
        Lookup::All
    } else {
        Lookup::No
    };
    let flake = fetcher.flake(top, lookup, &Vec::new())?;
    let shown = flake.locked.show();
    lock(fetcher, top, flake, lookup, options).map_err(|error| {
        error.while_doing(&format!("while updating the lock file of flake '{shown}'"))
    })
}

fn lock(
    fetcher: &mut Fetcher,
    top: &FlakeRef,
    mut flake: Flake,
    lookup: Lookup,
    options: &LockOptions,
) -> Result<Locked> {
    let old = fetcher.lock_file(&flake.location)?;
    let targets = options.overrides.iter().map(|(path, reference)| {
        let target = Target {
            input: FlakeInput {
                reference: Some(reference.clone()),
                ..FlakeInput::default()
            },
            location: flake.location.clone(),
            parent: None,
            from_user: true,
        };
        (path.clone(), target)
    });
    let mut computation = Computation {
        options,
        old: old.clone(),
        new: LockFile::default(),
        targets: targets.collect(),
        used: BTreeSet::new(),
        seen: BTreeSet::new(),
        places: BTreeMap::from([(ROOT, flake.location.clone())]),
        open: Vec::new(),
        fetcher,
    };
    let previous = computation.old.clone();
    computation.run(&Step {
        inputs: &flake.file.inputs,
        node: ROOT,
        prefix: &Vec::new(),
        old: (!options.recreate).then_some((&previous, ROOT)),
        follows_from: &Vec::new(),
        location: &flake.location,
        trust_lock: false,
    })?;
    let Computation {
        new,
        used,
        seen,
        mut places,
        ..
    } = computation;
    for (path, reference) in &options.overrides {
        if !used.contains(path) {
            fetcher.warnings.push(format!(
                "the flag '--override-input {} {}' does not match any input",
                path.join("/"),
                reference.show()
            ));
        }
    }
    for path in options.updates.iter().filter(|path| !seen.contains(*path)) {
        fetcher.warnings.push(format!(
            "'{}' does not match any input of this flake",
            path.join("/")
        ));
    }
    new.check()?;
    let mut is_dirty = false;
    if !new.equals(&old) {
        let changes = diff(&old, &new);
        let changes = changes.trim_end();
        if !options.write {
            fetcher.warnings.push(format!(
                "not writing modified lock file of flake '{}':\n{changes}",
                top.show()
            ));
            is_dirty = true;
        } else if write(fetcher, top, &flake, &new, changes, options)? {
            fetcher.forget(&flake.resolved.input);
            flake = fetcher.flake(top, lookup, &Vec::new())?;
            places.insert(ROOT, flake.location.clone());
        }
    }
    Ok(Locked {
        flake,
        lock_file: new,
        places,
        is_dirty,
    })
}

/// Writes a changed lock file; whether it was.
fn write(
    fetcher: &mut Fetcher,
    top: &FlakeRef,
    flake: &Flake,
    new: &LockFile,
    changes: &str,
    options: &LockOptions,
) -> Result<bool> {
    let Some(folder) = source_folder(&flake.resolved) else {
        return Err(Error::rule(format!(
            "cannot write modified lock file of flake '{}' (use '--no-write-lock-file' to ignore)",
            top.show()
        )));
    };
    if let Some(unlocked) = new.unlocked() {
        if options.fail_on_unlocked {
            return Err(Error::rule(format!(
                "Not writing lock file of flake '{}' because it has an unlocked input ('{}'). Use \
                 '--allow-dirty-locks' to allow this anyway.",
                top.show(),
                unlocked.show()
            )));
        }
        fetcher.warnings.push(format!(
            "not writing lock file of flake '{}' because it has an unlocked input ('{}')",
            top.show(),
            unlocked.show()
        ));
        return Ok(false);
    }
    if !options.may_change {
        return Err(Error::rule(format!(
            "flake '{}' requires lock file changes but they're not allowed due to \
             '--no-update-lock-file'",
            top.show()
        )));
    }
    let name = if flake.resolved.subdir.is_empty() {
        "flake.lock".to_owned()
    } else {
        format!("{}/flake.lock", flake.resolved.subdir)
    };
    let at = std::path::Path::new(&folder).join(&name);
    let warning = match (at.exists(), changes) {
        (false, _) => format!("creating lock file \"{}\": \n{changes}", at.display()),
        (true, "") => format!("updating lock file \"{}\"", at.display()),
        (true, _) => format!("updating lock file \"{}\":\n{changes}", at.display()),
    };
    fetcher.warnings.push(warning);
    std::fs::write(&at, format!("{}\n", new.to_text().0))
        .map_err(Error::io(format!("cannot write '{}'", at.display())))?;
    if flake.resolved.input.kind() == "git" {
        track(fetcher, &folder, &name);
    }
    Ok(true)
}

/// Tells Git of a new file, so that it belongs to the tree; as Nix does, by the `git` program.
fn track(fetcher: &mut Fetcher, folder: &str, name: &str) {
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.arg("-C").arg(folder).args(arguments).arg(name);
        command.output().is_ok_and(|output| output.status.success())
    };
    if !git(&["check-ignore", "--quiet"]) && !git(&["add", "--intent-to-add", "--"]) {
        fetcher.warnings.push(format!(
            "could not make Git track '{name}'; run: git -C \"{folder}\" add \"{name}\""
        ));
    }
}

impl Locked {
    /// A text that changes with everything that evaluation can depend on; `None` where an input can
    /// change without it.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        use std::fmt::Write as _;

        use nix_store::hash::{Algorithm, Encoding, Hash};

        if self.lock_file.unlocked().is_some() {
            return None;
        }
        let input = &self.flake.locked.input;
        let attributes = &input.attributes;
        let of_source = match input.kind() {
            "git" => {
                let mark = |name: &str, mark: &'static str| match attributes.truth(name) {
                    Ok(Some(true)) => mark,
                    _ => "",
                };
                let marks = [
                    mark("submodules", ";s"),
                    mark("exportIgnore", ";e"),
                    mark("lfs", ";l"),
                ];
                format!("{}{}", input.revision().ok()??, marks.concat())
            }
            "path" => format!("path:{}", attributes.text("narHash").ok()??),
            "tarball" => attributes.text("narHash").ok()??.to_owned(),
            _ => input.revision().ok()??,
        };
        let (lock, _) = self.lock_file.to_text();
        let mut text = format!("{of_source};{};{lock}", self.flake.locked.subdir);
        for name in ["revCount", "lastModified"] {
            if let Ok(Some(number)) = attributes.number(name) {
                let _ = write!(text, ";{name}={number}");
            }
        }
        Some(Hash::of(Algorithm::Sha256, text.as_bytes()).encode(Encoding::Base16))
    }
}
