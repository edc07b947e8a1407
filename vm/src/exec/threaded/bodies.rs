//! What the function of an instruction does between its checks and the next instruction, as macros: all
//! expand in [`super`], where the names that they use are, and where the safety of each step is argued.
//!
//! In: the six arguments, and `Lane`, the turn whose function it is. Out: a jump, or a stop.

/// Ends a function: jumps to the code of the instruction at `$ip` for the turn.
macro_rules! go {
    ($turn:ty, $ip:expr, $registers:expr, $machine:expr, $sum:expr, $places:expr) => {{
        let ip = $ip;
        // SAFETY: `ip` points into the code (1).
        let word = unsafe { *ip };
        let function = <$turn>::TABLE[usize::from(Word(word).opcode())];
        // SAFETY: 1, 2 and 3 for the arguments, which the caller had or an `Entry` holds.
        unsafe { function(ip, $registers, $machine, $sum, word, $places) }
    }};
}

/// Ends a function: goes on with the entry, if there is one.
macro_rules! enter {
    ($turn:ty, $machine:expr, $entry:expr) => {
        if let Some(entry) = $entry {
            go!(
                <$turn as Turn>::After,
                entry.ip,
                entry.registers,
                $machine,
                entry.sum,
                entry.places
            )
        }
    };
}

/// What an instruction does whose common case needs no call: that, or its whole meaning elsewhere.
macro_rules! quick {
    ($quick:ident, $method:ident, $ip:ident, $registers:ident, $machine:ident, $sum:ident, $word:ident, $places:ident) => {{
        // SAFETY: 2 and 3.
        let step = unsafe { step::<Lane>($registers, $machine) };
        match step.$quick(Word($word)) {
            Some(()) => go!(
                Lane,
                $ip.wrapping_add(1),
                $registers,
                $machine,
                $sum,
                $places
            ),
            // SAFETY: the arguments are this function's.
            None => unsafe { slow::$method($ip, $registers, $machine, $sum, $word, $places) },
        }
    }};
}

/// Leaves a block: its checks, and its end if one of them fails.
macro_rules! left {
    ($ip:ident, $registers:ident, $machine:ident, $sum:ident, $places:ident) => {
        // SAFETY: the arguments are this function's.
        let left = unsafe { leave::<Lane>($ip, $registers, $machine, $sum, $places) };
        if let Err(stop) = left {
            // SAFETY: as before. No operands: the word is none.
            return unsafe { stopped::<Lane>($ip, $registers, $machine, pack(stop), 0, $places) };
        }
    };
}

/// Goes on at a jump's target or behind it. Each way ends in a jump of its own, so that the processor
/// learns for each where it leads.
macro_rules! hop {
    ($taken:ident, $word:expr, $ip:ident, $registers:ident, $machine:ident, $places:ident) => {
        if $taken {
            let to = Some(by_branch($word.immediate()));
            // SAFETY: 1 and 3.
            enter!(Lane, $machine, unsafe {
                Lane::branch($machine, $ip, $registers, $places, to)
            })
        } else {
            // SAFETY: 1 and 3.
            enter!(Lane, $machine, unsafe {
                Lane::branch($machine, $ip, $registers, $places, None)
            })
        }
    };
}

/// What a jump does between its checks and the next block.
macro_rules! branch {
    ($condition:ident, $ip:ident, $registers:ident, $machine:ident, $sum:ident, $word:ident, $places:ident) => {{
        left!($ip, $registers, $machine, $sum, $places);
        // SAFETY: 2 and 3.
        let step = unsafe { step::<Lane>($registers, $machine) };
        let word = Word($word);
        let taken = step.holds(Condition::$condition, word);
        hop!(taken, word, $ip, $registers, $machine, $places)
    }};
}

/// What a jump that counts does between its checks and the next block.
macro_rules! count {
    ($ip:ident, $registers:ident, $machine:ident, $sum:ident, $word:ident, $places:ident) => {{
        left!($ip, $registers, $machine, $sum, $places);
        // SAFETY: 2 and 3.
        let step = unsafe { step::<Lane>($registers, $machine) };
        let Some(taken) = step.quick_next(Word($word)) else {
            let stop = pack(Stop::Error(ErrorCode::Overflow));
            // SAFETY: the arguments are this function's.
            return unsafe { stopped::<Lane>($ip, $registers, $machine, stop, $word, $places) };
        };
        hop!(taken, Word($word), $ip, $registers, $machine, $places)
    }};
}

/// What a call does between its checks and the function, if there is room for it.
macro_rules! open {
    ($ip:ident, $registers:ident, $machine:ident, $sum:ident, $word:ident, $places:ident) => {{
        // SAFETY: 2 and 3.
        let room = unsafe { step::<Lane>($registers, $machine).has_room(Word($word)) };
        if !room {
            // SAFETY: the arguments are this function's.
            return unsafe { slow::call($ip, $registers, $machine, $sum, $word, $places) };
        }
        left!($ip, $registers, $machine, $sum, $places);
        // SAFETY: 2 and 3.
        let step = unsafe { step::<Lane>($registers, $machine) };
        let after = step.context.code.position($ip).wrapping_add(2);
        match step.quick_call(Word($word), after) {
            // SAFETY: 3.
            Ok(to) => enter!(Lane, $machine, unsafe {
                Lane::block($machine, $places, to)
            }),
            // SAFETY: the arguments are this function's.
            Err(stop) => unsafe {
                stopped::<Lane>($ip, $registers, $machine, pack(stop), $word, $places)
            },
        }
    }};
}

/// What an instruction does between its checks and the next instruction.
macro_rules! body {
    (load, $kind:ident, $($rest:tt)*) => { quick!(quick_load, load, $($rest)*) };
    (load_state, $kind:ident, $($rest:tt)*) => { quick!(quick_load_state, load_state, $($rest)*) };
    (fixed, $kind:ident, $($rest:tt)*) => { quick!(quick_fixed, fixed, $($rest)*) };
    (store, $kind:ident, $($rest:tt)*) => { quick!(quick_store, store, $($rest)*) };
    (bytes_len, $kind:ident, $($rest:tt)*) => { quick!(quick_bytes_len, bytes_len, $($rest)*) };
    (byte_at, $kind:ident, $($rest:tt)*) => { quick!(quick_byte_at, byte_at, $($rest)*) };
    (list_len, $kind:ident, $($rest:tt)*) => { quick!(quick_list_len, list_len, $($rest)*) };
    (list_at, $kind:ident, $($rest:tt)*) => { quick!(quick_list_at, list_at, $($rest)*) };
    (list_load, $kind:ident, $($rest:tt)*) => { quick!(quick_list_load, list_load, $($rest)*) };
    (list_load_in, $kind:ident, $($rest:tt)*) => { quick!(quick_list_load_in, list_load_in, $($rest)*) };
    (list_store_in, $kind:ident, $($rest:tt)*) => { quick!(quick_list_store_in, list_store_in, $($rest)*) };
    (list_push, $kind:ident, $($rest:tt)*) => { quick!(quick_list_push, list_push, $($rest)*) };
    (call, $kind:ident, $($rest:tt)*) => { open!($($rest)*) };
    (jump_next_less, $kind:ident, $($rest:tt)*) => { count!($($rest)*) };
    (jump, $kind:ident, $($rest:tt)*) => { branch!(Always, $($rest)*) };
    (jump_if, $kind:ident, $($rest:tt)*) => { branch!(IsTrue, $($rest)*) };
    (jump_unless, $kind:ident, $($rest:tt)*) => { branch!(IsFalse, $($rest)*) };
    (jump_equal, $kind:ident, $($rest:tt)*) => { branch!(Equal, $($rest)*) };
    (jump_unequal, $kind:ident, $($rest:tt)*) => { branch!(Unequal, $($rest)*) };
    (jump_less, $kind:ident, $($rest:tt)*) => { branch!(Less, $($rest)*) };
    (jump_less_equal, $kind:ident, $($rest:tt)*) => { branch!(LessEqual, $($rest)*) };
    (jump_equal_immediate, $kind:ident, $($rest:tt)*) => { branch!(IsConstant, $($rest)*) };
    (jump_unequal_immediate, $kind:ident, $($rest:tt)*) => { branch!(IsNotConstant, $($rest)*) };
    (jump_less_immediate, $kind:ident, $($rest:tt)*) => { branch!(LessThanConstant, $($rest)*) };
    (jump_greater_immediate, $kind:ident, $($rest:tt)*) => { branch!(MoreThanConstant, $($rest)*) };
    ($method:ident, $kind:ident, $($rest:tt)*) => { whole!($method, $kind, $($rest)*) };
}

/// What an instruction does, as all dispatchers share it.
macro_rules! whole {
    ($method:ident, Straight, $ip:ident, $registers:ident, $machine:ident, $sum:ident, $word:ident, $places:ident) => {{
        // SAFETY: 2 and 3.
        let step = unsafe { step::<Lane>($registers, $machine) };
        match step.$method(Word($word)) {
            Ok(()) => go!(
                Lane,
                $ip.wrapping_add(1),
                $registers,
                $machine,
                $sum,
                $places
            ),
            // SAFETY: the arguments are this function's.
            Err(stop) => unsafe {
                stopped::<Lane>($ip, $registers, $machine, pack(stop), $word, $places)
            },
        }
    }};
    ($method:ident, End, $ip:ident, $registers:ident, $machine:ident, $sum:ident, $word:ident, $places:ident) => {{
        left!($ip, $registers, $machine, $sum, $places);
        // SAFETY: 2 and 3.
        let step = unsafe { step::<Lane>($registers, $machine) };
        let after = step.context.code.position($ip).wrapping_add(2);
        match step.$method(Word($word), after) {
            Ok(Next::Block(to)) => {
                // SAFETY: 3.
                enter!(Lane, $machine, unsafe {
                    Lane::block($machine, $places, to)
                })
            }
            // SAFETY: the arguments are this function's.
            Err(stop) => unsafe {
                stopped::<Lane>($ip, $registers, $machine, pack(stop), $word, $places)
            },
            end => {
                // SAFETY: the arguments are this function's.
                unsafe { leave_token::<Lane>($ip, $machine) };
                // SAFETY: 3.
                enter!(Lane, $machine, unsafe { Lane::end($machine, $places, end) })
            }
        }
    }};
}
