//! The Rhai engine for Python, set up for scripts that nobody trusts.
//!
//! Rhai's own limits do not hold alone; what closes the holes is in `memory`, `run`, `engine` and `script`.

use pyo3::prelude::*;

mod convert;
mod engine;
mod errors;
mod memory;
mod run;
mod script;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[pymodule]
fn _rhai(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<engine::Engine>()?;
    module.add_class::<script::Script>()?;
    module.add_class::<script::Run>()?;
    module.add_class::<script::Call>()
}
