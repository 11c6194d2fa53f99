//! Work on a thread of its own with a big stack, because values nest deeper than callers' stacks hold. Meanwhile the
//! caller's thread waits, lets Ctrl-C through, and ends what takes too long. A panic stays there.

use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors::Described;
use crate::run::Signal;

const STACK_BYTES: usize = 64 << 20;
const SIGNAL_INTERVAL: Duration = Duration::from_millis(20);

/// Does the work; after `seconds`, or when Python has a signal for us, `signal` says so to whoever looks at it.
pub fn apart<T: Send>(
    py: Python<'_>,
    seconds: f64,
    signal: &Signal,
    work: impl FnOnce(Python<'_>) -> PyResult<T> + Send,
) -> PyResult<T> {
    py.detach(|| {
        std::thread::scope(|threads| {
            let (done, result) = mpsc::channel();
            let started = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(threads, move || {
                let worked = catch_unwind(AssertUnwindSafe(|| {
                    // Attached for its whole life: a callback then costs 0.7 us, without it 15 us.
                    Python::attach(work)
                }));
                let _ = done.send(worked.unwrap_or_else(|panic| Err(failed(&*panic))));
            });
            started.map_err(|error| PyRuntimeError::new_err(format!("no thread for the script: {error}")))?;
            wait(&result, seconds, signal)
        })
    })
}

fn wait<T>(result: &Receiver<PyResult<T>>, seconds: f64, signal: &Signal) -> PyResult<T> {
    let mut deadline = Duration::try_from_secs_f64(seconds).ok().and_then(|each| Instant::now().checked_add(each));
    let mut interrupt = None;
    loop {
        let left = deadline.map_or(SIGNAL_INTERVAL, |at| at.saturating_duration_since(Instant::now()));
        match result.recv_timeout(left.min(SIGNAL_INTERVAL)) {
            Ok(result) => return interrupt.map_or(result, Err),
            Err(RecvTimeoutError::Disconnected) => return Err(failed(&"the thread is gone")),
            Err(RecvTimeoutError::Timeout) => {
                if deadline.is_some_and(|at| Instant::now() >= at) {
                    signal.time_is_over();
                    deadline = None;
                }
                if interrupt.is_none() {
                    interrupt = Python::attach(|py| py.check_signals()).err();
                    if interrupt.is_some() {
                        signal.cancel();
                    }
                }
            }
        }
    }
}

fn failed(panic: &(dyn Any + Send)) -> PyErr {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
    let message = format!("the script engine failed: {text}");
    Python::attach(|py| Described::new("EngineFailed", message, (0, 0), "engine").raise(py))
}
