//! Rhai's errors as the Python classes of `rhai.errors`, with line, column, kind and the way there.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rhai::{EvalAltResult, LexError, ParseError, ParseErrorType, Position};

use crate::run::Stop;

pub struct Described {
    pub class: &'static str,
    pub message: String,
    pub place: Position,
    pub kind: String,
    pub function: String,
    pub calls: Vec<(String, Position)>,
}

impl Described {
    pub fn new(class: &'static str, message: impl Into<String>, place: Position, kind: &str) -> Self {
        let (kind, function, calls) = (kind.to_owned(), String::new(), Vec::new());
        Self { class, message: message.into(), place, kind, function, calls }
    }

    pub fn raise(self, py: Python<'_>) -> PyErr {
        self.exception(py).map_or_else(|error| error, PyErr::from_value)
    }

    fn exception<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let calls = PyList::empty(py);
        for (name, place) in self.calls {
            calls.append((name, place.line().unwrap_or(0), place.position().unwrap_or(0)))?;
        }
        let fields = PyDict::new(py);
        fields.set_item("line", self.place.line().unwrap_or(0))?;
        fields.set_item("column", self.place.position().unwrap_or(0))?;
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
    Described::new(class, error.err_type().to_string(), error.position(), kind)
}

/// What ended the run: a stop of ours first, then the innermost error with the calls around it.
pub fn of_run(py: Python<'_>, error: Box<EvalAltResult>, stop: Option<Stop>) -> PyErr {
    let (mut error, mut calls) = (error, Vec::new());
    while let EvalAltResult::ErrorInFunctionCall(name, _, inner, place) = *error {
        calls.push((name, place));
        error = inner;
    }
    let place = error.position();
    let mut described = match stop {
        Some(Stop::Callback(error, place)) => return noted(py, error, place),
        Some(Stop::Memory) => Described::new("LimitExceeded", "the script uses too much memory", place, "memory"),
        Some(Stop::Time) => Described::new("LimitExceeded", "the script takes too long", place, "time"),
        Some(Stop::Cancelled) => Described::new("LimitExceeded", "the script was cancelled", place, "cancelled"),
        None => of_eval(*error),
    };
    described.calls = calls;
    described.raise(py)
}

fn of_eval(mut error: EvalAltResult) -> Described {
    let (class, kind) = match &error {
        EvalAltResult::ErrorTooManyOperations(_) => ("LimitExceeded", "operations"),
        EvalAltResult::ErrorTooManyVariables(_) => ("LimitExceeded", "variables"),
        EvalAltResult::ErrorStackOverflow(_) => ("LimitExceeded", "calls"),
        EvalAltResult::ErrorDataTooLarge(..) => ("LimitExceeded", "size"),
        EvalAltResult::ErrorFunctionNotFound(..) => ("EvalError", "FunctionNotFound"),
        EvalAltResult::ErrorVariableNotFound(..) => ("EvalError", "VariableNotFound"),
        EvalAltResult::ErrorPropertyNotFound(..) => ("EvalError", "PropertyNotFound"),
        _ => ("EvalError", ""),
    };
    let function = match &error {
        EvalAltResult::ErrorFunctionNotFound(signature, _) => signature.clone(),
        EvalAltResult::ErrorVariableNotFound(name, _) | EvalAltResult::ErrorPropertyNotFound(name, _) => name.clone(),
        _ => String::new(),
    };
    let place = error.take_position();
    let mut described = Described::new(class, error.to_string(), place, kind);
    described.function = function;
    described
}

/// The callback's own exception, with a note of the place in the script and the place as attributes.
fn noted(py: Python<'_>, error: PyErr, place: Position) -> PyErr {
    let value = error.value(py);
    let (line, column) = (place.line().unwrap_or(0), place.position().unwrap_or(0));
    let _ = value.call_method1("add_note", (format!("in the script at line {line}, column {column}"),));
    let _ = value.setattr("script_line", line);
    let _ = value.setattr("script_column", column);
    error
}
