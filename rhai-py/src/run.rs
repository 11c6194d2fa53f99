//! Watches a running script: memory, wall clock, cancellation, what it prints, and errors that it may not catch.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::PyErr;
use rhai::Position;

use crate::memory;

const PRINTED_AT_MOST: usize = 65_536;

pub enum Stop {
    Memory,
    Time,
    Cancelled,
    Callback(PyErr, Position),
}

struct Watch {
    operations: u64,
    deadline: Instant,
    memory: isize,
    memory_base: isize,
    cancel: Arc<AtomicBool>,
    stop: Option<Stop>,
    printed: Vec<String>,
    printed_size: usize,
}

/// What a watched run used.
pub struct Used {
    pub operations: u64,
    pub peak_memory: isize,
    pub printed: Vec<String>,
    pub stop: Option<Stop>,
}

thread_local! {
    // A stack, because a callback may run another script.
    static WATCHES: RefCell<Vec<Watch>> = const { RefCell::new(Vec::new()) };
}

pub fn watched<T>(seconds: f64, memory: isize, cancel: Arc<AtomicBool>, work: impl FnOnce() -> T) -> (T, Used) {
    memory::reset_peak();
    let memory_base = memory::live();
    let watch = Watch {
        operations: 0,
        deadline: Instant::now() + Duration::from_secs_f64(seconds),
        memory,
        memory_base,
        cancel,
        stop: None,
        printed: Vec::new(),
        printed_size: 0,
    };
    WATCHES.with_borrow_mut(|watches| watches.push(watch));
    let result = work();
    let peak_memory = memory::peak() - memory_base;
    let watch = WATCHES.with_borrow_mut(Vec::pop).expect("pushed above");
    (result, Used { operations: watch.operations, peak_memory, printed: watch.printed, stop: watch.stop })
}

/// Called by the engine at every operation; true ends the script.
pub fn step(operations: u64) -> bool {
    WATCHES.with_borrow_mut(|watches| {
        let Some(watch) = watches.last_mut() else { return false };
        watch.operations = operations;
        if watch.stop.is_none() {
            if memory::live() - watch.memory_base > watch.memory {
                watch.stop = Some(Stop::Memory);
            } else if operations & 0xff == 0 && Instant::now() > watch.deadline {
                watch.stop = Some(Stop::Time);
            } else if operations & 0xff == 0 && watch.cancel.load(Ordering::Relaxed) {
                watch.stop = Some(Stop::Cancelled);
            }
        }
        watch.stop.is_some()
    })
}

/// Ends the script with an error that its own `catch` cannot swallow.
pub fn stop(error: PyErr, place: Position) {
    WATCHES.with_borrow_mut(|watches| {
        if let Some(watch) = watches.last_mut() {
            watch.stop.get_or_insert(Stop::Callback(error, place));
        }
    });
}

/// Keeps what the script prints, up to a bound.
pub fn print(text: &str) {
    WATCHES.with_borrow_mut(|watches| {
        if let Some(watch) = watches.last_mut() {
            watch.printed_size += text.len() + 1;
            if watch.printed_size <= PRINTED_AT_MOST {
                watch.printed.push(text.to_owned());
            }
        }
    });
}
