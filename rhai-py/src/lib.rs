//! The Rhai engine for Python, set up for scripts that nobody trusts.
//!
//! Rhai's own limits do not hold alone; what closes the holes is in `memory`, `run`, `checked`, `engine` and `apart`.

use pyo3::prelude::*;

mod apart;
mod checked;
mod convert;
mod engine;
mod errors;
mod memory;
mod run;
mod script;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// Rhai hashes names with this; by default with a number that differs from build to build, and a script can see what
/// comes of it in the error of a `|x| …` that it catches.
const SEED: [u64; 4] = [1, 2, 3, 4];

/// Line and column of the call that a function of ours is answering on this thread; zeros outside of one.
#[pyfunction]
fn place() -> errors::Place {
    run::place()
}

#[pymodule]
fn _rhai(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let _ = rhai::config::hashing::set_hashing_seed(Some(SEED));
    // A panic becomes an exception that has its message; nothing else is to be seen of it.
    std::panic::set_hook(Box::new(|_| {}));
    module.add_class::<engine::Engine>()?;
    module.add_class::<script::Script>()?;
    module.add_class::<script::Run>()?;
    module.add_class::<script::Named>()?;
    module.add_function(wrap_pyfunction!(place, module)?)
}
