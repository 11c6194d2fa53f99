//! Work on a thread of its own with a big stack, because values nest deeper than callers' stacks hold. Meanwhile the
//! caller's thread waits, lets Ctrl-C through, and ends what takes too long. A panic stays there.

use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::OnceLock;
use std::time::Duration;

use pyo3::prelude::*;

use crate::errors::Described;
use crate::run::Signal;

const STACK_BYTES: usize = 64 << 20;
const INTERVAL: Duration = Duration::from_millis(20);

/// The processor time of a thread, which another can read. It is what a script may take of it: the same script on a
/// busy machine is not late.
struct Clock(libc::clockid_t);

impl Clock {
    fn of_this_thread() -> Option<Self> {
        let mut id = 0;
        let failed = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &mut id) };
        (failed == 0).then_some(Self(id))
    }

    fn seconds(&self) -> f64 {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // Of a thread that has just ended there is no time any more, and it stays zero.
        unsafe { libc::clock_gettime(self.0, &mut time) };
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    }
}

/// Does the work; after `seconds` of its processor time, or when Python has a signal for us, `signal` says so to whoever
/// looks at it.
pub fn apart<T: Send>(
    py: Python<'_>,
    seconds: f64,
    signal: &Signal,
    work: impl FnOnce(Python<'_>) -> PyResult<T> + Send,
) -> PyResult<T> {
    py.detach(|| {
        let clock = &OnceLock::new();
        std::thread::scope(|threads| {
            let (done, result) = mpsc::channel();
            let started = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(threads, move || {
                let _ = clock.set(Clock::of_this_thread());
                let worked = catch_unwind(AssertUnwindSafe(|| {
                    // Attached for its whole life: a callback then costs 0.7 us, without it 15 us.
                    Python::attach(work)
                }));
                let _ = done.send(worked.unwrap_or_else(|panic| Err(failed(&*panic))));
            });
            let started = started.map_err(|error| failed(&format!("it gets no thread: {error}")))?;
            let taken = || clock.get().and_then(Option::as_ref).map_or(0.0, Clock::seconds);
            let result = wait(&result, signal, || taken() >= seconds);
            // The end of the scope would not wait for the stack to be given back, and the next one needs another.
            let _ = started.join();
            result
        })
    })
}

fn wait<T>(result: &Receiver<PyResult<T>>, signal: &Signal, is_late: impl Fn() -> bool) -> PyResult<T> {
    let mut interrupt = None;
    loop {
        match result.recv_timeout(INTERVAL) {
            Ok(result) => return interrupt.map_or(result, Err),
            Err(RecvTimeoutError::Disconnected) => return Err(failed(&"the thread is gone")),
            Err(RecvTimeoutError::Timeout) => {
                if is_late() {
                    signal.time_is_over();
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
