//! A compiled script and its run, on a thread of its own with a big stack: values nest deeper than callers' stacks hold.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rhai::{ASTNode, Dynamic, EvalAltResult, Expr, Position, Scope, Stmt, AST};

use crate::engine::Limits;
use crate::{convert, errors, run};

const STACK_BYTES: usize = 64 << 20;
const SIGNAL_INTERVAL: Duration = Duration::from_millis(20);

/// A function call in the text: name, number of arguments (a method's receiver counts), place.
#[pyclass(frozen, get_all, module = "rhai")]
#[derive(Clone)]
pub struct Call {
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
    calls: Vec<Call>,
    #[pyo3(get)]
    functions: Vec<(String, usize)>,
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
        let compiled = py.detach(|| {
            on_big_stack(|| {
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
        let (ast, calls) = match compiled {
            Some(Ok(found)) => found,
            Some(Err(error)) => return Err(errors::of_parse(&error).raise(py)),
            None => return Err(PyRuntimeError::new_err("the Rhai engine failed while compiling")),
        };
        if let Some((call, place)) = calls.iter().find(|(call, _)| call.arity > limits.arguments) {
            // An unknown call with many arguments tries 2^16 signatures and cannot be interrupted.
            let message = format!("{} is called with more than {} arguments", call.name, limits.arguments);
            return Err(errors::Described::new("LimitExceeded", message, *place, "arguments").raise(py));
        }
        let functions = ast.iter_functions().map(|found| (found.name.to_owned(), found.params.len())).collect();
        let calls = calls.into_iter().map(|(call, _)| call).collect();
        Ok(Self { engine, limits, ast, calls, functions })
    }

    fn evaluate(&self, py: Python<'_>, variables: Vec<(String, Dynamic)>, cancel: Arc<AtomicBool>) -> PyResult<Run> {
        let (outcome, used) = py.detach(|| {
            run::watched(self.limits.seconds, self.limits.memory, cancel, || {
                catch_unwind(AssertUnwindSafe(|| {
                    let mut scope = Scope::new();
                    for (name, value) in variables {
                        scope.push_constant_dynamic(name, value);
                    }
                    let value = self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &self.ast)?;
                    self.engine.ensure_data_size_within_limits(&value)?;
                    Ok::<Dynamic, Box<EvalAltResult>>(value)
                }))
            })
        });
        match outcome {
            Ok(Ok(value)) => {
                let value = convert::to_python(py, &value, 0)?.unbind();
                Ok(Run { value, operations: used.operations, peak_memory: used.peak_memory, printed: used.printed })
            }
            Ok(Err(error)) => Err(errors::of_run(py, error, used.stop)),
            Err(_) => Err(PyRuntimeError::new_err("the Rhai engine failed")),
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
        let cancel = Arc::new(AtomicBool::new(false));
        py.detach(|| {
            std::thread::scope(|threads| {
                let (done, result) = mpsc::channel();
                let cancelled = cancel.clone();
                let started = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(threads, move || {
                    // Attached for its whole life: a callback then costs 0.7 us, without it 15 us.
                    let _ = done.send(Python::attach(|py| self.evaluate(py, values, cancelled)));
                });
                started.map_err(|error| PyRuntimeError::new_err(format!("no thread for the script: {error}")))?;
                wait(&result, &cancel)
            })
        })
    }
}

/// Waits for the result and lets Ctrl-C through.
fn wait(result: &mpsc::Receiver<PyResult<Run>>, cancel: &AtomicBool) -> PyResult<Run> {
    let mut interrupt = None;
    loop {
        match result.recv_timeout(SIGNAL_INTERVAL) {
            Ok(result) => return interrupt.map_or(result, Err),
            Err(RecvTimeoutError::Disconnected) => return Err(PyRuntimeError::new_err("the Rhai engine failed")),
            Err(RecvTimeoutError::Timeout) if interrupt.is_none() => {
                interrupt = Python::attach(|py| py.check_signals()).err();
                cancel.store(interrupt.is_some(), Ordering::Relaxed);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|threads| {
        let started = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(threads, || catch_unwind(AssertUnwindSafe(work)).ok());
        started.ok()?.join().ok().flatten()
    })
}

/// Every call with its place, in function bodies and untaken branches too; operators are left out.
fn calls(ast: &AST) -> Vec<(Call, Position)> {
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        let (call, place, method) = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, place))) => (call, place, false),
            Some(ASTNode::Expr(Expr::MethodCall(call, place))) => (call, place, true),
            Some(ASTNode::Stmt(Stmt::FnCall(call, place))) => (call, place, false),
            _ => return true,
        };
        if call.op_token.is_none() {
            let (line, column) = (place.line().unwrap_or(0), place.position().unwrap_or(0));
            let arity = call.args.len() + usize::from(method);
            found.push((Call { name: call.name.to_string(), arity, line, column }, *place));
        }
        true
    });
    found
}
