//! The engine: raw, with hand-picked packages, no symbol that reaches outside, and every limit set.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage, BasicStringPackage,
    LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, EvalAltResult, LexError, NativeCallContext, OptimizationLevel, Shared, Token};

use crate::run::Stop;
use crate::script::Script;
use crate::{checked, convert, errors, run};

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
            return Err(errors::Described::new("LimitExceeded", message, (0, 0), "text").raise(py));
        }
        Script::compile(py, self.engine.clone(), self.limits.clone(), text, names)
    }

    /// Every function that a script may call, with its number of arguments.
    #[getter]
    fn names(&self) -> BTreeSet<(String, usize)> {
        let found = self.engine.collect_fn_metadata(
            None,
            |info| Some((info.metadata.name.to_string(), info.metadata.num_params)),
            true,
        );
        found.into_iter().collect()
    }
}

/// Packages are built once and shared; what is registered last wins, so that our own versions come last.
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
    engine.on_progress(|_| run::step().then_some(Dynamic::UNIT));
    #[allow(deprecated)] // not so: Rhai marks with it what may still change
    engine.on_parse_token(|token, place, _| match run::token(&token, place) {
        true => Token::LexError(LexError::Runtime("stopped".into()).into()),
        false => token,
    });
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
        checked::module().into(),
    ]
}

fn bound(engine: &mut rhai::Engine, limits: &Limits) {
    // Ours counts first, for Rhai's `sort` swallows the error of Rhai's.
    engine.set_max_operations(limits.operations.saturating_add(1));
    engine.set_max_call_levels(limits.calls);
    engine.set_max_expr_depths(limits.depth, limits.depth);
    engine.set_max_string_size(limits.string);
    engine.set_max_array_size(limits.array);
    engine.set_max_map_size(limits.map);
    engine.set_max_variables(limits.variables);
    engine.set_max_functions(limits.functions);
}

fn register(engine: &mut rhai::Engine, name: &str, function: Arc<Py<PyAny>>, arities: &[usize]) {
    for &arity in arities {
        let function = function.clone();
        let types = vec![TypeId::of::<Dynamic>(); arity];
        engine.register_raw_fn(name, types, move |context: NativeCallContext, arguments: &mut [&mut Dynamic]| {
            let place = context.call_position();
            for each in arguments.iter() {
                checked::require_outward(context.engine(), each)?;
            }
            run::calling(place);
            Python::attach(|py| call(py, &function, arguments)).map_err(|error| {
                run::stop(Stop::Callback(error, place));
                EvalAltResult::ErrorTerminated(Dynamic::UNIT, place).into()
            })
        });
    }
}

fn call(py: Python<'_>, function: &Py<PyAny>, arguments: &mut [&mut Dynamic]) -> PyResult<Dynamic> {
    let values: Vec<_> = arguments.iter().map(|each| convert::to_python(py, each)).collect::<PyResult<_>>()?;
    let result = function.bind(py).call1(PyTuple::new(py, values)?)?;
    convert::to_rhai(&result, 0)
}
