//! Watches a running script: operations, memory, wall clock, Ctrl-C, what it prints, and errors that it may not catch.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::Arc;

use pyo3::PyErr;
use rhai::{Position, Token};

use crate::errors::{at, Place};
use crate::memory;

const PRINTED_AT_MOST: usize = 65_536;

/// What ended a script, and no `catch` of it can swallow.
pub enum Stop {
    Operations,
    Memory,
    Size(String, Position),
    Time,
    Cancelled,
    Callback(PyErr, Position),
}

/// How the thread that waits for a script ends it: looked at in every step, so that no slow function hides it.
#[derive(Clone, Default)]
pub struct Signal(Arc<AtomicU8>);

impl Signal {
    const TIME: u8 = 1;
    const CANCELLED: u8 = 2;

    pub fn time_is_over(&self) {
        let _ = self.0.compare_exchange(0, Self::TIME, Ordering::Relaxed, Ordering::Relaxed);
    }

    pub fn cancel(&self) {
        let _ = self.0.compare_exchange(0, Self::CANCELLED, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn stop(&self) -> Option<Stop> {
        match self.0.load(Ordering::Relaxed) {
            Self::TIME => Some(Stop::Time),
            Self::CANCELLED => Some(Stop::Cancelled),
            _ => None,
        }
    }
}

/// The bounds of a run that Rhai does not hold by itself.
pub struct Bounds {
    pub operations: u64,
    pub memory: isize,
    pub signal: Signal,
}

struct Watch {
    bounds: Bounds,
    memory_base: isize,
    operations: u64,
    stop: Option<Stop>,
    printed: Vec<String>,
    printed_size: usize,
    place: Position,
    defining: bool,
    functions: Vec<(String, Position)>,
}

/// What a watched piece of work used and found.
pub struct Used {
    pub operations: u64,
    pub peak_memory: isize,
    pub printed: Vec<String>,
    pub stop: Option<Stop>,
    /// The functions that a compiled text defines, with their places.
    pub functions: Vec<(String, Position)>,
}

thread_local! {
    // One is enough: each script has a thread of its own.
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

pub fn watched<T>(bounds: Bounds, work: impl FnOnce() -> T) -> (T, Used) {
    memory::reset_peak();
    let memory_base = memory::live();
    let watch = Watch {
        bounds,
        memory_base,
        operations: 0,
        stop: None,
        printed: Vec::new(),
        printed_size: 0,
        place: Position::NONE,
        defining: false,
        functions: Vec::new(),
    };
    WATCH.set(Some(watch));
    let result = work();
    let peak_memory = memory::peak() - memory_base;
    let Watch { operations, printed, stop, functions, .. } = WATCH.take().expect("set above");
    (result, Used { operations, peak_memory, printed, stop, functions })
}

/// Called by the parser at every token; true ends it.
pub fn token(token: &Token, place: Position) -> bool {
    with_watch((), |watch| {
        if let (true, Token::Identifier(name)) = (watch.defining, token) {
            watch.functions.push((name.to_string(), place));
        }
        watch.defining = matches!(token, Token::Fn);
    });
    step()
}

/// Called by the engine at every operation; true ends the script. Rhai forgets what a `|x| …` counted when a native
/// function called it, hence a count of our own.
pub fn step() -> bool {
    with_watch(false, |watch| {
        watch.operations += 1;
        if watch.stop.is_none() {
            watch.stop = if watch.operations > watch.bounds.operations {
                Some(Stop::Operations)
            } else if memory::live() - watch.memory_base > watch.bounds.memory {
                Some(Stop::Memory)
            } else {
                watch.bounds.signal.stop()
            };
        }
        watch.stop.is_some()
    })
}

/// Ends the script with an error that its own `catch` cannot swallow. The first one counts.
pub fn stop(stop: Stop) {
    with_watch((), |watch| {
        watch.stop.get_or_insert(stop);
    });
}

/// Keeps what the script prints, up to a bound.
pub fn print(text: &str) {
    with_watch((), |watch| {
        watch.printed_size = watch.printed_size.saturating_add(text.len() + 1);
        if watch.printed_size <= PRINTED_AT_MOST {
            watch.printed.push(text.to_owned());
        }
    });
}

/// Remembers where the script calls one of our functions, for `place`.
pub fn calling(place: Position) {
    with_watch((), |watch| watch.place = place);
}

/// Line and column of the call that one of our functions is answering; zeros outside of one.
pub fn place() -> Place {
    at(with_watch(Position::NONE, |watch| watch.place))
}

fn with_watch<T>(without: T, work: impl FnOnce(&mut Watch) -> T) -> T {
    WATCH.with_borrow_mut(|watch| watch.as_mut().map_or(without, work))
}
