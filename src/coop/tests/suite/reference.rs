//! What is generated from the types and committed is current.

use std::fs;

use coop::diagnostics::Code;

use crate::support::top;

#[test]
fn the_reference_page_is_current() {
    let page = fs::read_to_string(top().join("docs/reference/coop-toml.md")).unwrap_or_default();
    assert!(
        page == coop::fleet::reference(),
        "run: coop schema --markdown > docs/reference/coop-toml.md"
    );
}

#[test]
fn the_schema_is_current() {
    let file =
        fs::read_to_string(top().join("docs/reference/coop.schema.json")).unwrap_or_default();
    let schema = serde_json::to_string_pretty(&*coop::fleet::SCHEMA).unwrap() + "\n";
    assert!(
        file == schema,
        "run: coop schema > docs/reference/coop.schema.json"
    );
}

#[test]
fn the_schema_of_plans_is_current() {
    let file =
        fs::read_to_string(top().join("docs/reference/plan.schema.json")).unwrap_or_default();
    let schema = serde_json::to_string_pretty(&*coop::plan::PLAN_SCHEMA).unwrap() + "\n";
    assert!(
        file == schema,
        "run: coop schema --plan > docs/reference/plan.schema.json"
    );
}

#[test]
fn the_schema_of_records_is_current() {
    let file =
        fs::read_to_string(top().join("docs/reference/record.schema.json")).unwrap_or_default();
    let schema = serde_json::to_string_pretty(&*coop::check::PROOF_SCHEMA).unwrap() + "\n";
    assert!(
        file == schema,
        "run: coop schema --record > docs/reference/record.schema.json"
    );
}

#[test]
fn every_code_has_a_page_and_an_identifier_of_its_own() {
    let mut seen = Vec::new();
    for code in Code::ALL {
        assert!(code.page().len() > 40, "{}", code.id());
        assert!(!seen.contains(&code.id()), "{}", code.id());
        assert_eq!(Code::parse(&code.id().to_lowercase()), Some(*code));
        seen.push(code.id());
    }
}
