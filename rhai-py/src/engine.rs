//! The engine: raw, with hand-picked packages, no symbol that reaches outside, and every limit set.

use std::any::TypeId;
use std::sync::{Arc, OnceLock};

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage, BasicStringPackage,
    LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, EvalAltResult, ImmutableString, NativeCallContext, OptimizationLevel, Position, Shared};

use crate::script::Script;
use crate::{convert, errors, run};

/// Bounds of a script; `rhai.Limits` says what each means.
#[derive(Clone, FromPyObject)]
pub struct Limits {
    pub text: usize,
    pub operations: u64,
    pub seconds: f64,
    pub memory: isize,
    pub calls: usize,
    pub depth: usize,
    pub string: usize,
    pub array: usize,
    pub map: usize,
    pub variables: usize,
    pub functions: usize,
    pub arguments: usize,
}

#[pyclass(frozen, module = "rhai")]
pub struct Engine {
    engine: Arc<rhai::Engine>,
    limits: Limits,
}

#[pymethods]
impl Engine {
    #[new]
    fn new(functions: Vec<(String, Py<PyAny>, Vec<usize>)>, limits: Limits) -> Self {
        let mut engine = base();
        bound(&mut engine, &limits);
        for (name, function, arities) in functions {
            register(&mut engine, &name, Arc::new(function), &arities);
        }
        Self { engine: Arc::new(engine), limits }
    }

    fn compile(&self, py: Python<'_>, text: &str, names: Vec<String>) -> PyResult<Script> {
        if text.len() > self.limits.text {
            let message = format!("the script has {} bytes, at most {} are allowed", text.len(), self.limits.text);
            return Err(errors::Described::new("LimitExceeded", message, Position::NONE, "text").raise(py));
        }
        Script::compile(py, self.engine.clone(), self.limits.clone(), text, names)
    }
}

/// Packages are built once and shared; the last one registered wins, so our checked `replace` comes last.
fn base() -> rhai::Engine {
    static PACKAGES: OnceLock<Vec<Shared<rhai::Module>>> = OnceLock::new();
    let mut engine = rhai::Engine::new_raw();
    for module in PACKAGES.get_or_init(packages) {
        engine.register_global_module(module.clone());
    }
    for symbol in ["eval", "Fn", "curry"] {
        engine.disable_symbol(symbol);
    }
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.on_print(run::print);
    engine.on_debug(|text, _, _| run::print(text));
    engine.on_progress(|operations| run::step(operations).then_some(Dynamic::UNIT));
    engine.register_fn("replace", replace);
    engine.register_fn("replace", |context: NativeCallContext, text: &mut ImmutableString, find: char, put: char| {
        replace(context, text, find.to_string().into(), put.to_string().into())
    });
    engine.register_fn(
        "replace",
        |context: NativeCallContext, text: &mut ImmutableString, find: char, put: ImmutableString| {
            replace(context, text, find.to_string().into(), put)
        },
    );
    engine.register_fn(
        "replace",
        |context: NativeCallContext, text: &mut ImmutableString, find: ImmutableString, put: char| {
            replace(context, text, find, put.to_string().into())
        },
    );
    engine
}

fn packages() -> Vec<Shared<rhai::Module>> {
    vec![
        LogicPackage::new().as_shared_module(),
        ArithmeticPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        BasicIteratorPackage::new().as_shared_module(),
        BasicStringPackage::new().as_shared_module(),
        MoreStringPackage::new().as_shared_module(),
        BasicArrayPackage::new().as_shared_module(),
        BasicMapPackage::new().as_shared_module(),
    ]
}

fn bound(engine: &mut rhai::Engine, limits: &Limits) {
    engine.set_max_operations(limits.operations);
    engine.set_max_call_levels(limits.calls);
    engine.set_max_expr_depths(limits.depth, limits.depth);
    engine.set_max_string_size(limits.string);
    engine.set_max_array_size(limits.array);
    engine.set_max_map_size(limits.map);
    engine.set_max_variables(limits.variables);
    engine.set_max_functions(limits.functions);
}

/// Rhai's own `replace` builds the result before any check: 64 KiB twice asks for 4 GiB.
fn replace(
    context: NativeCallContext,
    text: &mut ImmutableString,
    find: ImmutableString,
    put: ImmutableString,
) -> Result<(), Box<EvalAltResult>> {
    let found = text.matches(find.as_str()).count();
    let size = text.len() + found * put.len();
    if size - (found * find.len()).min(size) > context.engine().max_string_size() {
        return Err(EvalAltResult::ErrorDataTooLarge("Length of string".into(), Position::NONE).into());
    }
    *text = text.replace(find.as_str(), &put).into();
    Ok(())
}

fn register(engine: &mut rhai::Engine, name: &str, function: Arc<Py<PyAny>>, arities: &[usize]) {
    for &arity in arities {
        let function = function.clone();
        let types = vec![TypeId::of::<Dynamic>(); arity];
        engine.register_raw_fn(name, types, move |context: NativeCallContext, arguments: &mut [&mut Dynamic]| {
            Python::attach(|py| call(py, &function, arguments)).map_err(|error| {
                run::stop(error, context.call_position());
                EvalAltResult::ErrorTerminated(Dynamic::UNIT, context.call_position()).into()
            })
        });
    }
}

fn call(py: Python<'_>, function: &Py<PyAny>, arguments: &mut [&mut Dynamic]) -> PyResult<Dynamic> {
    let values: Vec<_> = arguments.iter().map(|each| convert::to_python(py, each, 0)).collect::<PyResult<_>>()?;
    let result = function.bind(py).call1(PyTuple::new(py, values)?)?;
    convert::to_rhai(&result, 0)
}
