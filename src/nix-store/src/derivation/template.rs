//! Writing the `.drv` format. A derivation is written up to three times: with outputs masked and
//! inputs replaced to find its output paths, with inputs replaced to find its hash, and as it is.
//! So its text is quoted once, with holes where the three differ.

use memchr::{memchr2, memchr3};

use super::{Derivation, DerivationError, DynamicOutputs, Output, Text};
use crate::hash::Encoding;
use crate::store_dir::StoreDir;

/// The text of a derivation, less what is masked or replaced for hashing.
pub(super) struct Template {
    text: Vec<u8>,
    holes: Vec<(usize, Hole)>,
}

/// What belongs at a position; numbers count the outputs in order of name.
#[derive(Clone, Copy)]
enum Hole {
    OutputPath(usize),
    Inputs,
    Variable(usize),
}

/// Output paths and variables named like outputs, as they are to be written.
pub(super) enum Outputs {
    /// All empty, which finds the paths.
    Masked,
    /// As they are.
    Shown {
        /// By output; empty where a path is not known.
        paths: Vec<Vec<u8>>,
        /// By output, quoted.
        variables: Vec<Vec<u8>>,
    },
}

impl Template {
    pub(super) fn new(derivation: &Derivation<'_>, store: &StoreDir) -> Self {
        let mut template = Self {
            text: Vec::with_capacity(4096),
            holes: Vec::new(),
        };
        // The older form where it is enough.
        template.push(if derivation.dynamic_inputs.is_empty() {
            b"Derive(["
        } else {
            b"DrvWithVersion(\"xp-dyn-drv\",["
        });
        for (position, (name, output)) in derivation.outputs.iter().enumerate() {
            template.separate(position);
            template.push(b"(\"");
            template.push(name);
            template.push(b"\",\"");
            template.hole(Hole::OutputPath(position));
            template.push(b"\",\"");
            let (method, hash) = match output {
                Output::InputAddressed(_) | Output::Deferred => (String::new(), String::new()),
                Output::Fixed(address) => (
                    address.method.with_algorithm(address.hash.algorithm()),
                    address.hash.encode(Encoding::Base16),
                ),
                Output::Floating { method, algorithm } => {
                    (method.with_algorithm(*algorithm), String::new())
                }
                Output::Impure { method, algorithm } => {
                    (method.with_algorithm(*algorithm), "impure".to_owned())
                }
            };
            template.push(method.as_bytes());
            template.push(b"\",\"");
            template.push(hash.as_bytes());
            template.push(b"\")");
        }
        template.push(b"],[");
        template.hole(Hole::Inputs);
        template.push(b"],[");
        for (position, path) in derivation.input_sources.iter().enumerate() {
            template.separate(position);
            template.push(b"\"");
            store.print_to(path, &mut template.text);
            template.push(b"\"");
        }
        template.push(b"],\"");
        template.push(&derivation.system);
        template.push(b"\",");
        quote(&derivation.builder, &mut template.text);
        template.push(b",[");
        for (position, argument) in derivation.args.iter().enumerate() {
            template.separate(position);
            quote(argument, &mut template.text);
        }
        template.push(b"],[");
        for (position, (name, value)) in derivation.env.iter().enumerate() {
            template.separate(position);
            template.push(b"(");
            quote(name, &mut template.text);
            template.push(b",");
            match derivation.outputs.keys().position(|output| output == name) {
                Some(output) => template.hole(Hole::Variable(output)),
                None => quote(value, &mut template.text),
            }
            template.push(b")");
        }
        template.push(b"])");
        template
    }

    /// Gives the whole text to `sink`, piece by piece. `inputs` is from [`write_inputs`].
    pub(super) fn render(&self, outputs: &Outputs, inputs: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let mut written = 0;
        for (position, hole) in &self.holes {
            sink(&self.text[written..*position]);
            written = *position;
            match (hole, outputs) {
                (Hole::Inputs, _) => sink(inputs),
                (Hole::OutputPath(_), Outputs::Masked) => {}
                (Hole::Variable(_), Outputs::Masked) => sink(b"\"\""),
                (Hole::OutputPath(output), Outputs::Shown { paths, .. }) => sink(&paths[*output]),
                (Hole::Variable(output), Outputs::Shown { variables, .. }) => {
                    sink(&variables[*output]);
                }
            }
        }
        sink(&self.text[written..]);
    }

    /// Bytes of the whole text, as [`render`](Self::render) gives it.
    pub(super) fn length(&self, outputs: &Outputs, inputs: &[u8]) -> usize {
        let mut length = 0;
        self.render(outputs, inputs, &mut |piece| length += piece.len());
        length
    }

    fn push(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    fn hole(&mut self, hole: Hole) {
        self.holes.push((self.text.len(), hole));
    }

    fn separate(&mut self, position: usize) {
        if position > 0 {
            self.text.push(b',');
        }
    }
}

/// Writes the list of input derivations without its brackets.
pub(super) fn write_inputs<'text, Outputs>(
    inputs: impl Iterator<Item = (Vec<u8>, Outputs, Option<&'text DynamicOutputs<'text>>)>,
) -> Vec<u8>
where
    Outputs: Iterator<Item = &'text [u8]>,
{
    let mut text = Vec::with_capacity(1024);
    for (position, (key, outputs, dynamic)) in inputs.enumerate() {
        text.extend_from_slice(if position > 0 { b",(\"" } else { b"(\"" });
        text.extend_from_slice(&key);
        text.extend_from_slice(b"\",");
        write_outputs(outputs, dynamic, &mut text);
        text.push(b')');
    }
    text
}

/// Writes which outputs of a derivation are used, and which of those that are outputs of it.
fn write_outputs<'text>(
    outputs: impl Iterator<Item = &'text [u8]>,
    dynamic: Option<&DynamicOutputs<'text>>,
    text: &mut Vec<u8>,
) {
    let dynamic = dynamic.filter(|dynamic| !dynamic.is_empty());
    text.extend_from_slice(if dynamic.is_some() { b"([" } else { b"[" });
    for (position, output) in outputs.enumerate() {
        text.extend_from_slice(if position > 0 { b",\"" } else { b"\"" });
        text.extend_from_slice(output);
        text.push(b'"');
    }
    text.push(b']');
    let Some(dynamic) = dynamic else { return };
    text.extend_from_slice(b",[");
    for (position, (name, input)) in dynamic.iter().enumerate() {
        text.extend_from_slice(if position > 0 { b",(\"" } else { b"(\"" });
        text.extend_from_slice(name);
        text.extend_from_slice(b"\",");
        let outputs: Vec<&[u8]> = input.outputs.iter().map(Text::as_ref).collect();
        write_outputs(outputs.into_iter(), Some(&input.dynamic), text);
        text.push(b')');
    }
    text.extend_from_slice(b"])");
}

/// Writes a string with quotes and escapes; bytes that need none are copied in runs.
pub(super) fn quote(string: &[u8], text: &mut Vec<u8>) {
    text.reserve(string.len() + 2);
    text.push(b'"');
    let (mut written, mut blank) = (0, next_blank(string, 0));
    loop {
        let rest = &string[written..];
        let position = match (memchr3(b'"', b'\\', b'\n', rest), blank) {
            (None, None) => break,
            (Some(other), None) => written + other,
            (None, Some(blank)) => blank,
            (Some(other), Some(blank)) => blank.min(written + other),
        };
        text.extend_from_slice(&string[written..position]);
        text.push(b'\\');
        text.push(match string[position] {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            other => other,
        });
        written = position + 1;
        if blank == Some(position) {
            blank = next_blank(string, written);
        }
    }
    text.extend_from_slice(&string[written..]);
    text.push(b'"');
}

/// The next of those that are rare, from a byte on.
fn next_blank(string: &[u8], from: usize) -> Option<usize> {
    memchr2(b'\r', b'\t', &string[from..]).map(|found| from + found)
}

impl Derivation<'_> {
    /// The text of its `.drv` file.
    ///
    /// # Errors
    ///
    /// A fixed output for which there is no path.
    pub fn to_aterm(&self, store: &StoreDir) -> Result<Vec<u8>, DerivationError> {
        let mut text = Vec::new();
        Template::new(self, store).render(
            &self.shown_outputs(store)?,
            &self.write_real_inputs(store),
            &mut |piece| text.extend_from_slice(piece),
        );
        Ok(text)
    }

    pub(super) fn write_real_inputs(&self, store: &StoreDir) -> Vec<u8> {
        write_inputs(self.input_derivations.iter().map(|(path, outputs)| {
            let dynamic = self.dynamic_inputs.get(path);
            (store.print(path), outputs.iter().map(Text::as_ref), dynamic)
        }))
    }

    pub(super) fn shown_outputs(&self, store: &StoreDir) -> Result<Outputs, DerivationError> {
        let paths = self.output_paths(store)?;
        let paths = paths
            .iter()
            .map(|path| path.as_ref().map_or(Vec::new(), |it| store.print(it)));
        let variables = self.outputs.keys().map(|name| {
            let mut quoted = Vec::new();
            quote(self.env.get(name).map_or(&[], Text::as_ref), &mut quoted);
            quoted
        });
        Ok(Outputs::Shown {
            paths: paths.collect(),
            variables: variables.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, byte by byte.
    fn quoted(string: &[u8]) -> Vec<u8> {
        let bytes = string.iter().flat_map(|&byte| match byte {
            b'"' => b"\\\"".to_vec(),
            b'\\' => b"\\\\".to_vec(),
            b'\n' => b"\\n".to_vec(),
            b'\r' => b"\\r".to_vec(),
            b'\t' => b"\\t".to_vec(),
            other => vec![other],
        });
        [vec![b'"'], bytes.collect(), vec![b'"']].concat()
    }

    proptest! {
        #[test]
        fn what_has_a_meaning_is_escaped(
            string in proptest::collection::vec(
                prop_oneof![Just(b'"'), Just(b'\\'), Just(b'\n'), Just(b'\r'), Just(b'\t'), 0_u8..],
                0..100,
            ),
        ) {
            let mut text = b"before".to_vec();
            quote(&string, &mut text);
            prop_assert_eq!(text, [&b"before"[..], &quoted(&string)].concat());
        }
    }
}
