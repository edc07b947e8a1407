//! Faults in words, as reports name them and `--replay` takes them.

use pasc_vm_probed::probe::session::TURNS;
use pasc_vm_probed::probe::{Change, Fault, Place};

/// Reads `INPUT:STEP:FAULT`, where the fault is `SIDE.NAME[INDEX]:flip:BIT`, `…:set:VALUE`, `…:twin` or
/// `jump:PHASE` or `turn:TURN`: the input, 1 for the first, the step and the fault. The error is a sentence.
pub fn parse_fault(text: &str) -> Result<(usize, u64, Fault), String> {
    let wrong = || {
        format!(
            "`{text}` is no fault; expected for example `1:20:a.register[0]:flip:3`, \
             `1:20:b.position[0]:set:0x10` or `1:20:jump:5`"
        )
    };
    let mut parts = text.split(':');
    let mut next = || parts.next().ok_or_else(wrong);
    let input = next()?.parse().map_err(|_| wrong())?;
    let step = next()?.parse().map_err(|_| wrong())?;
    let place = next()?;
    let change = next()?;
    let value = parts.next();
    if parts.next().is_some() {
        return Err(wrong());
    }
    let number = || value.and_then(number).ok_or_else(wrong);
    if place == "jump" {
        let phase = change.parse().map_err(|_| wrong())?;
        return Ok((input, step, Fault::Jump(phase)));
    }
    if place == "turn" {
        let turn = change.parse().ok().filter(|turn| *turn < TURNS);
        return Ok((input, step, Fault::Turn(turn.ok_or_else(wrong)?)));
    }
    let place = parse_place(place).ok_or_else(wrong)?;
    let change = match change {
        "flip" => Change::Flip(
            u8::try_from(number()?)
                .ok()
                .filter(|b| *b < 64)
                .ok_or_else(wrong)?,
        ),
        "set" => Change::Set(number()?),
        "twin" if value.is_none() => Change::Twin,
        _ => return Err(wrong()),
    };
    Ok((input, step, Fault::At(place, change)))
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
    use crate::report::fault_name;

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
            let (input, step, fault) =
                parse_fault(&format!("3:41:{text}")).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!((input, step, fault_name(fault).as_str()), (3, 41, text));
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
        ] {
            assert!(parse_fault(text).is_err(), "{text}");
        }
    }
}
