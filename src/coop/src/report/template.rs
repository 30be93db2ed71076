//! The templates, and how a page is filled in.
//!
//! **Invariant.** Escaping is on for every template, and `safe` is used for the style sheet alone,
//! which is ours. The page names its style sheet by hash and forbids everything else, so that text
//! which became markup would still do nothing.

use std::sync::LazyLock;

use nix_store::hash::{Algorithm, Encoding, Hash};
use serde::Serialize;
use tera::{Context, Tera};

use super::ReportError;

const STYLE: &str = include_str!("templates/style.css");

const TEMPLATES: &[(&str, &str)] = &[
    ("base.html", include_str!("templates/base.html")),
    ("full.html", include_str!("templates/full.html")),
    ("public.html", include_str!("templates/public.html")),
    ("drawing.html", include_str!("templates/drawing.html")),
    ("links.html", include_str!("templates/links.html")),
    ("hosts.html", include_str!("templates/hosts.html")),
    ("instances.html", include_str!("templates/instances.html")),
    ("signup.html", include_str!("templates/signup.html")),
    ("policies.html", include_str!("templates/policies.html")),
    ("backups.html", include_str!("templates/backups.html")),
    ("people.html", include_str!("templates/people.html")),
    ("plan.html", include_str!("templates/plan.html")),
];

static TERA: LazyLock<Result<Tera, tera::Error>> = LazyLock::new(|| {
    let mut tera = Tera::new();
    tera.autoescape_on([".html"]);
    tera.add_raw_templates(TEMPLATES.iter().copied())?;
    Ok(tera)
});

/// A page filled in.
pub(super) fn render(template: &'static str, page: &impl Serialize) -> Result<String, ReportError> {
    let fail = |error: &tera::Error| ReportError::Template(template, error.to_string());
    let tera = TERA.as_ref().map_err(fail)?;
    let mut context = Context::new();
    context.insert("style", STYLE);
    let hash = Hash::of(Algorithm::Sha256, STYLE.as_bytes());
    context.insert("style_hash", &hash.encode(Encoding::Sri));
    context.insert("page", page);
    tera.render(template, &context)
        .map_err(|error| fail(&error))
}
