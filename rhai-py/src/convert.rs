//! Values across the border: None, booleans, integers, strings, lists and maps. Nothing else crosses.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString, PyTuple};
use rhai::{Array, Dynamic, Map};

pub const DEEPEST: usize = 64;

pub fn to_rhai(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Dynamic> {
    if depth > DEEPEST {
        return Err(PyValueError::new_err("nested deeper than 64 levels"));
    }
    if value.is_none() {
        return Ok(Dynamic::UNIT);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(flag.is_true().into());
    }
    if value.cast::<PyInt>().is_ok() {
        return value
            .extract::<i64>()
            .map(Dynamic::from)
            .map_err(|_| PyOverflowError::new_err("an integer beyond 64 bits"));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(utf8(text)?.into());
    }
    if let Ok(list) = value.cast::<PyList>() {
        return items(list.iter(), depth);
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return items(tuple.iter(), depth);
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        let mut map = Map::new();
        for (key, each) in dict.iter() {
            let key = key.cast::<PyString>().map_err(|_| PyTypeError::new_err("keys of a map are strings"))?;
            map.insert(utf8(key)?.into(), to_rhai(&each, depth + 1)?);
        }
        return Ok(map.into());
    }
    Err(PyTypeError::new_err(format!("{} does not cross into a script", value.get_type())))
}

fn utf8<'a>(text: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    text.to_str().map_err(|_| PyValueError::new_err("a text with a lone surrogate has no UTF-8 form"))
}

fn items<'py>(values: impl Iterator<Item = Bound<'py, PyAny>>, depth: usize) -> PyResult<Dynamic> {
    let array: Array = values.map(|each| to_rhai(&each, depth + 1)).collect::<PyResult<_>>()?;
    Ok(array.into())
}

/// The value as one of Python's; `checked::require_outward` was asked before.
pub fn to_python<'py>(py: Python<'py>, value: &Dynamic) -> PyResult<Bound<'py, PyAny>> {
    if value.is_unit() {
        return Ok(py.None().into_bound(py));
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(PyBool::new(py, flag).to_owned().into_any());
    }
    if let Ok(number) = value.as_int() {
        return Ok(number.into_pyobject(py)?.into_any());
    }
    if let Ok(letter) = value.as_char() {
        return Ok(PyString::new(py, &letter.to_string()).into_any());
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(PyString::new(py, &text).into_any());
    }
    if let Ok(array) = value.as_array_ref() {
        let list = PyList::empty(py);
        for each in array.iter() {
            list.append(to_python(py, each)?)?;
        }
        return Ok(list.into_any());
    }
    if let Ok(map) = value.as_map_ref() {
        let dict = PyDict::new(py);
        for (key, each) in map.iter() {
            dict.set_item(key.as_str(), to_python(py, each)?)?;
        }
        return Ok(dict.into_any());
    }
    Err(PyTypeError::new_err(format!("{} does not leave a script", value.type_name())))
}
