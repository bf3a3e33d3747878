//! Ingests and builds that are killed. The long form is `cargo run -p openbacklinks --example kills`.

use std::path::PathBuf;

use crate::killing::{Plan, Program, run};

#[test]
fn whatever_is_killed_the_index_is_the_old_one_or_the_new_one() {
    let program = Program::new(PathBuf::from(env!("CARGO_BIN_EXE_backlinks")), None);
    run(&program, Plan { kills: 50, seed: 1 });
}
