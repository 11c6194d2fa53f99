//! Rhai's errors as the Python classes of `rhai.errors`, with line, column, kind and the way there.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rhai::{Dynamic, Engine, EvalAltResult, LexError, ParseError, ParseErrorType, Position};

use crate::checked;
use crate::run::Stop;

/// Line and column, 1-based; zeros when unknown.
pub type Place = (usize, usize);

pub fn at(place: Position) -> Place {
    (place.line().unwrap_or(0), place.position().unwrap_or(0))
}

pub struct Described {
    pub class: &'static str,
    pub message: String,
    pub place: Place,
    pub kind: String,
    pub function: String,
    pub calls: Vec<(String, Position)>,
}

impl Described {
    pub fn new(class: &'static str, message: impl Into<String>, place: Place, kind: &str) -> Self {
        let (kind, function, calls) = (kind.to_owned(), String::new(), Vec::new());
        Self { class, message: message.into(), place, kind, function, calls }
    }

    pub fn raise(self, py: Python<'_>) -> PyErr {
        self.exception(py).map_or_else(|error| error, PyErr::from_value)
    }

    fn exception<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let calls = PyList::empty(py);
        for (name, place) in self.calls {
            let (line, column) = at(place);
            calls.append((name, line, column))?;
        }
        let fields = PyDict::new(py);
        fields.set_item("line", self.place.0)?;
        fields.set_item("column", self.place.1)?;
        fields.set_item("kind", self.kind)?;
        fields.set_item("function", self.function)?;
        fields.set_item("calls", calls)?;
        py.import("rhai.errors")?.getattr(self.class)?.call((self.message,), Some(&fields))
    }
}

pub fn of_parse(error: &ParseError) -> Described {
    let kind = match error.err_type() {
        ParseErrorType::ExprTooDeep => "depth",
        ParseErrorType::TooManyFunctions => "functions",
        ParseErrorType::LiteralTooLarge(..) | ParseErrorType::BadInput(LexError::StringTooLong(_)) => "size",
        _ => "",
    };
    let class = if kind.is_empty() { "ParseError" } else { "LimitExceeded" };
    let mut described = Described::new(class, error.err_type().to_string(), at(error.position()), kind);
    if let ParseErrorType::VariableUndefined(name) = error.err_type() {
        described.kind = "VariableNotFound".to_owned();
        described.function = name.clone();
    }
    described
}

/// What ended the run: a stop of ours first, then the innermost error with the calls around it.
pub fn of_run(py: Python<'_>, engine: &Engine, error: EvalAltResult, stop: Option<Stop>) -> PyErr {
    let (mut error, mut calls) = (error, Vec::new());
    while let EvalAltResult::ErrorInFunctionCall(name, _, inner, place) = error {
        calls.push((name, place));
        error = *inner;
    }
    if let Some(stop) = stop {
        return of_stop(py, stop, error.position(), calls);
    }
    let mut described = of_eval(engine, error);
    described.calls = calls;
    described.raise(py)
}

/// An end that no `catch` of the script could swallow; `place` is where it was noticed.
pub fn of_stop(py: Python<'_>, stop: Stop, place: Position, calls: Vec<(String, Position)>) -> PyErr {
    let (message, kind, place) = match stop {
        Stop::Callback(error, place) => return noted(py, error, place),
        Stop::Operations => ("too many operations".to_owned(), "operations", place),
        Stop::Memory => ("the script uses too much memory".to_owned(), "memory", place),
        Stop::Size(message, place) => (message, "size", place),
        Stop::Time => ("the script takes too long".to_owned(), "time", place),
        Stop::Cancelled => ("the script was cancelled".to_owned(), "cancelled", place),
    };
    Described { calls, ..Described::new("LimitExceeded", message, at(place), kind) }.raise(py)
}

fn of_eval(engine: &Engine, mut error: EvalAltResult) -> Described {
    let (class, kind) = match &error {
        EvalAltResult::ErrorTooManyOperations(_) => ("LimitExceeded", "operations"),
        EvalAltResult::ErrorTooManyVariables(_) => ("LimitExceeded", "variables"),
        EvalAltResult::ErrorStackOverflow(_) => ("LimitExceeded", "calls"),
        EvalAltResult::ErrorDataTooLarge(..) => ("LimitExceeded", "size"),
        EvalAltResult::ErrorFunctionNotFound(..) => ("EvalError", "FunctionNotFound"),
        EvalAltResult::ErrorVariableNotFound(..) => ("EvalError", "VariableNotFound"),
        EvalAltResult::ErrorPropertyNotFound(..) => ("EvalError", "PropertyNotFound"),
        EvalAltResult::ErrorRuntime(..) => ("EvalError", "Thrown"),
        _ => ("EvalError", ""),
    };
    let function = match &error {
        EvalAltResult::ErrorFunctionNotFound(signature, _) => signature.clone(),
        EvalAltResult::ErrorVariableNotFound(name, _) | EvalAltResult::ErrorPropertyNotFound(name, _) => name.clone(),
        _ => String::new(),
    };
    let place = at(error.take_position());
    let message = match &error {
        EvalAltResult::ErrorRuntime(thrown, _) => of_thrown(engine, thrown),
        _ => error.to_string(),
    };
    let mut described = Described::new(class, message, place, kind);
    described.function = function;
    described
}

/// What a script throws can be of any kind and size.
fn of_thrown(engine: &Engine, thrown: &Dynamic) -> String {
    match checked::require_size(engine, thrown) {
        Ok(()) if thrown.is_unit() => "the script failed without a word".to_owned(),
        Ok(()) => thrown.to_string(),
        Err(_) => "the script failed with a value that is too large to show".to_owned(),
    }
}

/// The callback's own exception, with a note of the place in the script and the place as attributes.
fn noted(py: Python<'_>, error: PyErr, place: Position) -> PyErr {
    let value = error.value(py);
    let (line, column) = at(place);
    let _ = value.call_method1("add_note", (format!("in the script at line {line}, column {column}"),));
    let _ = value.setattr("script_line", line);
    let _ = value.setattr("script_column", column);
    error
}
