//! Where Rhai asks for the size of a value too late or never: what builds its result before any check, and what leaves
//! the engine. An assignment by index is not asked either, so that a list of 1,024 places can hold the same text of
//! 64 KiB everywhere: cheap while it is shared, 64 MiB when it is spelled or copied.

use std::any::TypeId;
use std::fmt::Write;

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, ImmutableString, Map, Module, NativeCallContext,
    Position, RhaiFunc, Shared,
};

use crate::convert::DEEPEST;
use crate::run::{self, Stop};

type Text = ImmutableString;
type Answer = Result<Dynamic, Box<EvalAltResult>>;

/// Our versions of Rhai's own functions.
pub fn module() -> Module {
    let mut module = Module::new();
    FuncRegistration::new("replace").set_into_module(&mut module, replace);
    FuncRegistration::new("replace").set_into_module(
        &mut module,
        |context: NativeCallContext, text: &mut Text, find: char, put: char| {
            replace(context, text, find.to_string().into(), put.to_string().into())
        },
    );
    FuncRegistration::new("replace").set_into_module(
        &mut module,
        |context: NativeCallContext, text: &mut Text, find: char, put: Text| {
            replace(context, text, find.to_string().into(), put)
        },
    );
    FuncRegistration::new("replace").set_into_module(
        &mut module,
        |context: NativeCallContext, text: &mut Text, find: Text, put: char| {
            replace(context, text, find, put.to_string().into())
        },
    );
    FuncRegistration::new("pad").set_into_module(&mut module, pad);
    for name in ["print", "to_string", "debug", "to_debug"] {
        for kind in [TypeId::of::<Array>(), TypeId::of::<Map>(), TypeId::of::<FnPtr>()] {
            pure(&mut module, name, kind, spelled);
        }
    }
    pure(&mut module, "to_json", TypeId::of::<Map>(), json);
    module
}

/// Whether a value, the keys of its maps included, is within the engine's limits.
pub fn require_size(engine: &Engine, value: &Dynamic) -> Result<(), Box<EvalAltResult>> {
    engine.ensure_data_size_within_limits(value)?;
    if keys_size(value) > engine.max_string_size() {
        return Err(too_long());
    }
    Ok(())
}

/// Whether a value can become one of Python's: of a kind that crosses, not nested too deep, not too large.
pub fn require_outward(engine: &Engine, value: &Dynamic) -> Result<(), Box<EvalAltResult>> {
    require_size(engine, value)?;
    require_kind(engine, value, 0).map_err(|message| EvalAltResult::ErrorRuntime(message.into(), Position::NONE).into())
}

fn require_kind(engine: &Engine, value: &Dynamic, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("a value nested deeper than {DEEPEST} levels does not leave the script"));
    }
    if let Ok(array) = value.as_array_ref() {
        return array.iter().try_for_each(|each| require_kind(engine, each, depth + 1));
    }
    if let Ok(map) = value.as_map_ref() {
        return map.values().try_for_each(|each| require_kind(engine, each, depth + 1));
    }
    if value.is_unit() || value.is_bool() || value.is_int() || value.is_char() || value.is_string() {
        return Ok(());
    }
    Err(format!("a value of type {} does not leave the script", engine.map_type_name(value.type_name())))
}

fn keys_size(value: &Dynamic) -> usize {
    if let Ok(array) = value.as_array_ref() {
        array.iter().map(keys_size).sum()
    } else if let Ok(map) = value.as_map_ref() {
        map.iter().map(|(key, each)| key.len() + keys_size(each)).sum()
    } else {
        0
    }
}

fn too_long() -> Box<EvalAltResult> {
    EvalAltResult::ErrorDataTooLarge("Length of string".into(), Position::NONE).into()
}

/// Rhai's own `replace` builds the result before any check: 64 KiB twice asks for 4 GiB.
fn replace(context: NativeCallContext, text: &mut Text, find: Text, put: Text) -> Result<(), Box<EvalAltResult>> {
    let found = text.matches(find.as_str()).count();
    let size = text.len() - found * find.len() + found.saturating_mul(put.len());
    if size > context.engine().max_string_size() {
        return Err(too_long());
    }
    *text = text.replace(find.as_str(), &put).into();
    Ok(())
}

/// Rhai's own `pad` with an empty text never ends, and looks at no clock.
fn pad(context: NativeCallContext, text: &mut Text, length: i64, padding: Text) -> Result<(), Box<EvalAltResult>> {
    if padding.is_empty() {
        return Err("pad needs something to pad with, not an empty text".into());
    }
    let length = usize::try_from(length).unwrap_or(0);
    if length > context.engine().max_string_size() {
        return Err(too_long());
    }
    let missing = length.saturating_sub(text.chars().count());
    let padded: String = text.chars().chain(padding.chars().cycle().take(missing)).collect();
    *text = padded.into();
    Ok(())
}

/// Registers a function of one value that it does not change.
fn pure(module: &mut Module, name: &str, kind: TypeId, function: fn(&NativeCallContext, &mut Dynamic) -> Answer) {
    let function = move |context: Option<NativeCallContext>, arguments: &mut [&mut Dynamic]| {
        function(&context.expect("asked for below"), arguments[0])
    };
    let function =
        RhaiFunc::Method { func: Shared::new(function), has_context: true, is_pure: true, is_volatile: false };
    FuncRegistration::new(name).set_into_module_raw(module, [kind], function);
}

/// The text of a value. Rhai takes an error of `to_string`, and its own late check of the value, for "spell it without
/// limit", so that a value that is too large is no error: it ends the script, and the value is gone.
fn spelled(context: &NativeCallContext, value: &mut Dynamic) -> Answer {
    let mut text = String::new();
    match require_size(context.engine(), value) {
        Ok(()) => spell(value, &mut text),
        Err(error) => {
            run::stop(Stop::Size(error.to_string(), context.call_position()));
            *value = Dynamic::UNIT;
        }
    }
    Ok(text.into())
}

/// As Rhai spells values, but for functions: a `|x| …` has a number for a name, which can differ from build to build.
fn spell(value: &Dynamic, text: &mut String) {
    if let Ok(array) = value.as_array_ref() {
        text.push('[');
        for (index, each) in array.iter().enumerate() {
            text.push_str(if index > 0 { ", " } else { "" });
            spell(each, text);
        }
        text.push(']');
    } else if let Ok(map) = value.as_map_ref() {
        text.push_str("#{");
        for (index, (key, each)) in map.iter().enumerate() {
            let _ = write!(text, "{}{key:?}: ", if index > 0 { ", " } else { "" });
            spell(each, text);
        }
        text.push('}');
    } else if value.is_fnptr() {
        text.push_str("Fn");
    } else {
        let _ = write!(text, "{value:?}");
    }
}

fn json(context: &NativeCallContext, value: &mut Dynamic) -> Answer {
    require_outward(context.engine(), value)?;
    Ok(value.as_map_ref().map_or_else(|_| String::new(), |map| rhai::format_map_as_json(&map)).into())
}
