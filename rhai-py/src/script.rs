//! A compiled script and its run.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rhai::{ASTNode, Dynamic, EvalAltResult, Expr, Position, Scope, Stmt, AST};

use crate::apart::apart;
use crate::engine::Limits;
use crate::run::{watched, Bounds, Signal, Used};
use crate::{checked, convert, errors};

/// A function call or a function's definition in the text: name, number of arguments (a method's receiver counts), place.
#[pyclass(frozen, get_all, module = "rhai")]
#[derive(Clone)]
pub struct Named {
    name: String,
    arity: usize,
    line: usize,
    column: usize,
}

#[pyclass(frozen, module = "rhai")]
pub struct Script {
    engine: Arc<rhai::Engine>,
    limits: Limits,
    ast: AST,
    #[pyo3(get)]
    calls: Vec<Named>,
    #[pyo3(get)]
    functions: Vec<Named>,
}

/// What a run gave and used.
#[pyclass(frozen, get_all, module = "rhai")]
pub struct Run {
    value: Py<PyAny>,
    operations: u64,
    peak_memory: isize,
    printed: Vec<String>,
}

impl Script {
    pub fn compile(
        py: Python<'_>,
        engine: Arc<rhai::Engine>,
        limits: Limits,
        text: &str,
        names: Vec<String>,
    ) -> PyResult<Self> {
        let signal = Signal::default();
        let bounds = Bounds { operations: u64::MAX, memory: limits.memory, signal: signal.clone() };
        let (ast, calls, defined) = apart(py, limits.seconds, &signal, |py| {
            let (compiled, used) = py.detach(|| {
                watched(bounds, || {
                    let mut scope = Scope::new();
                    for name in names {
                        scope.push_constant_dynamic(name, Dynamic::UNIT);
                    }
                    engine.compile_with_scope(&scope, text).map(|ast| {
                        let calls = calls(&ast);
                        (ast, calls)
                    })
                })
            });
            match (compiled, used.stop) {
                (Ok((ast, calls)), None) => Ok((ast, calls, used.functions)),
                (Ok(_), Some(stop)) => Err(errors::of_stop(py, stop, Position::NONE, Vec::new())),
                (Err(error), Some(stop)) => Err(errors::of_stop(py, stop, error.position(), Vec::new())),
                (Err(error), None) => Err(errors::of_parse(&error).raise(py)),
            }
        })?;
        if let Some(call) = calls.iter().find(|call| call.arity > limits.arguments) {
            // An unknown call with many arguments tries 2^16 signatures and cannot be interrupted.
            let message = format!("{} is called with more than {} arguments", call.name, limits.arguments);
            let place = (call.line, call.column);
            return Err(errors::Described::new("LimitExceeded", message, place, "arguments").raise(py));
        }
        let functions = ast
            .iter_functions()
            .filter_map(|each| {
                // What has no place is no `fn` but a `|x| …`.
                let (name, place) = defined.iter().find(|(name, _)| name == each.name)?;
                Some(named(name, each.params.len(), *place))
            })
            .collect();
        Ok(Self { engine, limits, ast, calls, functions })
    }

    fn evaluate(&self, py: Python<'_>, variables: Vec<(String, Dynamic)>, signal: Signal) -> PyResult<Run> {
        let bounds = Bounds { operations: self.limits.operations, memory: self.limits.memory, signal };
        let (outcome, used) = py.detach(|| {
            watched(bounds, || {
                let mut scope = Scope::new();
                for (name, value) in variables {
                    scope.push_constant_dynamic(name, value);
                }
                let value = self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &self.ast)?;
                checked::require_outward(&self.engine, &value)?;
                Ok::<Dynamic, Box<EvalAltResult>>(value)
            })
        });
        let Used { operations, peak_memory, printed, stop, .. } = used;
        // A stop counts even when the script ended well: Rhai's `sort` swallows every error of its `|a, b| …`.
        match (outcome, stop) {
            (Ok(value), None) => {
                let value = convert::to_python(py, &value)?.unbind();
                Ok(Run { value, operations, peak_memory, printed })
            }
            (Ok(_), Some(stop)) => Err(errors::of_stop(py, stop, Position::NONE, Vec::new())),
            (Err(error), stop) => Err(errors::of_run(py, &self.engine, *error, stop)),
        }
    }
}

#[pymethods]
impl Script {
    fn run(&self, py: Python<'_>, variables: &Bound<'_, PyDict>) -> PyResult<Run> {
        let mut values = Vec::new();
        for (name, value) in variables.iter() {
            values.push((name.extract::<String>()?, convert::to_rhai(&value, 0)?));
        }
        let signal = Signal::default();
        apart(py, self.limits.seconds, &signal.clone(), |py| self.evaluate(py, values, signal))
    }
}

fn named(name: &str, arity: usize, place: Position) -> Named {
    let (line, column) = errors::at(place);
    Named { name: name.to_owned(), arity, line, column }
}

/// Every call with its place, in function bodies and untaken branches too; operators are left out.
fn calls(ast: &AST) -> Vec<Named> {
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        let (call, place, method) = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, place))) => (call, place, false),
            Some(ASTNode::Expr(Expr::MethodCall(call, place))) => (call, place, true),
            Some(ASTNode::Stmt(Stmt::FnCall(call, place))) => (call, place, false),
            _ => return true,
        };
        if call.op_token.is_none() {
            found.push(named(&call.name, call.args.len() + usize::from(method), *place));
        }
        true
    });
    found
}
