//! What names a record: everything that an evaluation depends on, as far as it is known beforehand.

use std::fmt::Write as _;

use nix_eval::Settings;
use nix_eval::world::LockedFlake;
use nix_store::hash::{Algorithm, Encoding, Hash};

/// The form of records; another one makes others.
const FORM: &str = "coop record 2";

/// The name of the record of a question about a flake.
///
/// Every part is written with its length, so that no two sets of parts are written alike.
pub(crate) fn key(
    flake: &LockedFlake,
    settings: &Settings,
    program: &str,
    question: &[&str],
) -> String {
    let mut text = String::new();
    let mut add = |part: &str| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}:{part},", part.len());
    };
    add(FORM);
    add(env!("NIX_FLAKE_BUILD"));
    add(&format!("{settings:?}"));
    add(&flake.lock);
    add(&format!("{:?}", flake.dirty_node));
    add(&flake.trees.len().to_string());
    for (node, tree, folder) in &flake.trees {
        add(node);
        if flake.hidden_node.as_ref() == Some(node) {
            add("hidden");
            add(tree.store_path.name());
            // Which attributes there are can be seen; what they are cannot.
            add(&format!("{:?}", tree.attributes.keys()));
        } else {
            add(tree.store_path.base_name());
            add(&format!("{:?}", tree.attributes));
        }
        add(folder);
    }
    add(program);
    for part in question {
        add(part);
    }
    Hash::of(Algorithm::Sha256, text.as_bytes()).encode(Encoding::Nix32)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nix_eval::world::{InputAttribute, Tree};
    use nix_store::StorePath;

    use super::*;

    fn flake(change: impl FnOnce(&mut LockedFlake)) -> LockedFlake {
        let store_path = StorePath::parse(b"00000000000000000000000000000000-source").unwrap();
        let hash = InputAttribute::Text("sha256-a".to_owned());
        let mut flake = LockedFlake {
            program: b"",
            lock: "lock".to_owned(),
            trees: vec![(
                "root".to_owned(),
                Tree {
                    store_path,
                    content: None,
                    attributes: BTreeMap::from([("narHash".to_owned(), hash)]),
                },
                String::new(),
            )],
            dirty_node: None,
            hidden_node: None,
        };
        change(&mut flake);
        flake
    }

    #[test]
    fn whatever_changes_the_key_changes() {
        let settings = Settings::default();
        let other_settings = Settings {
            pipe_operators: true,
            ..Settings::default()
        };
        let other_store = || StorePath::parse(b"11111111111111111111111111111111-source").unwrap();
        let hash = || InputAttribute::Text("sha256-b".to_owned());
        let keys = [
            key(&flake(|_| ()), &settings, "", &["a", "b"]),
            key(&flake(|_| ()), &settings, "work", &["a", "b"]),
            key(&flake(|_| ()), &settings, "", &["ab"]),
            key(&flake(|_| ()), &settings, "", &["a,1:b"]),
            key(&flake(|_| ()), &other_settings, "", &["a", "b"]),
            key(
                &flake(|flake| flake.lock.push(' ')),
                &settings,
                "",
                &["a", "b"],
            ),
            key(
                &flake(|flake| flake.dirty_node = Some("root".to_owned())),
                &settings,
                "",
                &["a", "b"],
            ),
            key(
                &flake(|flake| flake.hidden_node = Some("root".to_owned())),
                &settings,
                "",
                &["a", "b"],
            ),
            key(
                &flake(|flake| flake.trees.clear()),
                &settings,
                "",
                &["a", "b"],
            ),
            key(
                &flake(|flake| flake.trees[0].1.store_path = other_store()),
                &settings,
                "",
                &["a", "b"],
            ),
            key(
                &flake(|flake| {
                    flake.trees[0]
                        .1
                        .attributes
                        .insert("narHash".to_owned(), hash());
                }),
                &settings,
                "",
                &["a", "b"],
            ),
            key(
                &flake(|flake| flake.trees[0].2.push_str("below")),
                &settings,
                "",
                &["a", "b"],
            ),
        ];
        let distinct: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(keys[0], key(&flake(|_| ()), &settings, "", &["a", "b"]));
    }

    #[test]
    fn the_path_and_the_hash_of_a_hidden_tree_are_in_no_key() {
        let settings = Settings::default();
        let hidden = |change: fn(&mut Tree)| {
            let flake = flake(|flake| {
                flake.hidden_node = Some("root".to_owned());
                change(&mut flake.trees[0].1);
            });
            key(&flake, &settings, "", &["a"])
        };
        let other = hidden(|tree| {
            tree.store_path = StorePath::parse(b"11111111111111111111111111111111-source").unwrap();
            let hash = InputAttribute::Text("sha256-b".to_owned());
            tree.attributes.insert("narHash".to_owned(), hash);
        });
        assert_eq!(hidden(|_| ()), other);
        let one_more = hidden(|tree| {
            let hash = InputAttribute::Number(1);
            tree.attributes.insert("lastModified".to_owned(), hash);
        });
        assert_ne!(hidden(|_| ()), one_more);
    }
}
