//! The modules are compiled in: a change there is a change here.

fn main() {
    println!("cargo::rerun-if-changed=../../modules");
}
