//! What a process gave, from the files that it wrote.

use crate::protocol::{End, Entry, Handled, Kind, decode};
use crate::tracee::Exit;

/// What one input gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) handled: Handled,
    pub(crate) frames: Vec<u8>,
    pub(crate) record: Vec<u8>,
}

/// What a run gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Run {
    pub(crate) pieces: Vec<Piece>,
    /// Frames and record that were written after the last piece.
    pub(crate) rest: (Vec<u8>, Vec<u8>),
    pub(crate) end: Option<End>,
    pub(crate) exit: Exit,
}

impl Run {
    /// Cuts what was written into pieces.
    pub(crate) fn read(frames: &[u8], records: &[u8], log: &[u8], exit: Exit) -> Run {
        let (mut pieces, mut end) = (Vec::new(), None);
        let (mut frames_from, mut records_from) = (0, 0);
        let cut = |bytes: &[u8], from: &mut usize, to: usize| {
            let to = to.clamp(*from, bytes.len());
            let piece = bytes[*from..to].to_vec();
            *from = to;
            piece
        };
        for entry in decode(log) {
            match entry {
                Entry::Handled(handled) => pieces.push(Piece {
                    frames: cut(frames, &mut frames_from, handled.frames as usize),
                    record: cut(records, &mut records_from, handled.records as usize),
                    handled,
                }),
                Entry::End(found) => end = end.or(Some(found)),
                Entry::Hello(..) | Entry::Failed(_) => {}
            }
        }
        let rest = (
            cut(frames, &mut frames_from, frames.len()),
            cut(records, &mut records_from, records.len()),
        );
        Run {
            pieces,
            rest,
            end,
            exit,
        }
    }

    /// What an input gave, if it was handled.
    pub(crate) fn piece(&self, input: usize) -> Option<&Piece> {
        self.pieces
            .iter()
            .find(|piece| piece.handled.index as usize == input)
    }

    /// How it differs from another one that began at an input or before, a line for each difference.
    pub(crate) fn differences(&self, right: &Run, first: u32) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in right
            .pieces
            .iter()
            .filter(|piece| piece.handled.index >= first)
        {
            let index = piece.handled.index;
            if self.piece(index as usize).is_none() {
                lines.push(format!("input {}: not handled", index + 1));
            }
        }
        for (name, rest) in [("frames", &self.rest.0), ("record", &self.rest.1)] {
            if !rest.is_empty() {
                lines.push(format!(
                    "left in the middle of an input, {name}: {}",
                    hex(rest)
                ));
            }
        }
        for piece in &self.pieces {
            let Handled {
                index,
                kind,
                epochs,
                ..
            } = &piece.handled;
            let input = index + 1;
            let Some(right) = right.piece(*index as usize) else {
                lines.push(format!("input {input}: there is no such input"));
                continue;
            };
            if *kind != right.handled.kind {
                let right = shown(&right.handled.kind);
                lines.push(format!("input {input}: {}, not {right}", shown(kind)));
            }
            if *epochs != right.handled.epochs {
                let right = &right.handled.epochs;
                lines.push(format!("input {input}: commits {epochs:?}, not {right:?}"));
            }
            for (name, found, right) in [
                ("frames", &piece.frames, &right.frames),
                ("record", &piece.record, &right.record),
            ] {
                if found != right {
                    let (found, right) = (hex(found), hex(right));
                    lines.push(format!("input {input}, {name}: {found}, not {right}"));
                }
            }
        }
        if self.end != right.end || self.exit != right.exit {
            lines.push(format!("it ends with {:?}, and another state", self.exit));
            lines.extend(self.end.iter().flat_map(ended));
        }
        lines
    }

    /// Whether it came to its end without a trap.
    pub(crate) fn is_whole(&self) -> bool {
        let snapshot = self.end.as_ref().map(|end| end.snapshot.is_ok());
        self.exit == Exit::Code(0) && snapshot == Some(true)
    }
}

/// What the state at the end shows.
fn ended(end: &End) -> Vec<String> {
    let mut lines = Vec::new();
    match &end.snapshot {
        Ok(snapshot) => lines.push(format!("snapshot: {}", hex(snapshot))),
        Err(why) => lines.push(format!("no snapshot: {why}")),
    }
    for copy in &end.copies {
        let bytes: Vec<u8> = copy.iter().flat_map(|word| word.to_le_bytes()).collect();
        lines.push(format!("a copy of the state: {}", hex(&bytes)));
    }
    lines
}

/// Bytes as people read them.
fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What became of an input, as people read it.
fn shown(kind: &Kind) -> String {
    let text = |name: &str, text: &[u8]| format!("{name} ({})", String::from_utf8_lossy(text));
    match kind {
        Kind::Done => "done".to_owned(),
        Kind::Unhandled => "not handled".to_owned(),
        Kind::Refused(why) => text("refused", why),
        Kind::Error(error) => text("an error", error),
        Kind::Trap(trap) => text("a trap", trap),
    }
}
