//! Checkpoints of lanes: how one is taken back, and whether two lanes are the same.

use crate::delta::Delta;
use crate::frames::Frames;
use crate::lane::{Lane, Work};

/// Makes `this` what `that` is, without giving up its memory. With `constants` also what never
/// changes in a right run.
pub(crate) fn copy_lane(this: &mut Lane, that: &Lane, constants: bool) {
    let Lane {
        constants: own_constants,
        registers,
        registers_used,
        work,
        outbox,
        record,
        ordinal,
        crc,
        frame,
        kind,
        chosen,
        decoded_words,
        epoch,
        token,
        progress,
        start,
        trail,
        noted,
        poison,
    } = this;
    if constants {
        *own_constants = that.constants.clone();
    }
    *registers = that.registers;
    *registers_used = that.registers_used;
    copy_work(work, &that.work);
    outbox.bytes.clone_from(&that.outbox.bytes);
    outbox.ends.clone_from(&that.outbox.ends);
    record.clone_from(&that.record);
    *ordinal = that.ordinal;
    *crc = that.crc;
    frame.clone_from(&that.frame);
    *kind = that.kind;
    *chosen = that.chosen;
    *decoded_words = that.decoded_words;
    *epoch = that.epoch;
    *token = that.token;
    *progress = that.progress;
    *start = that.start;
    *trail = that.trail;
    *noted = that.noted;
    *poison = that.poison;
}

fn copy_work(this: &mut Work, that: &Work) {
    let Work {
        words,
        delta,
        fuel,
        time,
        sender,
        message,
        halt,
        result,
        borders,
        error_place,
    } = this;
    let (calls, other) = (&mut words.frames, &that.words.frames);
    calls.words.clone_from(&other.words);
    (calls.end, calls.depth) = (other.end, other.depth);
    (calls.most, calls.poison) = (other.most, other.poison);
    words.words.clone_from(&that.words.words);
    words.scratch.clone_from(&that.words.scratch);
    (words.arena, words.top, words.poison) = (that.words.arena, that.words.top, that.words.poison);
    delta.table.clone_from(&that.delta.table);
    delta.pages.clone_from(&that.delta.pages);
    (delta.used, delta.filter) = (that.delta.used, that.delta.filter);
    delta.pages_end = that.delta.pages_end;
    (delta.stamp, delta.epoch, delta.poison) =
        (that.delta.stamp, that.delta.epoch, that.delta.poison);
    *fuel = that.fuel;
    *time = that.time;
    *sender = that.sender;
    *message = that.message;
    *halt = that.halt;
    *result = that.result;
    *borders = that.borders;
    *error_place = that.error_place;
}

/// Whether two lanes are the same in everything that a later message could read; without `constants`
/// what never changes in a right run is taken to be the same.
pub(crate) fn same_lane(a: &Lane, b: &Lane, constants: bool) -> bool {
    a.registers == b.registers
        && a.registers_used == b.registers_used
        && same_work(&a.work, &b.work)
        && (&a.outbox.bytes, &a.outbox.ends) == (&b.outbox.bytes, &b.outbox.ends)
        && a.record == b.record
        && a.frame == b.frame
        && a.poison == b.poison
        && (!constants || a.constants == b.constants)
}

fn same_work(a: &Work, b: &Work) -> bool {
    let pages = |delta: &Delta| (delta.used, delta.filter);
    a.words.words == b.words.words
        && (a.words.arena, a.words.top, a.words.poison)
            == (b.words.arena, b.words.top, b.words.poison)
        && a.words.scratch == b.words.scratch
        && same_calls(&a.words.frames, &b.words.frames)
        && a.delta.table == b.delta.table
        && a.delta.pages.len() == b.delta.pages.len()
        && a.delta
            .pages
            .iter()
            .zip(&b.delta.pages)
            .all(|(a, b)| a.words == b.words)
        && pages(&a.delta) == pages(&b.delta)
        && a.delta.poison == b.delta.poison
}

/// Words that no call used since the last message hold poison in both, however many there are.
fn same_calls(a: &Frames, b: &Frames) -> bool {
    let shared = a.words.len().min(b.words.len());
    a.words[..shared] == b.words[..shared]
        && (a.end, a.depth, a.poison) == (b.end, b.depth, b.poison)
}
