//! Faults in words, as reports name them and `--replay` takes them.

use crate::happening::OneFault;
use pasc_vm_probed::probe::session::TURNS;
use pasc_vm_probed::probe::{Change, Fault, Place};

/// Reads `INPUT:STEP:FAULT`, where the fault is `SIDE.NAME[INDEX]:flip:BIT`, `…:set:VALUE`, `…:twin` or
/// `jump:PHASE` or `turn:TURN`: the input, 1 for the first, the step and the fault. `+STEP:FAULT` may
/// follow, a second fault in the same input. The error is a sentence.
pub fn parse_fault(text: &str) -> Result<OneFault, String> {
    let read = || {
        let (input, rest) = text.split_once(':')?;
        let (first, second) = match rest.split_once('+') {
            Some((first, second)) => (first, Some(second)),
            None => (rest, None),
        };
        let (step, fault) = parse_step(first)?;
        let second = match second {
            Some(second) => Some(parse_step(second)?),
            None => None,
        };
        let input = input.parse::<usize>().ok()?.checked_sub(1)?;
        Some(OneFault {
            input,
            step,
            fault,
            second,
        })
    };
    read().ok_or_else(|| {
        format!(
            "`{text}` is no fault; expected for example `1:20:a.register[0]:flip:3`, \
             `1:20:b.position[0]:set:0x10` or `1:20:jump:5`"
        )
    })
}

/// Reads `STEP:FAULT`.
fn parse_step(text: &str) -> Option<(u64, Fault)> {
    let parts: Vec<&str> = text.split(':').collect();
    let fault = match parts[1..] {
        ["jump", phase] => Fault::Jump(phase.parse().ok()?),
        ["turn", turn] => Fault::Turn(turn.parse().ok().filter(|turn| *turn < TURNS)?),
        [place, ref change @ ..] => Fault::At(parse_place(place)?, parse_change(change)?),
        [] => return None,
    };
    Some((parts[0].parse().ok()?, fault))
}

fn parse_change(parts: &[&str]) -> Option<Change> {
    match parts {
        ["flip", bit] => {
            let bit = u8::try_from(number(bit)?).ok()?;
            (bit < 64).then_some(Change::Flip(bit))
        }
        ["set", value] => Some(Change::Set(number(value)?)),
        ["twin"] => Some(Change::Twin),
        _ => None,
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn parse_place(text: &str) -> Option<Place> {
    let (side, rest) = text.split_once('.')?;
    let side = ["a", "b", "-"].iter().position(|known| *known == side)? as u8;
    let (name, index) = rest.strip_suffix(']')?.rsplit_once('[')?;
    let index = index.parse().ok()?;
    // Names are those of the program's text for the rest of its run: there is one fault to replay.
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    Some(Place { side, name, index })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::name;

    #[test]
    fn what_a_report_names_is_read_back() {
        for text in [
            "a.register[7]:flip:63",
            "b.state[200]:set:0x1f",
            "-.output[3]:flip:0",
            "a.fuel[0]:twin",
            "jump:12",
            "turn:2",
        ] {
            for text in [format!("3:41:{text}"), format!("3:41:{text}+7:{text}")] {
                let fault = parse_fault(&text).unwrap_or_else(|e| panic!("{e}"));
                assert_eq!((fault.input, fault.step), (2, 41));
                assert_eq!(name(&fault), text);
            }
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "1",
            "1:2",
            "1:2:x",
            "1:2:a.x[0]:flip:64",
            "1:2:c.x[0]:flip:1",
            "1:2:a.x[0]:twin:1",
            "1:2:jump:x",
            "1:2:turn:4",
            "1:2:a.x[0]:flip:1:2",
            "x:2:jump:1",
            "0:2:jump:1",
            "1:2:jump:1+",
            "1:2:jump:1+3:jump:1+4:jump:1",
        ] {
            assert!(parse_fault(text).is_err(), "{text}");
        }
    }
}
