//! One fault again, beside the run without it.

use crate::campaign::{count, given, is_beyond};
use crate::code::{Code, Name};
use crate::fault::{Fault, Place, parse};
use crate::golden::{self, Steps};
use crate::server::Server;
use crate::subject::Subject;
use crate::tracee::Tracee;
use crate::watchdog::{Watch, watch};
use crate::{NativeError, Replayed, Settings, Target};
use std::sync::atomic::{AtomicBool, Ordering};

/// How many instructions the two runs are compared.
const MOST_COMPARED: usize = 200_000;
/// How many instructions are shown after the two runs part, and how many turns to other functions.
const SHOWN: usize = 12;
const TURNS: usize = 40;
/// How many instructions are looked at for turns.
const MOST_TURNED: usize = 20_000;

/// Lets one fault happen, by its name.
pub fn replay(target: &Target, settings: &Settings, fault: &str) -> Result<Replayed, NativeError> {
    let fault = parse(fault).map_err(NativeError::NoFault)?;
    let given = given(target, settings)?;
    let inputs = count(target, settings);
    if fault.input as usize >= inputs {
        let why = format!("the trace has inputs 1 to {inputs}");
        return Err(NativeError::NoFault(why));
    }
    let mut server = Server::start(&settings.executable, &given)?;
    let mut code = Code::of(&server)?;
    let steps = golden::record(&mut server, &mut code, fault.input as usize, &|_| {})?;
    drop(server);
    if fault.step as usize >= steps.addresses.len() {
        return Err(NativeError::NoFault(format!(
            "input {} has instructions 0 to {}",
            fault.input + 1,
            steps.addresses.len() - 1
        )));
    }
    let (dog, ended) = ([Watch::default()], AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| watch(&dog, &ended));
        let replayed = Subject::start(settings, &given, inputs, &dog[0])
            .and_then(|subject| tell(subject, &steps, &code, &fault));
        ended.store(true, Ordering::SeqCst);
        replayed
    })
}

fn tell(
    mut subject: Subject,
    steps: &Steps,
    code: &Code,
    fault: &Fault,
) -> Result<Replayed, NativeError> {
    let none = || NativeError::NoFault(format!("this processor has no `{}`", fault.place));
    let outcome = subject.run(steps, fault)?.ok_or_else(none)?;
    let address = steps.addresses[fault.step as usize];
    let mut story = vec![format!("before {}", show(code, address))];
    if is_beyond(code, steps, fault) {
        let why = match fault.place {
            Place::Code(_) => "both lanes share the code",
            Place::Constant(_) => "both lanes share what is never written",
            _ => "it goes on inside of an instruction",
        };
        story.push(format!("beyond the fault model: {why}"));
    }
    let copy = subject.changed(steps, fault)?.ok_or_else(none)?;
    story.extend(part(&copy, steps, code, fault));
    drop(copy);
    story.extend(subject.differences(steps, fault)?);
    Ok(Replayed { outcome, story })
}

/// Steps on until control is elsewhere than without the fault; what is executed from there on.
fn part(copy: &Tracee, steps: &Steps, code: &Code, fault: &Fault) -> Vec<String> {
    let mut right = steps.addresses[fault.step as usize..].iter();
    let mut expected = right.next();
    let mut last = None;
    for step in 0..MOST_COMPARED {
        let Ok(registers) = copy.registers() else {
            break;
        };
        // Instructions that repeat themselves stay where they are.
        if last != Some(registers.rip) || expected == Some(&registers.rip) {
            match expected {
                Some(right) if *right != registers.rip => {
                    return elsewhere(copy, code, step, *right);
                }
                None => {
                    let right = "control goes the right way to the end of the input";
                    return vec![right.to_owned()];
                }
                Some(_) => expected = right.next(),
            }
        }
        last = Some(registers.rip);
        if copy.step().is_err() {
            return vec![format!(
                "a signal after {step} instructions, at {}",
                show(code, registers.rip)
            )];
        }
    }
    vec![format!(
        "control goes the right way for {MOST_COMPARED} instructions"
    )]
}

fn elsewhere(copy: &Tracee, code: &Code, step: usize, right: u64) -> Vec<String> {
    let mut story = vec![format!(
        "after {step} instructions control should come to {}, and comes to",
        show(code, right)
    )];
    let (mut last, mut turns) = (String::new(), 0);
    for step in 0..MOST_TURNED {
        let Ok(registers) = copy.registers() else {
            break;
        };
        let name = code.name(registers.rip).symbol;
        let function = name.split('+').next().unwrap_or_default();
        let turned = function != last;
        turns += usize::from(turned);
        if turns > TURNS {
            break;
        }
        if step < SHOWN || turned {
            story.push(format!("  {}", show(code, registers.rip)));
        }
        last = function.to_owned();
        if copy.step().is_err() {
            story.push(format!("  a signal at {}", show(code, registers.rip)));
            break;
        }
    }
    story
}

/// An instruction with its place.
fn show(code: &Code, address: u64) -> String {
    let Name { symbol, line } = code.name(address);
    let line = match line.as_str() {
        "" => String::new(),
        line => format!(" ({line})"),
    };
    format!("{address:#x} {symbol}{line}: {}", code.text(address))
}
